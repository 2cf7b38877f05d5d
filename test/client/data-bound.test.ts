import { expect } from "chai"
import type { Config, EpochMs, PreparedTest } from "../../src/client/index.ts"
import { hex, time } from "../../src/crypto/index.ts"
import { type DesignName, designByName, parseTest } from "../../src/protocol/index.ts"
import { type Exchange, type World, world } from "../../src/simulator/testing.ts"
import { CONFIG } from "./config.ts"
import { lab, START } from "./lab.ts"
import { dump } from "./stored.ts"

const BOUND: Config["authority"] = { ...CONFIG.authority, mechanism: "data-bound" }
const consent = { to: "health authority", at: 0 as EpochMs }
const LENGTHS = { epochMinutes: 15, windowMinutes: 120 }
const H = 3_600_000

/** What anybody on the wire sees of a phone's redemptions and uploads. */
const seen = (w: World): Exchange[] => w.wire().filter(one => one.from === "anna" && one.method === "POST")
const view = ({ method, url, headers, bytes, status, answerBytes }: Exchange) => ({
  method,
  url,
  headers: Object.entries(headers),
  bytes,
  status,
  answerBytes,
})

/** Two phones that have met. */
const bound = (design: DesignName = "hybrid") => lab(design, { config: { authority: BOUND } })

/** One phone, for half a day, of the design that asks the least of a world. */
async function alone(config: Partial<Config> = {}) {
  const all = { ...CONFIG, authority: BOUND, design: "low-cost", sync: { minIntervalHours: 24 }, ...config } as const
  const w = world({ seed: 9, start: START, config: all })
  const anna = await w.device("anna")
  await w.advance({ hours: 12 })
  return { w, anna }
}
const slotsOf = async (w: World) => (await dump(w.store("anna"), "s")).map(([key]) => Number.parseInt(key.slice(2), 16))

