import { expect } from "chai"
import fc from "fast-check"
import { kernel } from "../../../src/crypto/index.ts"
import { cases, observations, publishedKeys, result, scene, sorted } from "./world.ts"

const backends: kernel.BackendName[] = ["simd", "js"]

for (const design of cases)
  for (const backend of backends)
    describe(`the kernel, ${design.name}, ${backend}`, () => {
      const matcher = kernel.createMatcher({ backend })
      for (const [keyCount, heardCount] of [
        [0, 0],
        [0, 5],
        [1, 0],
        [1, 1],
        [3, 40],
        [127, 60],
        [128, 60],
        [129, 60],
        [300, 300],
      ] as const)
        it(`${keyCount} keys and ${heardCount} observations give the candidates of the definition`, () => {
          const { keys, heard } = scene(design, 1000 * keyCount + heardCount, keyCount, heardCount)
          const expected = sorted(design.definition(keys, heard))
          if (heardCount > 30) expect(expected).to.have.length.above(5)
          expect(sorted(design.matched(matcher, keys, heard))).to.deep.equal(expected)
        })

      // A crowd takes seconds to draw; one design is enough for its tables, which all share.
      if (design.design === "hybrid")
        it("140,000 observations and 140 keys give the candidates of the definition", () => {
          const { keys, heard } = scene(design, 99, 140, 200)
          const crowd = scene(design, 100, 0, 139_800).heard
          const all = {
            identifiers: Uint8Array.of(...[]),
            times: Uint32Array.from([...crowd.times, ...heard.times]),
          }
          all.identifiers = new Uint8Array(16 * all.times.length)
          all.identifiers.set(crowd.identifiers)
          all.identifiers.set(heard.identifiers, crowd.identifiers.length)
          const expected = sorted(design.definition(keys, heard)).map(found => ({
            ...found,
            observation: found.observation + crowd.times.length,
          }))
          expect(sorted(design.matched(matcher, keys, all))).to.deep.equal(expected)
        })

      it("many observations of one identifier, and many that only begin like it, are told apart", () => {
        const { keys } = scene(design, 7, 1, 0)
        const first = keys.first[0]!
        const { id } = design.identifier(keys.secrets, first, first, () => 0)
        const alike = (i: number): Uint8Array => id.map((byte, b) => (b === 4 + (i % 12) ? byte ^ 1 : byte))
        const heard = observations(
          Array.from({ length: 3000 }, (_, i) => ({ id: i % 3 === 0 ? id : alike(i), time: first })),
        )
        const found = design.matched(matcher, keys, heard)
        expect(found.map(({ observation }) => observation)).to.deep.equal(Array.from({ length: 1000 }, (_, i) => 3 * i))
      })

      it("yields the part that is done, from more than 0 to 1, never falling", () => {
        const { keys, heard } = scene(design, 8, 300, 50)
        const parts = [...matcher.search(design.design, heard).match(keys)]
        expect(parts[0]).to.be.above(0)
        expect(parts.at(-1)).to.equal(1)
        expect(parts).to.deep.equal([...parts].sort((a, b) => a - b))
      })

      it("refuses columns that do not fit together, and names them", () => {
        const { keys, heard } = scene(design, 9, 2, 2)
        const search = matcher.search(design.design, heard)
        const start = (bad: Partial<kernel.PublishedKeys>) => () => search.match({ ...keys, ...bad }).next()
        expect(start({ secrets: keys.secrets.subarray(1) })).to.throw(RangeError, /^secrets: expected 2 times/)
        expect(start({ last: keys.last.subarray(1) })).to.throw(RangeError, /^last: expected 2 entries, got 1/)
        expect(start({ first: [1, 2] as unknown as Uint32Array })).to.throw(TypeError, /^first: expected a Uint32Array/)
        expect(start({ secrets: "x" as unknown as Uint8Array })).to.throw(TypeError, /^secrets: expected a Uint8Array/)
        const open = (bad: Partial<kernel.Observations>) => () => matcher.search(design.design, { ...heard, ...bad })
        expect(open({ identifiers: heard.identifiers.subarray(1) })).to.throw(
          RangeError,
          /^identifiers: expected 2 times 16/,
        )
        expect(open({ times: null as unknown as Uint32Array })).to.throw(TypeError, /^times: expected a Uint32Array/)
      })

      it("does not see what the caller does to the observations afterwards", () => {
        const { keys, heard } = scene(design, 10, 40, 60)
        const expected = design.definition(keys, heard)
        const search = matcher.search(design.design, heard)
        heard.identifiers.fill(0)
        heard.times.fill(0)
        expect(sorted(result<(typeof expected)[number][]>(search.match(keys)))).to.deep.equal(sorted(expected))
      })
    })

