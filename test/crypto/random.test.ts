import { expect } from "chai"
import fc from "fast-check"
import { shuffle, uniform, uniforms, weighted } from "../../src/crypto/index.ts"
import { anyU32, scripted, seeded } from "./draws.ts"

/** Σ (observed − expected)² / expected over cells that are all expected equally often. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** Every script that drives a shuffle of n items: one draw below n, then n−1, … 2. */
function scripts(n: number): number[][] {
  if (n < 2) return [[]]
  return Array.from({ length: n }, (_, draw) => scripts(n - 1).map(rest => [draw, ...rest])).flat()
}

const letters = "abcdefg"
const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))

describe("crypto/random", () => {
  it("uniform() is the draw modulo the outcomes where no outcome is favoured", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), anyU32, (outcomes, draw) => {
        fc.pre(draw < outcomes * Math.floor(2 ** 32 / outcomes))
        const source = scripted(draw, 0)
        expect(uniform(source, outcomes)).to.equal(Number(BigInt(draw) % BigInt(outcomes)))
        expect(source.left()).to.equal(1)
      }),
    )
  })

  it("uniform() draws again in the biased tail, and only there", () => {
    for (const outcomes of [3, 5, 6, 7, 10, 96, 1000, 2 ** 31 + 1, 2 ** 32 - 1]) {
      const limit = outcomes * Math.floor(2 ** 32 / outcomes)
      const again = scripted(limit, 2 ** 32 - 1, 1, 0)
      expect(uniform(again, outcomes)).to.equal(1)
      expect(again.left()).to.equal(1)
      const last = scripted(limit - 1, 0)
      expect(uniform(last, outcomes)).to.equal(outcomes - 1)
      expect(last.left()).to.equal(1)
    }
  })

  it("uniform() has no tail where the outcomes divide 2³²", () => {
    for (let bit = 0; bit <= 32; bit++) expect(uniform(scripted(2 ** 32 - 1), 2 ** bit)).to.equal(2 ** bit - 1)
  })

  it("uniform() reads four bytes, most significant first", () => {
    expect(uniform({ bytes: () => Uint8Array.of(1, 2, 3, 4) }, 2 ** 32)).to.equal(0x01020304)
    expect(uniform({ bytes: () => Uint8Array.of(0xfe, 0xdc, 0xba, 0x98) }, 2 ** 32)).to.equal(0xfedcba98)
  })

  it("uniform() refuses no outcome, a broken number and more than 2³²", () => {
    for (const outcomes of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN])
      expect(() => uniform(scripted(), outcomes)).to.throw(
        RangeError,
        `outcomes: expected a whole number from 1 to 4294967296, got ${outcomes}`,
      )
  })

  it("uniforms() are the draws that uniform() makes one by one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.nat(200), fc.string(), (outcomes, count, label) => {
        const [one, all] = [seeded(label), seeded(label)]
        const singly = Array.from({ length: count }, () => uniform(one, outcomes))
        expect([...uniforms(all, outcomes, count)]).to.deep.equal(singly)
      }),
    )
    expect(() => uniforms({ bytes: n => new Uint8Array(n - 1) }, 6, 3)).to.throw(RangeError, "expected 12 bytes")
  })

  it("weighted() gives each index as many draws as its weight, and none to a weight of zero", () => {
    const weights = [0, 2, 0, 3, 1, 0]
    const drawn = [0, 1, 2, 3, 4, 5].map(draw => weighted(weights, scripted(draw)))
    expect(drawn).to.deep.equal([1, 1, 3, 3, 3, 4])
  })

  // Chi-square thresholds: the quantile 1 − 10⁻⁶ of the distribution. The sources are fixed, so the outcome is too.
  it("uniform() over a fixed source passes chi-square: 60,000 draws into 10 cells", () => {
    const source = seeded("uniform")
    const counts = new Array<number>(10).fill(0)
    for (let i = 0; i < 60_000; i++) counts[uniform(source, 10)]!++
    expect(chiSquare(counts)).to.be.lessThan(46.0)
  })

  it("shuffle() maps the outcomes of its draws one to one onto the orders, for up to 6 items", () => {
    for (let n = 0; n <= 6; n++) {
      const items = [...letters.slice(0, n)]
      const orders = new Set<string>()
      const all = scripts(n)
      for (const script of all) {
        const source = scripted(...script)
        const order = shuffle(items, source)
        expect(source.left()).to.equal(0)
        expect([...order].sort()).to.deep.equal(items)
        orders.add(order.join(""))
      }
      expect(all).to.have.length(factorial(n))
      expect(orders.size).to.equal(factorial(n))
    }
  })

  it("shuffle() gives a permutation in a new array and leaves the old one alone", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5)), fc.string(), (items, label) => {
        const before = [...items]
        const order = shuffle(items, seeded(label))
        expect(items).to.deep.equal(before)
        expect(order).not.to.equal(items)
        expect([...order].sort()).to.deep.equal([...items].sort())
      }),
    )
  })

  it("shuffle() over a fixed source passes chi-square: 24,000 orders of 4 items into 24 cells", () => {
    const source = seeded("orders")
    const counts = new Map(scripts(4).map(script => [shuffle(["a", "b", "c", "d"], scripted(...script)).join(""), 0]))
    for (let i = 0; i < 24_000; i++) {
      const order = shuffle(["a", "b", "c", "d"], source).join("")
      counts.set(order, counts.get(order)! + 1)
    }
    expect(counts.size).to.equal(24)
    expect(chiSquare([...counts.values()])).to.be.lessThan(71.2)
  })

  it("shuffle() over a fixed source passes chi-square: each of 96 identifiers at each of 96 places", () => {
    const source = seeded("places")
    const day = Array.from({ length: 96 }, (_, i) => i)
    const counts = new Array<number>(96 * 96).fill(0)
    for (let i = 0; i < 1_000; i++)
      shuffle(day, source).forEach((item, place) => {
        counts[96 * item + place]!++
      })
    // An item is at one place only, so the cells of an order depend on each other: (95/96)·χ² has the 95² = 9,025
    // degrees of freedom of a table with fixed margins.
    expect((95 / 96) * chiSquare(counts)).to.be.within(8_400, 9_678)
  })
})
