import { expect } from "chai"
import fc from "fast-check"
import { memoryStore } from "../../src/client/index.ts"
import { freshKey, secretKey } from "../../src/client/layout.ts"
import { draftReport, readReport, redactForToken, revealedDays, writeReport } from "../../src/client/report.ts"
import { ensureSlot } from "../../src/client/schedule.ts"
import { code, hex } from "../../src/crypto/index.ts"
import { commitment, type Design, designByName, redact } from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { draftOf, lab, START, WRONG_CODE } from "./lab.ts"
import { dump } from "./stored.ts"

const L = { epochMinutes: 15, windowMinutes: 120 }
const DAY = 18_390
const NOW = DAY * 86_400 + 40_000
const [HYBRID, LOW_COST] = ["hybrid", "low-cost"].map(name => designByName(name)!) as [Design, Design]

/** A draft of a phone that was on for these slots, and near somebody (how far, dB) in some of them. */
async function drafted(
  design: Design,
  o: { on: readonly number[]; near?: Readonly<Record<number, number>>; onsetDay?: number; second?: number },
) {
  const store = memoryStore()
  const random = seeded(8)
  return store.write(async tx => {
    for (const slot of o.on) await ensureSlot(tx, design, slot, L, random)
    for (const [slot, attenuation] of Object.entries(o.near ?? {}))
      tx.put(
        freshKey(Number(slot), random.bytes(16), 1, 1),
        Uint8Array.of(attenuation, attenuation, 0, 240, 0, 0, 0, 1),
      )
    const second = o.second ?? NOW
    const stored = await draftReport(tx, {
      design,
      lengths: L,
      random,
      second,
      onsetDay: o.onsetDay ?? DAY - 13,
      code: WRONG_CODE,
    })
    writeReport(tx, stored)
    expect(await readReport(tx, design, L), "what is stored is what was made").to.deep.equal(stored)
    const secrets = await Promise.all(o.on.map(slot => tx.get(secretKey(slot))))
    return { ...stored, secrets }
  })
}
const revealed = ({ report }: Awaited<ReturnType<typeof drafted>>): number[] =>
  report.slots.flatMap((slot, j) => (slot.revealed ? [report.first + j] : []))

describe("a draft", () => {
  const windows = [DAY * 12, DAY * 12 + 1, DAY * 12 + 2]

  it("hybrid: reveals the windows in which somebody was close, and withholds all others", async () => {
    const draft = await drafted(HYBRID, { on: windows, near: { [windows[0]!]: 63, [windows[1]!]: 64 } })
    expect(revealed(draft)).to.deep.equal([windows[0]])
  })

  it("holds the very secrets that were broadcast, with their salts", async () => {
    const draft = await drafted(HYBRID, { on: windows, near: Object.fromEntries(windows.map(slot => [slot, 50])) })
    const slots = draft.report.slots.flatMap(slot => (slot.revealed ? [hex(slot.bytes)] : []))
    expect(slots).to.deep.equal(draft.secrets.map(secret => hex(secret!.slice(0, 32))))
  })

  it("withholds what lies before the onset", async () => {
    const on = [(DAY - 2) * 12 + 11, (DAY - 1) * 12, DAY * 12]
    const near = Object.fromEntries(on.map(slot => [slot, 50]))
    expect(revealed(await drafted(HYBRID, { on, near, onsetDay: DAY - 1 }))).to.deep.equal(on.slice(1))
    const days = [DAY - 2, DAY - 1, DAY]
    expect(revealed(await drafted(LOW_COST, { on: days, onsetDay: DAY - 1 }))).to.deep.equal(days.slice(1))
  })

  it("reveals the running slot, and nothing of what is to come", async () => {
    const running = Math.floor(NOW / 7200)
    const near = { [running]: 50, [running + 1]: 50 }
    expect(revealed(await drafted(HYBRID, { on: [running + 1], near }))).to.deep.equal([running])
    expect(revealed(await drafted(LOW_COST, { on: [DAY + 1] }))).to.deep.equal([DAY])
  })

  it("has slots of seventeen days, thirteen of them past", async () => {
    for (const [design, perDay] of [
      [HYBRID, 12],
      [LOW_COST, 1],
    ] as const) {
      const { report } = await drafted(design, { on: [] })
      expect([report.first, report.slots.length]).to.deep.equal([(DAY - 13) * perDay, 17 * perDay])
    }
  })

  it("withholding slots, or what the authority excludes, never changes the commitment", async () => {
    for (const design of [HYBRID, LOW_COST]) {
      const perDay = 86_400 / design.slotSeconds(L)
      const on = Array.from({ length: 5 * perDay }, (_, i) => (DAY - 4) * perDay + i).filter(
        slot => slot * design.slotSeconds(L) <= NOW,
      )
      const { report } = await drafted(design, { on, near: Object.fromEntries(on.map(slot => [slot, 50])) })
      const whole = hex(commitment(report))
      fc.assert(
        fc.property(fc.subarray(on), fc.integer({ min: DAY - 14, max: DAY + 1 }), (withheld, from) => {
          const less = redact(report, slot => withheld.includes(slot))
          const sent = redactForToken(less, from, L)
          expect(hex(commitment(less))).to.equal(whole)
          expect(hex(commitment(sent))).to.equal(whole)
          expect(Math.min(...revealedDays(sent, L), DAY + 9)).to.be.at.least(from)
          for (const [j, slot] of sent.slots.entries())
            if (slot.revealed) expect(withheld).not.to.include(report.first + j)
        }),
        { numRuns: 40 },
      )
    }
  })
})

