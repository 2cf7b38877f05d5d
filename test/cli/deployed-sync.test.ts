import { expect } from "chai"
import fc from "fast-check"
import { batchesToFetch, detectionBudget } from "../../src/cli/vectors/deployed-sync.ts"

const seconds = fc.integer({ min: 1_500_000_000, max: 1_700_000_000 })

describe("batches to fetch", () => {
  it("over any number of syncs every batch since the first one is fetched once, in order", () => {
    fc.assert(
      fc.property(seconds, fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 20 }), (begin, pauses) => {
        let now = begin
        let { cursor, batches } = batchesToFetch(undefined, now)
        expect(batches).to.deep.equal([])
        const first = cursor
        const fetched: number[] = []
        for (const pause of pauses) {
          now += pause
          ;({ cursor, batches } = batchesToFetch(cursor, now))
          fetched.push(...batches)
        }
        const count = (Math.floor(now / 7200) * 7200 - first) / 7200
        expect(fetched).to.deep.equal(Array.from({ length: count }, (_, i) => first + (i + 1) * 7200))
      }),
    )
  })

  it("a clock set back fetches nothing twice", () => {
    const { cursor } = batchesToFetch(1_589_000_000, 1_589_100_000)
    expect(batchesToFetch(cursor, 1_589_000_000)).to.deep.equal({ batches: [], cursor })
  })

  it("refuses a bucket of no length and a time that is none", () => {
    expect(() => batchesToFetch(0, 1, 0)).to.throw(RangeError, "bucketSeconds")
    expect(() => batchesToFetch(undefined, Number.NaN)).to.throw(TypeError, "unix time")
    expect(() => detectionBudget([], 0, 0)).to.throw(RangeError, "perDay")
  })
})

describe("the detection budget", () => {
  it("is never overdrawn in any 24 hours by whoever asks first", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 100 }), pauses => {
        let now = 1_589_000_000
        const calls: number[] = []
        for (const pause of pauses) {
          now += pause
          if (detectionBudget(calls, now, 6).isDue) calls.push(now)
        }
        for (const at of calls)
          expect(calls.filter(other => at - other >= 0 && at - other < 86_400).length).to.be.at.most(6)
      }),
    )
  })
})