describe("a test, where the authority signs commitments", () => {
  it("is shown as text with the commitment in it, without a request, and again after a restart asks for its result", async () => {
    const { w, anna } = await bound()
    const before = w.wire().length
    const test = await anna.prepareTest({ consent })
    expect(w.wire().length).to.equal(before)
    expect(hex(parseTest(test.qr).commitment)).to.equal(hex(test.commitment))
    expect((await anna.status()).report).to.deep.equal({ is: "tested", expiresAt: test.expiresAt })
    w.crash("anna", "any-write")
    await w.advance({ hours: 13 })
    expect(seen(w).length, "asked within twelve hours").to.be.greaterThan(0)
    await w.close()
  })

  for (const design of ["hybrid", "gaen"] as const)
    it(`that is positive is reported by itself, and who was near is warned: ${design}`, async () => {
      const { w, anna, ben } = await bound(design)
      await w.test("anna")
      await w.advance({ hours: 1 })
      expect((await anna.status()).report.is).to.equal("tested")
      expect(await w.confirm("anna", START)).to.equal("")
      await w.advance({ hours: 13 })
      expect((await anna.status()).report).to.deep.include({ is: "sent" })
      await w.advance({ hours: 14 })
      expect((await ben.status()).exposure.is).to.equal("exposed")
      expect(await dump(w.store("anna"), "r"), "the report is forgotten").to.deep.equal([])
      await w.close()
    })

  it("also reports whom it met after the test, from secrets that it had committed to there", async () => {
    const { w } = await bound()
    const carol = await w.device("carol")
    const before = await slotsOf(w)
    await w.test("anna")
    const committed = await slotsOf(w)
    await w.advance({ hours: 20 })
    w.near("anna", "carol", { minutes: 30, attenuation: 45 })
    await w.advance({ hours: 6 })
    expect(committed.length).to.be.greaterThan(before.length + 36)
    await w.confirm("anna", START)
    await w.advance({ hours: 48 })
    expect((await carol.status()).exposure.is).to.equal("exposed")
    await w.close()
  })

  it("once reported, nothing that was committed ahead is broadcast any more", async () => {
    const { w, anna } = await bound()
    await w.test("anna")
    const ahead = (await dump(w.store("anna"), "s")).map(([, value]) => value)
    await w.confirm("anna", START)
    await w.advance({ hours: 13 })
    expect((await anna.status()).report.is).to.equal("sent")
    const now = (await dump(w.store("anna"), "s")).map(([, value]) => value)
    expect(now.some(value => ahead.includes(value))).to.equal(false)
    await w.close()
  })

  for (const design of ["hybrid", "unlinkable", "gaen"] as const)
    it(`a phone seized while it waits shows what it will broadcast for three days after the test's, and no more: ${design}`, async () => {
      const { w, anna } = await alone({ design })
      const own = async () => Math.max(...(await slotsOf(w)))
      const seconds = designByName(design)!.slotSeconds(LENGTHS)
      const now = w.now / 1000
      expect((await own()) * seconds, "nothing ahead before it").to.be.at.most(now)
      await anna.prepareTest({ consent })
      expect(((await own()) + 1) * seconds).to.equal((time.day(now) + 4) * 86_400)
      await w.close()
    })

  it("that is discarded drops what was committed ahead and reports nothing, and the phone asks on as before", async () => {
    const { w, anna } = await alone()
    const test = await anna.prepareTest({ consent })
    const today = time.day(w.now / 1000)
    expect(Math.max(...(await slotsOf(w)))).to.equal(today + 3)
    await test.discard()
    expect(Math.max(...(await slotsOf(w)))).to.equal(today)
    expect((await anna.status()).report.is).to.equal("none")
    await (await w.authority()).signCommitment({ test: test.qr, contagiousFromDay: today }, "nurse-1")
    await w.advance({ hours: 13 })
    expect(seen(w).filter(({ url }) => url.endsWith("redeem"))).to.have.length(1)
    expect((await anna.status()).report).to.deep.equal({ is: "none" })
    expect(await test.discard().catch(error => error.code)).to.equal("state")
    await w.close()
  })

  it("withholds the slots that the person chose, and those before the authority's day", async () => {
    for (const [withheld, later] of [
      [[18_390], 0],
      [[], 1],
    ] as const) {
      const { w, anna } = await alone()
      const test = await anna.prepareTest({ consent })
      await test.redact(withheld)
      await w.advance({ hours: 12 })
      await (await w.authority()).signCommitment({ test: test.qr, contagiousFromDay: 18_390 + later }, "nurse-1")
      await w.advance({ hours: 25 })
      const { report } = await anna.status()
      // The day of the test itself is withheld; what was broadcast after it is not.
      expect(report.is === "sent" && report.days).to.deep.equal(["2020-05-09"])
      await w.close()
    }
  })

  it("without a result is forgotten after four days, and another can begin", async () => {
    const { w, anna } = await alone()
    await anna.prepareTest({ consent })
    expect(await anna.prepareTest({ consent }).catch(error => error.code)).to.equal("state")
    await w.advance({ days: 6 })
    expect((await anna.status()).report).to.deep.equal({ is: "none" })
    expect(await dump(w.store("anna"), "r")).to.deep.equal([])
    expect((await anna.prepareTest({ consent })).qr).to.have.length(93)
    await w.close()
  })

  it("keeps no secret of its own longer than fourteen days", async () => {
    const { w, anna } = await alone()
    const [[, oldest]] = (await dump(w.store("anna"), "s")) as [[string, string]]
    await w.advance({ days: 12 })
    await anna.prepareTest({ consent })
    const holds = async () => (await dump(w.store("anna"), "r"))[0]![1].includes(oldest.slice(0, 64))
    expect(await holds()).to.equal(true)
    await w.advance({ days: 3 })
    expect(await holds()).to.equal(false)
    await w.close()
  })

  it("is for this mechanism alone, as codes are for the others", async () => {
    const { w, anna } = await bound()
    const proof = "00000000000000"
    expect(await anna.prepareReport({ onset: START, proof, consent }).catch(error => error.code)).to.equal("state")
    await w.close()
    for (const mechanism of ["simple", "activated"] as const) {
      const other = await lab("hybrid", { config: { authority: { ...CONFIG.authority, mechanism } } })
      const before = await dump(other.w.store("anna"))
      expect(await other.anna.prepareTest({ consent }).catch(error => error.code)).to.equal("state")
      expect(await dump(other.w.store("anna"))).to.deep.equal(before)
      await other.w.close()
    }
  })
})

