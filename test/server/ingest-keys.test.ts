import { expect } from "chai"
import fc from "fast-check"
import { KEYS_LEFT_BUCKETS, KEYS_PER_LIST } from "../../src/protocol/index.ts"
import { listDue } from "../../src/server/ingest-keys.ts"

const BUCKETS_A_DAY = 12

describe("lists of bucket keys", () => {
  it("leave keys for a day in which nothing is published, at whichever of 300 publications it stops", () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.constantFrom(0, 2),
        fc.array(fc.integer({ min: 1, max: BUCKETS_A_DAY }), { minLength: 300, maxLength: 300 }),
        (start, bucketsAhead, waits) => {
          const lists: { firstBucket: number; loggedIn: number; keys: [] }[] = []
          let now = start
          for (const [i, wait] of waits.entries()) {
            const firstBucket = listDue(now, lists, bucketsAhead)
            if (firstBucket !== undefined) lists.push({ firstBucket, loggedIn: now, keys: [] })
            const left = lists.at(-1)!.firstBucket + KEYS_PER_LIST - now
            // The bucket at work, and the next for whoever is late, to the end of a day without the publisher.
            expect(left).to.be.within(BUCKETS_A_DAY + 1 + bucketsAhead, BUCKETS_A_DAY + KEYS_PER_LIST + bucketsAhead)
            // Now and then it is down, for a day at most.
            now += i % 5 === 0 ? wait : 1
          }
          for (const [i, { firstBucket, loggedIn }] of lists.entries()) {
            const before = lists[i - 1]
            if (before === undefined) continue
            expect(firstBucket, "one key a bucket, no bucket without").to.equal(before.firstBucket + KEYS_PER_LIST)
            expect(loggedIn - before.loggedIn).to.be.at.least(KEYS_PER_LIST - KEYS_LEFT_BUCKETS - bucketsAhead)
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})
