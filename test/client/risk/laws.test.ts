import { expect } from "chai"
import fc from "fast-check"
import { risk } from "../../../src/client/index.ts"
import { changeOne, TODAY, windows } from "./arbitrary.ts"

const rules = [...risk.presets.values()].map(({ rule }) => rule)
const buckets = rules.filter((rule): rule is risk.BucketRule => rule.kind === "buckets")
const scores = (rule: risk.RuleConfig, given: readonly risk.Window[]): Record<string, number> =>
  Object.fromEntries(
    risk
      .ruleOf(rule)
      .evaluate(given, TODAY)
      .map(({ day, score }) => [day, score]),
  )
const verdict = (rule: risk.RuleConfig, given: readonly risk.Window[]): unknown =>
  risk
    .ruleOf(rule)
    .evaluate(given, TODAY)
    .map(({ parts: _, ...day }) => day)

/** No day of `more` scores less than in `less`. */
function neverLess(rule: risk.RuleConfig, more: readonly risk.Window[], less: readonly risk.Window[]): void {
  const after = scores(rule, more)
  for (const [day, before] of Object.entries(scores(rule, less)))
    expect(after[day], `${rule.id} on ${day}`).to.be.at.least(before - 1e-9)
}

const anything = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(undefined, null, "5", Number.NaN, Number.POSITIVE_INFINITY, -1, 1e300, {}, []),
)
const garbage = fc.array(
  fc.oneof(
    anything,
    fc.record({
      day: fc.oneof(fc.constantFrom("2020-05-18", "2020-02-31", "", "0000-01-01"), anything),
      infectiousness: anything,
      reportType: anything,
      calibration: anything,
      scans: fc.oneof(
        anything,
        fc.array(
          fc.oneof(
            anything,
            fc.record({ min: anything, typical: anything, seconds: anything, start: anything, scanId: anything }),
          ),
        ),
      ),
    }),
  ),
  { maxLength: 6 },
) as unknown as fc.Arbitrary<risk.Window[]>

describe("exposure rules", () => {
  for (const rule of rules)
    it(`${rule.id}: neither throws nor scores NaN, whatever it is given`, () => {
      fc.assert(
        fc.property(garbage, given => {
          for (const { score, parts } of risk.ruleOf(rule).evaluate(given, TODAY)) {
            expect(score).to.be.at.least(0)
            for (const { contributes, weight } of parts) expect(contributes * weight).to.be.at.least(0)
          }
        }),
        { numRuns: 60 },
      )
    })

  it("no rule's verdict depends on the order of windows, or of scans that have a start", () => {
    fc.assert(
      fc.property(windows(), fc.integer({ min: 1, max: 7 }), (given, turn) => {
        const turned = <T>(list: readonly T[]): T[] => [
          ...list.slice(turn % list.length),
          ...list.slice(0, turn % list.length),
        ]
        const shuffled = turned(given.map(window => ({ ...window, scans: turned(window.scans).reverse() }))).reverse()
        for (const rule of rules) expect(verdict(rule, shuffled), rule.id).to.deep.equal(verdict(rule, given))
      }),
      { numRuns: 60 },
    )
  })

  it("a part stands for every scan, in the order given", () => {
    fc.assert(
      fc.property(windows(), given => {
        for (const rule of rules)
          for (const { day, parts } of risk.ruleOf(rule).evaluate(given, TODAY)) {
            const ofDay = given.flatMap((window, w) =>
              window.day === day ? window.scans.map(s => [w, s.seconds]) : [],
            )
            expect(parts.map(part => [part.window, part.seconds])).to.deep.equal(ofDay)
          }
      }),
      { numRuns: 40 },
    )
  })

  it("more seconds never lower the score of a rule that adds up seconds", () => {
    const adding = rules.filter(({ kind }) => kind === "buckets" || kind === "cwa")
    fc.assert(
      fc.property(
        windows(fc.integer({ min: 1, max: 300 })),
        fc.nat(),
        fc.integer({ min: 1, max: 600 }),
        (less, pick, by) => {
          const more = changeOne(less, pick, scan => [{ ...scan, seconds: scan.seconds + by }])
          for (const rule of adding) neverLess(rule, more, less)
        },
      ),
      { numRuns: 150 },
    )
  })

  it("less attenuation never lowers the score of a rule over buckets, in any seconds by the default", () => {
    const nearer = (given: readonly risk.Window[], pick: number, by: number): risk.Window[] =>
      changeOne(given, pick, scan => [{ ...scan, typical: scan.typical - by }])
    const exact = buckets.filter(({ rounding }) => rounding !== "up-per-bucket")
    fc.assert(
      fc.property(
        windows(fc.integer({ min: 1, max: 300 })),
        fc.nat(),
        fc.integer({ min: 1, max: 30 }),
        (given, pick, by) => {
          for (const rule of exact) neverLess(rule, nearer(given, pick, by), given)
        },
      ),
      { numRuns: 150 },
    )
    fc.assert(
      fc.property(windows(), fc.nat(), fc.integer({ min: 1, max: 30 }), (given, pick, by) => {
        for (const rule of buckets) neverLess(rule, nearer(given, pick, by), given)
      }),
      { numRuns: 100 },
    )
  })

  it("rounding every bucket up lets a nearer contact lower SwissCovid's score, and not the default's", () => {
    const at = (typical: number): risk.Window[] => [
      {
        ...plain,
        scans: [
          { min: 50, typical: 50, seconds: 1 },
          { min: 60, typical, seconds: 2 },
          { min: 60, typical: 60, seconds: 59 },
        ],
      },
    ]
    const score = (name: string, typical: number): number =>
      risk.ruleOf(risk.presets.get(name)!.rule).evaluate(at(typical), TODAY)[0]!.score
    expect([score("swisscovid-gaen", 60), score("swisscovid-gaen", 50)]).to.deep.equal([2, 1.5])
    expect([score(risk.DEFAULT_PRESET, 60), score(risk.DEFAULT_PRESET, 50)]).to.deep.equal([1.5, 1.5])
  })
})