describe("the kernel's back ends", () => {
  const [simd, js] = backends.map(backend => kernel.createMatcher({ backend })) as [kernel.Matcher, kernel.Matcher]

  for (const design of cases)
    it(`agree on keys and observations of any number and time: ${design.name}`, () => {
      fc.assert(
        fc.property(fc.integer(), fc.nat(260), fc.nat(80), (seed, keyCount, heardCount) => {
          const { keys, heard } = scene(design, seed, keyCount, heardCount)
          expect(design.matched(simd, keys, heard)).to.deep.equal(design.matched(js, keys, heard))
        }),
        { numRuns: 8 },
      )
    })

  it("take any number of identifiers to a window", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1440 }), n => {
        const { keys } = scene(cases[1]!, n, 3, 0)
        const heard = observations([{ id: new Uint8Array(16), time: keys.first[0]! }])
        for (const matcher of [simd, js])
          expect(result(matcher.search("hybrid", heard, { identifiersPerKey: n }).match(keys))).to.deep.equal([])
      }),
      { numRuns: 4 },
    )
    for (const n of [0, 1.5, 1441, Number.NaN])
      expect(() => simd.search("hybrid", observations([]), { identifiersPerKey: n })).to.throw(RangeError)
    expect(() => simd.search("low-cost", observations([]), { identifiersPerKey: 7 })).to.throw(RangeError)
  })

  it("refuse a GAEN key of no interval, or of more than 144, and a seed of two windows", () => {
    const key = (first: number, last: number) => publishedKeys(16, [{ secret: new Uint8Array(16), first, last }])
    const gaen = simd.search("gaen", observations([]))
    expect(() => gaen.match(key(10, 9)).next()).to.throw(RangeError)
    expect(() => gaen.match(key(10, 154)).next()).to.throw(RangeError)
    expect(() => simd.search("hybrid", observations([])).match(key(10, 11)).next()).to.throw(RangeError)
  })

  it("find identifiers at both ends of what u32 can count", () => {
    for (const time of [0, 1, 11, 12, 2 ** 32 - 1, 2 ** 32 - 13]) {
      const design = cases[2]!
      const secret = new Uint8Array(16).fill(9)
      const { id } = design.identifier(secret, time, time, () => 0)
      const keys = publishedKeys(16, [{ secret, first: time, last: time }])
      for (const heardAt of [time - 13, time - 12, time, time + 12, time + 13]) {
        if (heardAt < 0 || heardAt >= 2 ** 32) continue
        const heard = observations([{ id, time: heardAt }])
        for (const matcher of [simd, js])
          expect(design.matched(matcher, keys, heard)).to.have.length(Math.abs(heardAt - time) <= 12 ? 1 : 0)
      }
    }
  })

  it("a later batch ends the one before it in the same search", () => {
    const { keys, heard } = scene(cases[0]!, 3, 300, 20)
    const search = simd.search("low-cost", heard)
    const earlier = search.match(keys)
    earlier.next()
    const later = search.match(keys)
    later.next()
    expect(() => earlier.next()).to.throw(TypeError, /another batch/)
    expect(result<{ key: number }[]>(later)).to.have.length.above(3)
  })
})

describe("the matcher in the caller's own thread", () => {
  it("pauses when its stretch is over, tells its progress, and stops when it is cancelled", async () => {
    const { keys, heard } = scene(cases[0]!, 4, 300, 50)
    let now = 0
    let pauses = 0
    const pace = { now: () => (now += 10), pause: async () => void pauses++, stretchMs: 25 }
    const search = await kernel.inThread(kernel.createMatcher(), pace).search("low-cost", heard)
    const parts: number[] = []
    const found = await search.match(keys, { progress: part => parts.push(part) })
    expect(sorted(found ?? [])).to.deep.equal(sorted(cases[0]!.definition(keys, heard)))
    expect(pauses).to.be.within(Math.floor(parts.length / 3) - 1, Math.ceil(parts.length / 2))
    expect(parts.at(-1)).to.equal(1)
    let asked = 0
    expect(await search.match(keys, { cancelled: () => ++asked === 2 })).to.equal(undefined)
    expect(asked).to.equal(2)
    await search.close()
  })
})
