import { expect } from "chai"
import fc from "fast-check"
import { cadence } from "../../src/client/index.ts"

const seconds = fc.integer({ min: 1_500_000_000, max: 1_700_000_000 })

describe("batches to fetch", () => {
  it("over any number of syncs every batch since the first one is fetched once, in order", () => {
    fc.assert(
      fc.property(seconds, fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 20 }), (begin, pauses) => {
        let now = begin
        let { cursor, batches } = cadence.batchesToFetch(undefined, now)
        expect(batches).to.deep.equal([])
        const first = cursor
        const fetched: number[] = []
        for (const pause of pauses) {
          now += pause
          ;({ cursor, batches } = cadence.batchesToFetch(cursor, now))
          fetched.push(...batches)
        }
        const count = (Math.floor(now / 7200) * 7200 - first) / 7200
        expect(fetched).to.deep.equal(Array.from({ length: count }, (_, i) => first + (i + 1) * 7200))
      }),
    )
  })

  it("a clock set back fetches nothing twice", () => {
    const { cursor } = cadence.batchesToFetch(1_589_000_000, 1_589_100_000)
    expect(cadence.batchesToFetch(cursor, 1_589_000_000)).to.deep.equal({ batches: [], cursor })
  })

  it("refuses a bucket of no length and a time that is none", () => {
    expect(() => cadence.batchesToFetch(0, 1, 0)).to.throw(RangeError, "bucketSeconds")
    expect(() => cadence.batchesToFetch(undefined, Number.NaN)).to.throw(TypeError, "unix time")
    expect(() => cadence.detectionBudget([], 0, 0)).to.throw(RangeError, "perDay")
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
          if (cadence.detectionBudget(calls, now, 6).isDue) calls.push(now)
        }
        for (const at of calls)
          expect(calls.filter(other => at - other >= 0 && at - other < 86_400).length).to.be.at.most(6)
      }),
    )
  })
})

describe("a sync", () => {
  it("that succeeded in the future was made before the clock was set back, and does not hold up the next", () => {
    expect(cadence.syncIsDue(2000, 1000, 600)).to.equal(true)
    expect(cadence.syncIsDue(1000, 1500, 600)).to.equal(false)
  })
})