const plain = { day: "2020-05-19", infectiousness: 2, reportType: 1, calibration: 0 } as const
const capped = risk.presets.get(risk.DEFAULT_PRESET)!.rule as risk.BucketRule
const uncapped: risk.BucketRule = { ...capped, cap: "none" }

describe("the wall clock", () => {
  it("splitting a scan never changes a day under the cap", () => {
    fc.assert(
      fc.property(windows(), fc.nat(), fc.integer({ min: 1, max: 299 }), (given, pick, at) => {
        const split = changeOne(given, pick, scan => {
          const cut = Math.min(at, scan.seconds - 1)
          return [
            { ...scan, seconds: cut },
            { ...scan, seconds: scan.seconds - cut, start: scan.start! + cut },
          ]
        })
        expect(verdict(capped, split)).to.deep.equal(verdict(capped, given))
      }),
    )
  })

  it("the same window heard of many people at once scores as once", () => {
    fc.assert(
      fc.property(windows(), fc.integer({ min: 2, max: 20 }), (given, people) => {
        const crowd = Array.from({ length: people }, () => given).flat()
        expect(verdict(capped, crowd)).to.deep.equal(verdict(capped, given))
      }),
      { numRuns: 50 },
    )
  })

  it("never scores more than without the cap, and the same where nothing overlaps", () => {
    fc.assert(
      fc.property(windows(), given => {
        const before = scores(uncapped, given)
        for (const [day, score] of Object.entries(scores(capped, given))) expect(score).to.be.at.most(before[day]!)
        const apart = given.slice(0, 1)
        expect(verdict(capped, apart)).to.deep.equal(verdict(uncapped, apart))
      }),
    )
  })

  it("counts each second once, for the nearest contact: as painting the seconds of a day one by one does", () => {
    const exact: risk.BucketRule = { ...capped, rounding: "none", unit: "weighted-seconds" }
    fc.assert(
      fc.property(windows(fc.integer({ min: 1, max: 300 })), given => {
        const painted = new Map<string, Map<number, number>>()
        for (const { day, scans } of given) {
          const seconds = painted.get(day) ?? new Map<number, number>()
          painted.set(day, seconds)
          for (const { start, seconds: length, typical } of scans) {
            const weight = exact.weights[risk.bucketOf(typical, exact.thresholds, "<")]!
            for (let s = start!; s < start! + length; s++) seconds.set(s, Math.max(seconds.get(s) ?? 0, weight))
          }
        }
        const expected = Object.fromEntries(
          [...painted].map(([day, seconds]) => [
            day,
            [...seconds.values()].reduce((total, weight) => total + weight, 0),
          ]),
        )
        expect(scores(exact, given)).to.deep.equal(expected)
      }),
    )
  })

  it("scans of one radio scan share their time, without a start", () => {
    const scan = (typical: number, scanId?: number): risk.Window => ({
      ...plain,
      scans: [{ min: typical, typical, seconds: 300, ...(scanId === undefined ? {} : { scanId }) }],
    })
    const minutes = (...given: risk.Window[]): number => risk.ruleOf(capped).evaluate(given, TODAY)[0]!.score
    expect(minutes(scan(50, 1), scan(50, 1), scan(60, 1))).to.equal(5)
    expect(minutes(scan(50, 1), scan(50, 2))).to.equal(10)
    expect(minutes(scan(50), scan(50))).to.equal(10)
  })

  it("no day is longer than a day", () => {
    const endless = Array.from({ length: 60 }, () => ({ ...plain, scans: [{ min: 40, typical: 40, seconds: 7200 }] }))
    expect(risk.ruleOf(capped).evaluate(endless, TODAY)[0]!.score).to.equal(1440)
    expect(risk.ruleOf(uncapped).evaluate(endless, TODAY)[0]!.score).to.equal(7200)
  })
})
