import { expect } from "chai"
import fc from "fast-check"
import { risk } from "../../../src/client/index.ts"

const facts = { infectiousness: 2, reportType: 1, calibration: 3 } as const
const NOON = Date.UTC(2020, 4, 18, 12) / 1000
const every = (seconds: number, count: number): risk.Observation[] =>
  Array.from({ length: count }, (_, i) => ({ at: NOON + i * seconds, attenuation: 50 + (i % 3), scanId: i }))

describe("exposure windows from observations", () => {
  it("a scan stands for the time since the one before, and the first for two minutes", () => {
    const [window, ...more] = risk.exposureWindows(every(240, 3), facts)
    expect(more).to.deep.equal([])
    expect(window!.day).to.equal("2020-05-18")
    expect(window!.scans.map(({ seconds, start }) => [seconds, start! - NOON])).to.deep.equal([
      [120, -120],
      [240, 0],
      [240, 240],
    ])
  })

  it("after a pause longer than five minutes nobody is taken to have stayed", () => {
    const seen = [...every(240, 2), { at: NOON + 1200, attenuation: 50, scanId: 9 }]
    expect(risk.exposureWindows(seen, facts)[0]!.scans.map(({ seconds }) => seconds)).to.deep.equal([120, 240, 120])
  })

  it("packets of one scan become their mean and their smallest, whatever their order", () => {
    const seen = [50, 61, 54].map((attenuation, i) => ({ at: NOON + i, attenuation, scanId: 4 }))
    for (const order of [seen, [...seen].reverse()])
      expect(risk.exposureWindows(order, facts)[0]!.scans).to.deep.equal([
        { min: 50, typical: 55, seconds: 120, start: NOON - 120, scanId: 4 },
      ])
  })

  it("half an hour after its first scan a window is over; it belongs to the day of that scan", () => {
    const midnight = Date.UTC(2020, 4, 19) / 1000
    const seen = every(300, 8).map(o => ({ ...o, at: o.at - NOON + midnight - 600 }))
    const windows = risk.exposureWindows(seen, facts)
    expect(windows.map(({ day, scans }) => [day, scans.length])).to.deep.equal([
      ["2020-05-18", 6],
      ["2020-05-19", 2],
    ])
  })

  it("scans never overlap in time, so that one contact cannot be longer than it was", () => {
    const observation = fc.record({
      at: fc.integer({ min: NOON, max: NOON + 7200 }),
      attenuation: fc.integer({ min: 0, max: 127 }),
      scanId: fc.integer({ min: 0, max: 1e6 }),
    })
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 30 }), seen => {
        const scans = risk.exposureWindows(seen, facts).flatMap(window => window.scans)
        for (const [i, { start, seconds }] of scans.entries())
          if (i > 0) expect(start! + seconds).to.be.at.least(scans[i - 1]!.start! + scans[i - 1]!.seconds)
        expect(scans.every(({ seconds }) => seconds >= 0 && seconds <= 300)).to.equal(true)
      }),
    )
  })
})

describe("the two published windowings of DP-3T", () => {
  const rule = (name: string): risk.WindowCountRule => risk.presets.get(name)!.rule as risk.WindowCountRule
  const [android, ios] = [rule("dp3t-android-2020"), rule("dp3t-ios-2020")]
  const met = (minutes: number, offsetMs: number): risk.Handshake[] =>
    Array.from({ length: minutes }, (_, i) => ({
      ephId: "a",
      at: NOON * 1000 + offsetMs + i * 60_000,
      rssi: -60,
      txPower: 0,
    }))

  it("disagree: seven minutes across a fifth of the quarter hour are two windows on Android and three on iOS", () => {
    const seven = met(7, 4 * 60_000 + 30_000)
    expect(risk.contacts(android, seven)[0]!.windowCount).to.equal(2)
    expect(risk.contacts(ios, seven)[0]!.windowCount).to.equal(3)
  })

  it("agree on a rule whose scans have no start: they are taken to follow one another", () => {
    const window: risk.Window = {
      ...facts,
      day: "2020-05-18",
      scans: Array.from({ length: 15 }, () => ({ min: 60, typical: 60, seconds: 60 })),
    }
    for (const name of ["dp3t-android-2020", "dp3t-ios-2020", "dp3t-prestandard-final"]) {
      const [result] = risk.ruleOf(rule(name)).evaluate([window], "2020-05-20")
      expect([name, result!.score, result!.level]).to.deep.equal([name, 3, "high"])
    }
  })

  it("every scan of a window that counts has an equal share of it", () => {
    const window: risk.Window = {
      ...facts,
      day: "2020-05-18",
      scans: [70, 75, 72, 60, 90].map(typical => ({ min: typical, typical, seconds: 60 })),
    }
    const [result] = risk.ruleOf(android).evaluate([window], "2020-05-20")
    expect(result!.score).to.equal(0)
    expect(result!.parts.map(part => part.dropped)[0]).to.equal("mean 73.4 dB of its window does not count")
  })
})

describe("the gamma median", () => {
  it("as a series equals the quantile to eleven digits", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 500, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (shape, scale) => {
          const exact = risk.gammaQuantile(shape, scale, 0.5)
          const mean = shape * scale
          expect(Math.abs(risk.gammaMedian(mean, mean * scale) - exact)).to.be.at.most(1e-11 * mean)
        },
      ),
    )
  })

  it("of an exponential is its mean times ln 2, and of no distribution NaN", () => {
    expect(risk.gammaQuantile(1, 3, 0.5)).to.be.closeTo(3 * Math.LN2, 1e-12)
    expect(risk.gammaMedian(0, 1)).to.be.NaN
    expect(risk.gammaQuantile(-1, 1, 0.5)).to.be.NaN
    expect(risk.gammaQuantile(1e-4, 1, 0.5)).to.be.at.most(Number.MIN_VALUE)
  })
})
