import { expect } from "chai"
import { risk } from "../../../src/client/index.ts"

const TODAY: risk.IsoDay = "2020-05-20"
const config = risk.presets.get(risk.DEFAULT_PRESET)!.rule as risk.BucketRule

const problems = (x: unknown): string[] => {
  const checked = risk.checkRule(x)
  return checked.ok ? [] : checked.problems.map(({ path, message }) => `${path}: ${message}`)
}

describe("checkRule", () => {
  it("accepts every preset by name and as data", () => {
    for (const [name, { rule }] of risk.presets) {
      expect(problems(name), name).to.deep.equal([])
      expect(problems(JSON.parse(JSON.stringify(rule))), name).to.deep.equal([])
      const checked = risk.checkRule(name)
      expect(checked.ok && checked.rule.id).to.equal(name)
    }
  })

  it("accepts a rule of one's own", () => {
    expect(problems({ id: "mine", evaluate: () => [] })).to.deep.equal([])
    expect(problems({ id: "", evaluate: () => [] })).to.deep.equal(['id: expected a name, got ""'])
  })

  it("names the presets when one is unknown", () => {
    expect(problems("swiscovid")[0]).to.match(/unknown preset "swiscovid"; known are .*swisscovid-gaen/)
    expect(problems("constructor")[0]).to.match(/unknown preset/)
  })

  it("returns all problems with their paths", () => {
    const broken = {
      ...config,
      thresholds: [63, 55, Number.NaN],
      weights: [1, -0.5],
      infectiousnessWeights: [0, 1],
      warning: { low: 20, high: 15, strickt: true },
      considerDays: 0,
      rounding: "sometimes",
    }
    expect(problems(broken)).to.deep.equal([
      "thresholds[2]: expected an attenuation from 0 to 127 dB, got NaN",
      "thresholds[1]: expected more than 63, got 55",
      "weights[1]: expected a number from 0 to 100, got -0.5",
      "infectiousnessWeights: expected 3 entries, got 2",
      'rounding: expected "none" or "up-nested" or "up-per-bucket" or "down-per-scan" or "down-per-weighted-scan", got "sometimes"',
      "warning.strickt: is not a field of this",
      "warning.low: expected at most 15, got 20",
      "considerDays: expected a whole number from 1 to 28, got 0",
      "weights: expected 4 entries, one more than thresholds, got 2",
    ])
  })

  it("reports a missing field, a wrong kind, and things that are no rule at all", () => {
    const { cap: _, ...without } = config
    expect(problems(without)).to.deep.equal(["cap: is missing"])
    expect(problems({ kind: "toString" })[0]).to.match(/^kind: expected buckets, window-count, cwa, nhs, v1/)
    for (const x of [null, undefined, 5, [], () => []]) expect(problems(x)).to.have.length(1)
  })

  it("refuses numbers that would make a rule lie", () => {
    const nhs = risk.presets.get("nhs-england-wales")!.rule
    expect(problems({ ...nhs, sampleSeconds: 0 })[0]).to.match(/^sampleSeconds/)
    const cwa = risk.presets.get("cwa-1.15+")!.rule as risk.CwaRule
    expect(problems({ ...cwa, dayLevels: [{ minutes: { min: 9, max: 5 }, level: "high" }] })).to.deep.equal([
      "dayLevels[0].minutes.max: expected at least 9, got 5",
    ])
    expect(problems({ ...config, rounding: "up-per-bucket", reportTypeWeights: [0, 1, 1, 1, 1, 0] })[0]).to.match(
      /^rounding/,
    )
    const immuni = risk.presets.get("immuni")!.rule
    expect(problems({ ...immuni, daysScores: [1, 2] })).to.deep.equal(["daysScores: expected 8 entries, got 2"])
    const android = risk.presets.get("dp3t-android-2020")!.rule
    expect(problems({ ...android, windowMinutes: 4 })).to.deep.equal([
      "windowMinutes: expected 1 or 3 or 5 or 15, got 4",
    ])
  })
})

describe("what cannot have been measured", () => {
  const window = (day: string, ...scans: Partial<risk.Scan>[]): risk.Window => ({
    day: day as risk.IsoDay,
    scans: scans as risk.Scan[],
    infectiousness: 2,
    reportType: 1,
    calibration: 0,
  })
  const reasons = (name: string, ...windows: risk.Window[]): (string | undefined)[] =>
    risk
      .ruleOf(risk.presets.get(name)!.rule)
      .evaluate(windows, TODAY)
      .flatMap(({ parts }) => parts.map(p => p.dropped))

  it("is dropped by every rule, with the reason in its part", () => {
    const bad = window(
      "2020-05-19",
      { min: 128, typical: 128, seconds: 60 },
      { min: -1, typical: -1, seconds: 60 },
      { min: 50, typical: 50, seconds: -60 },
      { min: 50, typical: 50, seconds: 7201 },
      { min: Number.NaN, typical: Number.NaN, seconds: 60 },
      { min: 50, typical: 50 },
    )
    for (const name of risk.presets.keys())
      expect(reasons(name, bad), name).to.deep.equal([
        "attenuation outside 0 to 127 dB",
        "attenuation outside 0 to 127 dB",
        "negative seconds",
        "longer than a window (7200 s)",
        "attenuation is not a number",
        "seconds is not a number",
      ])
  })

  it("so are days that are too old or not in the calendar", () => {
    const scan = { min: 50, typical: 50, seconds: 600 }
    expect(reasons("swisscovid-gaen", window("2020-05-10", scan), window("2020-05-09", scan))).to.deep.equal([
      "older than 10 days",
      undefined,
    ])
    expect(reasons("swisscovid-gaen", window("2020-02-30", scan))).to.deep.equal(["not a day of the calendar"])
  })

  it("a window that is not infectious, revoked or too small says so", () => {
    const scan = { min: 50, typical: 50, seconds: 120 }
    const but = (o: Partial<risk.Window>): risk.Window => ({ ...window("2020-05-19", scan), ...o })
    expect(reasons("lfph-narrow-v1", but({ infectiousness: 0 }))).to.deep.equal(["infectiousness none"])
    expect(reasons("lfph-narrow-v1", but({ reportType: 5 }))).to.deep.equal(["report type 5"])
    expect(reasons("coronamelder", but({}))).to.deep.equal(["window scores 180, less than 300"])
    expect(reasons("cwa-2020", but({}))).to.deep.equal(["2 minutes at the filtered attenuation"])
    expect(reasons("cwa-1.15+", but({ reportType: 0 }))).to.deep.equal(["report type 0"])
  })

  it("days, maps and onsets outside their range are the caller's mistake", () => {
    expect(() => risk.isoDay(1.5)).to.throw(RangeError, "whole number of days")
    expect(risk.dayNumber("2020-13-01")).to.be.NaN
    expect(() => risk.onsetMapFromHex("0x3")).to.throw(RangeError, "entry 0 is 3")
    expect(() => risk.onsetMapFromHex("12")).to.throw(RangeError, "hexadecimal")
    expect(() => risk.cwaTransmissionRisk({ onset: "days-ago", days: -1 })).to.throw(RangeError, "got -1")
  })
})
