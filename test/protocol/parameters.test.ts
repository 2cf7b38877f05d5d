import { expect } from "chai"
import fc from "fast-check"
import { hex } from "../../src/crypto/index.ts"
import {
  changedLengths,
  defaultParameters,
  encodeParameters,
  noticeOf,
  type ParameterSet,
  parametersFor,
  parametersHash,
  parseParameterSets,
  parseParameters,
  problemsOf,
  splitParameterSets,
} from "../../src/protocol/index.ts"
import { expectOneSpelling, prefixes, refusal } from "./damage.ts"
import { vectors } from "./vectors.ts"

const { canonical, hash } = vectors.parameters_set
const { bucket } = vectors.parameters
const defaults = defaultParameters(bucket, ["low-cost", "unlinkable", "hybrid"])
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text))
const parse = (text: string) => parseParameters(bytesOf(text))

describe("a parameter set", () => {
  it("has the canonical bytes and the hash of the vector", () => {
    expect(Buffer.from(encodeParameters(defaults)).toString()).to.equal(canonical)
    expect(hex(parametersHash(defaults))).to.equal(hash)
    expect(parse(canonical)).to.deep.equal(defaults)
  })

  it("has the same bytes whatever the order of its members", () => {
    const shuffled = (value: unknown, order: boolean): unknown => {
      if (Array.isArray(value)) return value.map(item => shuffled(item, order))
      if (typeof value !== "object" || value === null) return value
      const entries = Object.entries(value).map(([key, item]) => [key, shuffled(item, order)] as const)
      return Object.fromEntries(order ? entries.reverse() : entries.sort(([a], [b]) => b.length - a.length))
    }
    for (const order of [true, false])
      expect(Buffer.from(encodeParameters(shuffled(defaults, order) as ParameterSet)).toString()).to.equal(canonical)
  })

  it("is refused when it is cut, longer, or spelled in another way", () => {
    for (const prefix of prefixes(bytesOf(canonical))) expect(refusal(() => parseParameters(prefix))).to.equal("format")
    const spellings: Record<string, string> = {
      "a space": canonical.replace(",", ", "),
      "a line at the end": `${canonical}\n`,
      "a byte order mark": `\ufeff${canonical}`,
      "a number with a fraction": canonical.replace('"bucketSeconds":7200', '"bucketSeconds":7200.0'),
      "a number with an exponent": canonical.replace('"bucketSeconds":7200', '"bucketSeconds":72e2'),
      "minus nought": canonical.replace('"coverCatchUpHours":48', '"coverCatchUpHours":-0'),
      "an escaped letter": canonical.replace('"version"', '"\\u0076ersion"'),
      "a member twice": canonical.replace('"bucketSeconds":7200', '"bucketSeconds":7200,"bucketSeconds":7200'),
      "members out of order": canonical.replace(/^\{("activationHours":\d+),("bucketSeconds":\d+)/, "{$2,$1"),
    }
    for (const [name, text] of Object.entries(spellings)) {
      expect(text, name).not.to.equal(canonical)
      expect(
        refusal(() => parse(text)),
        name,
      ).to.equal("format")
    }
  })

  it("has one spelling: what parses after a change of a byte is another set, which its hash refuses", () => {
    expectOneSpelling(bytesOf(canonical), changed => encodeParameters(parseParameters(changed)))
  })

  const withRule = (rule: string) => canonical.replace(/"riskRule":\{[^}]*\}/, `"riskRule":${rule}`)

  it("is refused with a letter outside ASCII, as it is and escaped", () => {
    expect(refusal(() => parse(withRule('{"id":"r\u00e8gle"}')))).to.equal("format")
    expect(refusal(() => parse(withRule('{"id":"r\\u00e8gle"}')))).to.equal("format")
    const latin1 = Buffer.from(withRule('{"id":"r\u00e8gle"}'), "latin1")
    expect(refusal(() => parseParameters(latin1))).to.equal("format")
  })

  it("is refused when it is deeper than any stack, and when it is longer than its bound", () => {
    const deep = 30_000
    expect(refusal(() => parse(withRule(`{"id":"x","x":${"[".repeat(deep)}${"]".repeat(deep)}}`)))).to.equal("format")
    expect(refusal(() => parse(withRule(`{"id":"${"x".repeat(65_536)}"}`)))).to.equal("format")
    expect(refusal(() => parseParameters(new Uint8Array(2 ** 26)))).to.equal("format")
  })

  it("is refused with a number that is not whole, also where nothing reads it", () => {
    for (const number of ["0.5", "1e-7", "1e+21", "9007199254740992", "-9007199254740992"])
      for (const text of [
        canonical.replace('"minutes":15', `"minutes":${number}`),
        canonical.replace('"thresholds":[55,', `"thresholds":[${number},`),
        canonical.replace(/\}$/, `,"zone":{"deep":[${number}]}}`),
      ]) {
        expect(text).not.to.equal(canonical)
        expect(
          refusal(() => parse(text)),
          text,
        ).to.equal("format")
      }
    const broken = { ...defaults, riskRule: { ...defaults.riskRule, weightsPercent: [99.5, 50, 0] } }
    expect(problemsOf(broken)).to.deep.equal([{ path: "riskRule", message: "expected whole numbers" }])
    expect(refusal(() => encodeParameters(broken))).to.equal("format")
    expect(parse(canonical.replace(/\}$/, ',"zone":{"deep":[-9007199254740991]}}'))).to.have.property("zone")
  })

  it("is refused when it is JSON of another kind", () => {
    for (const text of ["null", "[]", "1", '""', "{}", "true", ""])
      expect(refusal(() => parse(text))).to.equal("format")
  })

  const bounds: Record<string, [number, number]> = {
    version: [1, 1],
    validFromBucket: [0, 2 ** 32 - 1],
    bucketSeconds: [7200, 7200],
    retentionDays: [14, 14],
    coverMeanDays: [1, 30],
    coverCatchUpHours: [0, 168],
    codeValidHours: [1, 336],
    activationHours: [1, 72],
    fingerprintBits: [16, 64],
    minPaddingReports: [20, 10_000],
    maxEnvelopes: [1, 10_000_000],
  }
  for (const [name, [low, high]] of Object.entries(bounds))
    it(`holds ${name} from ${low} to ${high}`, () => {
      for (const value of [low, high]) expect(problemsOf({ ...defaults, [name]: value })).to.deep.equal([])
      for (const value of [low - 1, high + 1, low + 0.5, Number.NaN, String(low), null, undefined])
        expect(problemsOf({ ...defaults, [name]: value }).map(({ path }) => path)).to.deep.equal([name])
    })

  const wrong: [string, object][] = [
    ["windowMinutes", { windowMinutes: 100 }],
    ["windowMinutes", { windowMinutes: 5 }],
    ["windowMinutes", { windowMinutes: 225 }],
    ["windowMinutes", { windowMinutes: "120" }],
    ["windowMinutes", { epochMinutes: 7 }],
    ["designs", { designs: [] }],
    ["designs", { designs: ["hybrid", "hybrid"] }],
    ["designs", { designs: ["another"] }],
    ["designs", { designs: "hybrid" }],
    ["riskRule", { riskRule: null }],
    ["riskRule", { riskRule: { id: 1 } }],
    ["paddingProfile", { paddingProfile: null }],
    ["paddingSizes.low-cost", { paddingSizes: { unlinkable: [1], hybrid: [1] } }],
    ["paddingSizes.low-cost", { paddingSizes: { "low-cost": [1, 1], unlinkable: [1], hybrid: [1] } }],
    ["paddingSizes.low-cost", { paddingSizes: { "low-cost": [], unlinkable: [1], hybrid: [1] } }],
    ["paddingSizes.low-cost", { paddingSizes: { "low-cost": [0, 1], unlinkable: [1], hybrid: [1] } }],
    [
      "paddingSizes.low-cost",
      { paddingSizes: { "low-cost": Array.from({ length: 201 }, (_, i) => i + 1), unlinkable: [1], hybrid: [1] } },
    ],
    ...(
      [
        ["firstDayAge", new Array(13).fill(1)],
        ["firstDayAge", new Array(14).fill(0)],
        ["firstDayAge", [...new Array(13).fill(1), -1]],
        ["firstDayAge", [...new Array(13).fill(1), 1e6 + 1]],
        ["nightStartHour", new Array(25).fill(1)],
        ["revealedByHour", [...new Array(23).fill(1), 1001]],
        ["nightHours", []],
        ["nightHours", new Array(25).fill(1)],
        ["nightHours", "x"],
      ] as const
    ).map(
      ([name, value]) =>
        [`paddingProfile.${name}`, { paddingProfile: { ...defaults.paddingProfile, [name]: value } }] as [
          string,
          object,
        ],
    ),
  ]
  for (const [path, change] of wrong)
    it(`is refused at ${path}: ${JSON.stringify(change).slice(0, 60)}`, () => {
      expect(problemsOf({ ...defaults, ...change }).map(problem => problem.path)).to.deep.equal([path])
    })

  it("names every problem at once, for any value at all", () => {
    expect(problemsOf({ ...defaults, version: 2, retentionDays: 15 })).to.have.length(2)
    fc.assert(fc.property(fc.anything(), value => problemsOf(value).length > 0))
  })

  it("is in force from its first bucket until the next set's", () => {
    const sets = [300, 100, 200].map(from => ({ ...defaults, validFromBucket: from }))
    const from = (b: number) => parametersFor(b, sets)?.validFromBucket
    expect([99, 100, 199, 200, 299, 300, 10_000].map(from)).to.deep.equal([undefined, 100, 100, 200, 200, 300, 300])
    expect(parametersFor(5, [])).to.equal(undefined)
  })

  const from = (validFromBucket: number, changes: Partial<ParameterSet> = {}): ParameterSet => ({
    ...defaults,
    validFromBucket,
    ...changes,
  })

  it("needs notice by what it changes of the set in force just before it, whatever else is known", () => {
    const hybrid = { designs: ["hybrid"] } as const
    const [first, second, third] = [from(100), from(400, hybrid), from(500, { ...hybrid, minPaddingReports: 25 })]
    const sets = [third, first, second]
    expect(sets.map(set => noticeOf(set, sets))).to.deep.equal([36, 36, 204])
    expect(noticeOf(third, [first, third])).to.equal(204)
    expect(noticeOf(from(450), sets)).to.equal(204)
    fc.assert(
      fc.property(fc.shuffledSubarray(sets, { minLength: 3 }), fc.nat(1000), (known, later) => {
        for (const set of sets) {
          expect(noticeOf(set, known)).to.equal(noticeOf(set, sets))
          expect(noticeOf(set, [...known, from(set.validFromBucket + later)])).to.equal(noticeOf(set, sets))
        }
      }),
    )
  })

  it("has the epochs and windows of the first", () => {
    const other = [from(200, { windowMinutes: 240 }), from(300, { epochMinutes: 10 })]
    expect(changedLengths([])).to.deep.equal([])
    expect(changedLengths([from(100)])).to.deep.equal([])
    expect(changedLengths([from(300), from(100), from(200, { minPaddingReports: 30 })])).to.deep.equal([])
    expect(changedLengths([other[1]!, from(250), other[0]!, from(100)])).to.deep.equal(other)
  })

  it("stands on a line of its own among others, and an empty line is none", () => {
    const sets = [from(100), from(200), from(300)]
    const file = (n: number) =>
      bytesOf(
        sets
          .slice(0, n)
          .map(set => Buffer.from(encodeParameters(set)))
          .join("\n"),
      )
    for (const n of [1, 2, 3]) {
      expect(parseParameterSets(file(n))).to.deep.equal(sets.slice(0, n))
      expect(splitParameterSets(file(n))).to.deep.equal(sets.slice(0, n).map(encodeParameters))
    }
    for (const text of ["", "\n", `${canonical}\n`, `\n${canonical}`, `${canonical}\n\n${canonical}`])
      expect(refusal(() => parseParameterSets(bytesOf(text)))).to.equal("format")
  })
})
