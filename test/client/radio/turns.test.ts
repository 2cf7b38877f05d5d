import { expect } from "chai"
import fc from "fast-check"
import { canceller } from "../../../src/client/cancel.ts"
import { type EpochMs, memoryStore, open, type Radio, radio, type Sighting } from "../../../src/client/index.ts"
import { renewSecrets } from "../../../src/client/schedule.ts"
import { hex } from "../../../src/crypto/index.ts"
import { defaultParameters, designByName } from "../../../src/protocol/index.ts"
import { phoneClock } from "../../../src/simulator/index.ts"
import { seeded } from "../../dice.ts"
import { CONFIG } from "../config.ts"

const START = 1_600_000_200
const DESIGN = designByName("hybrid")!
const LENGTHS = defaultParameters(0, ["hybrid"])

/** The air: who sends what under which address, and when. Time is what sleepers wait for. */
class Air {
  readonly virtual = { now: START }
  readonly sent: { address: number; payload: string; from: number; to: number }[] = []
  readonly can = { advertise: true, scan: true, rotatesAddressWithPayload: true }
  #addresses = 0
  #sleepers: { at: number; wake: () => void }[] = []

  readonly radio: Radio = {
    can: this.can,
    scan: async (_plan, _on: (sighting: Sighting) => void) => {},
    advertise: (next, signal) => radio.inTurns(next, this.#voice(), this.#ports, signal),
  }

  readonly #ports: radio.TurnPorts = {
    clock: phoneClock(this.virtual),
    sleep: (ms, signal) =>
      new Promise(wake => {
        this.#sleepers.push({ at: this.virtual.now + ms / 1000, wake })
        signal.addEventListener("abort", wake)
      }),
  }

  #voice(): radio.Voice {
    let speaking: Air["sent"][number] | undefined
    return {
      start: async payload => {
        speaking = { address: this.#addresses++, payload: hex(payload), from: this.virtual.now, to: Infinity }
        this.sent.push(speaking)
      },
      stop: async () => {
        speaking!.to = this.virtual.now
      },
    }
  }

  /** The phone sleeps so long in one piece: whoever should have woken meanwhile wakes at its end. */
  async pass(seconds: number): Promise<void> {
    this.virtual.now += seconds
    const due = this.#sleepers.filter(({ at }) => at <= this.virtual.now)
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.virtual.now)
    for (const { wake } of due) wake()
    await settled()
  }

  phone(store = memoryStore()) {
    return open(CONFIG, {
      radio: this.radio,
      store,
      clock: phoneClock(this.virtual),
      random: seeded(3),
      http: { send: () => Promise.reject(new Error("offline")) },
      scheduler: { arm: async () => {}, disarm: async () => {} },
    })
  }
}

const settled = () => new Promise(resolve => setTimeout(resolve, 0))

describe("an identifier and its address", () => {
  it("are used together, once, one after the other, and end with the identifier's epoch, however time passes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 15 }), async pauses => {
        const air = new Air()
        const client = await air.phone()
        await client.start()
        await settled()
        for (const pause of pauses) {
          await air.pass(pause)
          const last = air.sent.at(-1)!
          // On waking, what is on the air is of the epoch that it is: no task of the host has run.
          expect(Math.floor(last.from / 900)).to.equal(Math.floor(air.virtual.now / 900))
        }
        await client.close()
        await settled()
        expect(new Set(air.sent.map(({ payload }) => payload)).size).to.equal(air.sent.length)
        for (const [i, { to }] of air.sent.entries()) expect(to).to.be.at.most(air.sent[i + 1]?.from ?? Infinity)
        expect(air.sent.at(-1)!.to).to.equal(air.virtual.now)
      }),
      { numRuns: 25 },
    )
  })

  it("leave the air before their time when a report has replaced the secret they are made from", async () => {
    const air = new Air()
    const store = memoryStore()
    const client = await air.phone(store)
    await client.start()
    await settled()
    await air.pass(60)
    await store.write(tx => renewSecrets(tx, DESIGN, air.virtual.now, LENGTHS, seeded(9)))
    await client.run("rotate", { signal: canceller() })
    await settled()
    const [before, after, ...others] = air.sent
    expect(others).to.deep.equal([])
    expect([before!.to, after!.from]).to.deep.equal([START + 60, START + 60])
    expect(after!.payload).to.not.equal(before!.payload)
    expect(after!.address).to.not.equal(before!.address)
    await client.run("rotate", { signal: canceller() })
    await settled()
    expect(air.sent.length, "nothing has changed").to.equal(2)
    await client.close()
  })

  it("a voice that cannot be started is heard of, and no payload is asked for in vain afterwards", async () => {
    const stopped = canceller()
    let asked = 0
    const next = () => ({ payload: new Uint8Array(16).fill(asked++), until: (START * 1000 + 1) as EpochMs })
    const voice = { start: () => Promise.reject(new Error("busy")), stop: async () => {} }
    const ports = { clock: phoneClock({ now: START }), sleep: async () => {} }
    const failure = await radio.inTurns(next, voice, ports, stopped).catch(error => error)
    expect([failure.message, asked]).to.deep.equal(["busy", 1])
  })

  it("of a radio whose system keeps the address: the journal says so, once for each start", async () => {
    const air = new Air()
    air.can.rotatesAddressWithPayload = false
    const client = await air.phone()
    await client.start()
    const events: string[] = []
    for await (const { event } of client.journal()) events.push(event)
    expect(events).to.deep.equal(["started", "address-kept"])
    await client.close()
  })
})
