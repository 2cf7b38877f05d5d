import { expect } from "chai"
import fc from "fast-check"
import { dueTimes, syncDueAt } from "../../src/client/agenda.ts"
import { ensureSlot } from "../../src/client/schedule.ts"
import type { State } from "../../src/client/state.ts"
import { DESIGNS } from "../../src/protocol/index.ts"
import { world } from "../../src/simulator/testing.ts"
import { seeded } from "../dice.ts"
import { CONFIG } from "./config.ts"

const DAY = 86_400
const MIDNIGHT = 1_588_896_000

const stateOf = (now: number, state: Partial<State>): State => ({
  schema: 1,
  second: now,
  parameters: [],
  ingestKeys: {},
  retry: {},
  told: {},
  dismissed: {},
  ...state,
})

function pruneDue(state: Partial<State>, now: number): number | undefined {
  return dueTimes({ state: stateOf(now, state), actions: [], minIntervalHours: 4, now, rotateAt: undefined }).prune
}

describe("the clean-up", () => {
  it("is due at the first midnight, UTC, after the last one, or after tracing began", () => {
    const at = (hours: number): number => MIDNIGHT + hours * 3600
    expect(pruneDue({ startedAt: at(9), prunedAt: at(24) }, at(24))).to.equal(at(48))
    expect(pruneDue({ startedAt: at(9), prunedAt: at(47.9) }, at(47.9))).to.equal(at(48))
    expect(pruneDue({ startedAt: at(9) }, at(10))).to.equal(at(24))
    expect(pruneDue({}, at(10))).to.equal(undefined)
  })

  it("is due once for every midnight that passes, whenever it is run and however the clock is set back", () => {
    const second = fc.integer({ min: 0, max: 60 * DAY }).map(after => MIDNIGHT + after)
    fc.assert(
      fc.property(second, second, (prunedAt, now) => {
        const due = pruneDue({ startedAt: MIDNIGHT, prunedAt }, now)!
        expect(due % DAY).to.equal(0)
        expect(due).to.be.within(Math.min(prunedAt, now) + 1, Math.min(prunedAt, now) + DAY)
      }),
    )
  })

  it("takes what is fourteen days old soon after midnight, even from a phone that was switched on late in the evening", async () => {
    const w = world({ seed: 5, start: "2020-05-08", config: { ...CONFIG, design: "low-cost" } })
    await w.advance({ hours: 23 })
    const anna = await w.device("anna")
    const days = async (): Promise<number[]> =>
      w.store("anna").read(async tx => {
        const out: number[] = []
        for await (const [key] of tx.range(Uint8Array.of(0x73), Uint8Array.of(0x74)))
          out.push(new DataView(key.buffer, key.byteOffset).getUint32(1))
        return out
      })
    const oldest = MIDNIGHT / DAY - 13
    await w.store("anna").write(async tx => {
      await ensureSlot(tx, DESIGNS[0]!, oldest, { epochMinutes: 15, windowMinutes: 120 }, seeded(oldest))
    })
    expect((await anna.status()).next.prune).to.equal((MIDNIGHT + DAY) * 1000)
    expect(await days()).to.include(oldest)
    await w.advance({ hours: 5 })
    expect(await days()).to.not.include(oldest)
    expect((await anna.status()).next.prune).to.equal((MIDNIGHT + 2 * DAY) * 1000)
    await w.close()
  })
})

describe("a sync", () => {
  const syncDue = (state: Partial<State>, now: number): number | undefined =>
    dueTimes({
      state: stateOf(now, { startedAt: MIDNIGHT, ...state }),
      actions: [],
      minIntervalHours: 4,
      now,
      rotateAt: undefined,
    }).sync

  it("that succeeded in the future was made before the clock was set back, and does not hold up the next", () => {
    expect(syncDueAt(2000, 1000, 600)).to.equal(0)
    expect(syncDueAt(1000, 1500, 600)).to.equal(1600)
    expect(syncDueAt(undefined, 1500, 600)).to.equal(0)
  })

  it("is armed for when it would be done: a host that arms again and again does not put it off for ever", () => {
    for (let now = MIDNIGHT; now < MIDNIGHT + DAY; now += 900)
      expect(syncDue({ syncedAt: MIDNIGHT + 3 * DAY }, now)).to.be.at.most(now)
    expect(syncDue({ syncedAt: MIDNIGHT }, MIDNIGHT + 900)).to.equal(MIDNIGHT + 4 * 3600)
  })
})