describe("preparing a report", () => {
  it("makes no request, neither then nor when it is changed or thrown away", async () => {
    const at = await lab()
    const before = at.w.wire().length
    const draft = await draftOf(at)
    await draft.redact([1, 2, 3])
    await draft.discard()
    expect(at.w.wire().length).to.equal(before)
    expect((await at.anna.status()).report).to.deep.equal({ is: "none" })
    expect(await dump(at.w.store("anna"), "r")).to.deep.equal([])
    await at.w.close()
  })

  it("says which days and how many bytes would go", async () => {
    const at = await lab()
    const draft = await draftOf(at)
    expect(draft.days).to.deep.equal([START])
    expect((await at.anna.status()).report).to.deep.equal({ is: "draft", expiresAt: draft.expiresAt })
    const before = at.w.wire().length
    await draft.submit()
    await at.w.advance({ days: 1 })
    const sent = at.w.wire().slice(before)
    const posts = sent.filter(({ from, method }) => from === "anna" && method === "POST")
    expect(posts.reduce((sum, { bytes }) => sum + bytes, 0)).to.equal(draft.wireBytes)
    await at.w.close()
  })

  it("when everything was withheld, cover goes in its place and the person is told", async () => {
    const at = await lab()
    const near = 18_390 * 12 + 6
    const draft = await draftOf(at)
    expect(draft.days).to.deep.equal([START])
    await draft.redact([near])
    expect(draft.days).to.deep.equal([])
    expect(await draft.submit().catch(error => error.code)).to.equal("no-keys")
    await at.w.advance({ days: 1 })
    expect((await at.ben.status()).exposure.is).to.equal("none")
    await at.w.close()
  })

  it("refuses a typing error, a day to come, and a time without anybody near; says why, and keeps nothing", async () => {
    const at = await lab("hybrid", { attenuation: 90 })
    const good = await at.w.confirm("anna", START)
    const swapped = good[1]! + good[0]! + good.slice(2)
    const consent = { to: "health authority", at: at.w.now }
    const failure = (o: { onset: typeof START; proof: string }) =>
      at.anna.prepareReport({ ...o, consent }).then(
        () => "prepared",
        error => error.code ?? error.name,
      )
    expect(code.parse(good)).to.equal(good)
    expect(await failure({ onset: START, proof: swapped === good ? `${good}0` : swapped })).to.equal("proof-invalid")
    expect(await failure({ onset: "2020-05-09", proof: good })).to.equal("RangeError")
    expect(await failure({ onset: "2020-02-30", proof: good })).to.equal("RangeError")
    expect(await failure({ onset: START, proof: good })).to.equal("no-keys")
    expect(await dump(at.w.store("anna"), "ra")).to.deep.equal([])
    await at.w.close()
  })

  it("a draft is good for a day, and then its secrets are forgotten", async () => {
    const at = await lab()
    const draft = await draftOf(at)
    await at.w.advance({ hours: 49 })
    expect((await at.anna.status()).report).to.deep.equal({ is: "none" })
    expect(await dump(at.w.store("anna"), "r")).to.deep.equal([])
    const before = at.w.wire().length
    expect(await draft.submit().catch(error => error.code)).to.equal("state")
    expect(at.w.wire().length).to.equal(before)
    await at.w.close()
  })
})