describe("on the wire", () => {
  /** All that is seen of one test: its actions in order, each with the hour after the test, and the second uploads. */
  function shapeOf(all: readonly Exchange[], start: number) {
    const asked = all.flatMap((one, i) => (one.url.endsWith("redeem") ? [{ one, first: all[i + 1]! }] : []))
    const firsts = new Set(asked.map(({ first }) => first))
    const seconds = all.filter(one => one.url.endsWith("uploads") && !firsts.has(one))
    for (const [i, { one, first }] of asked.entries()) {
      expect(first.at - one.at).to.be.within(2000, 5000)
      // In its twelve hours; later by what the host's scheduler takes to come round, and by a late phone's delay at first.
      expect((one.at - start) / H, `action ${i}`).to.be.within(12 * i, 12 * i + 14)
      expect(one.body, "one code and one commitment").to.deep.equal(asked[0]!.one.body)
      expect(
        seconds.some(({ at }) => [2, 3].includes(time.bucket(at / 1000) - time.bucket(one.at / 1000))),
        "a second upload",
      ).to.equal(true)
    }
    return { actions: asked.map(({ one, first }) => [view(one), view(first)]), seconds: seconds.map(view) }
  }

  /** A real test. */
  async function real(after: (w: World, test: PreparedTest) => Promise<void>) {
    const { w, anna } = await alone()
    const start = w.now
    await after(w, await anna.prepareTest({ consent }))
    await w.advance({ hours: 84 })
    const shape = shapeOf(seen(w), start)
    const report = await anna.status()
    await w.close()
    return { shape, report: report.report.is }
  }

  /** A made-up test: the first of a phone's own. */
  async function madeUp() {
    const { w, anna } = await alone({ cover: { meanDays: 30, catchUpHours: 48 } })
    while ((await dump(w.store("anna"), "a")).length === 0) await w.advance({ hours: 1 })
    const start = w.now - H
    await w.advance({ hours: 84 })
    const shape = shapeOf(seen(w), start)
    const report = await anna.status()
    await w.close()
    return { shape, report: report.report.is }
  }

  it("a positive, a negative, a discarded and a made-up test are the same requests, sizes and order", async () => {
    const { shape } = await madeUp()
    expect([shape.actions.length, shape.seconds.length]).to.deep.equal([6, 6])
    const sign = async (w: World, { qr }: PreparedTest) => {
      await w.advance({ hours: 15 })
      await (await w.authority()).signCommitment({ test: qr, contagiousFromDay: 18_390 }, "nurse-1")
    }
    expect(await real(sign), "positive").to.deep.equal({ shape, report: "sent" })
    expect(await real(async () => {}), "negative").to.deep.equal({ shape, report: "tested" })
    expect(await real((_, test) => test.discard()), "discarded").to.deep.equal({ shape, report: "none" })
  })

  it("a phone that slept through some of its times asks once when it wakes, alike for both", async () => {
    const { w, anna } = await alone()
    await anna.prepareTest({ consent })
    w.intercept(() => Promise.reject(new Error("offline")))
    await w.advance({ hours: 40 })
    w.intercept(undefined)
    const before = seen(w).length
    await w.advance({ hours: 5 })
    const asked = seen(w)
      .slice(before)
      .filter(({ url }) => url.endsWith("redeem"))
    expect(asked.length).to.be.within(1, 2)
    await w.close()
  })
})
