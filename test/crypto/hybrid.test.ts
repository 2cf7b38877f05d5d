import { createCipheriv, createHmac } from "node:crypto"
import { expect } from "chai"
import fc from "fast-check"
import { type Candidate, compare, fromHex, hex, hybrid, time } from "../../src/crypto/index.ts"
import { anyU32, octets, seeded } from "./draws.ts"
import { checkOrderDoesNotMatter, sorted } from "./pairs.ts"
import { published } from "./published.ts"

const seeds = ["a", "b", "c"].map(label => seeded(label).bytes(16))
const anyWindow = fc.integer({ min: 7, max: 9 })
const anyKey = fc.record({ seed: fc.constantFrom(...seeds), window: anyWindow })
const anyObservation = fc
  .record({ seed: fc.constantFrom(...seeds), place: fc.nat(3), window: anyWindow })
  // Place 3 is the first identifier past the three that count.
  .map(({ seed, place, window }) => ({ ephId: hybrid.ephIds(seed, 4)[place]!, window }))

/** Every seed with every observation, by the schedule functions alone. */
function naive(
  keys: readonly hybrid.PublishedSeed[],
  observations: readonly hybrid.WindowObservation[],
  count: number,
): Candidate[] {
  const found: Candidate[] = []
  keys.forEach(({ seed, window }, key) => {
    observations.forEach((heard, observation) => {
      for (const own of hybrid.ephIds(seed, count))
        if (heard.window === window && compare(own, heard.ephId) === 0) found.push({ key, observation })
    })
  })
  return found
}

describe("crypto/hybrid", () => {
  it("the identifiers are those of the vectors, for windows of 2, 4 and 24 hours", () => {
    for (const { seed, n, w, window_minutes, epoch_minutes, window_start_unix, ephids } of published("hybrid-public")
      .cases) {
      expect(hybrid.ephIds(fromHex(seed), n).map(hex)).to.deep.equal(ephids)
      expect(time.window(window_start_unix, window_minutes, epoch_minutes)).to.equal(w)
    }
  })

  it('EphID_1 ‖ … ‖ EphID_n = AES-256-CTR(HMAC-SHA256(seed, "DP3T-HYBRID"), 0¹⁶)', () => {
    const counts = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(1, 8, 1440))
    fc.assert(
      fc.property(octets(16), counts, (seed, count) => {
        const key = createHmac("sha256", seed).update("DP3T-HYBRID").digest()
        const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(16 * count))
        const ephIds = hybrid.ephIds(seed, count)
        expect(ephIds).to.have.length(count)
        for (const ephId of ephIds) expect(ephId).to.have.length(16)
        expect(Buffer.concat(ephIds).equals(stream)).to.equal(true)
      }),
      { numRuns: 40 },
    )
  })

  it("a window has 8 identifiers unless told otherwise, and fewer are the first of more", () => {
    fc.assert(
      fc.property(octets(16), fc.integer({ min: 1, max: 40 }), (seed, count) => {
        expect(hybrid.ephIds(seed)).to.have.length(8)
        expect(hybrid.ephIds(seed, count)).to.deep.equal(hybrid.ephIds(seed, 41).slice(0, count))
      }),
      { numRuns: 30 },
    )
  })

  it("no identifier at all, a broken number and more than one a minute are refused", () => {
    for (const count of [0, -1, 1.5, 1441, Number.NaN])
      expect(() => hybrid.ephIds(new Uint8Array(16), count)).to.throw(
        RangeError,
        `count: expected a whole number from 1 to 1440, got ${count}`,
      )
  })

  it("candidates are the matches of the scenarios", () => {
    let compared = 0
    for (const { window_minutes, epoch_minutes, observations, matches } of published("match-scenarios-hybrid-public")
      .scenarios) {
      const heard = observations.map(({ ephid, time_unix }: { ephid: string; time_unix: number }) => ({
        ephId: fromHex(ephid),
        window: time.window(time_unix, window_minutes, epoch_minutes),
      }))
      for (const { release_unix, published: pairs, expect: expected } of matches) {
        const keys = pairs.map(({ w, seed }: { w: number; seed: string }) => ({ seed: fromHex(seed), window: w }))
        const found = hybrid
          .candidates(keys, heard, window_minutes / epoch_minutes)
          // What was heard after the release is the phone's to leave out.
          .filter(({ observation }) => observations[observation].time_unix < release_unix)
        const matched: Candidate[] = expected.matched.flatMap(({ obs, keys }: { obs: number; keys: number[] }) =>
          keys.map(key => ({ key, observation: obs })),
        )
        expect(sorted(found)).to.deep.equal(sorted(matched))
        compared += matched.length
      }
    }
    expect(compared).to.be.greaterThan(10)
  })

  it("candidates are what a double loop over all seeds and observations finds", () => {
    fc.assert(
      fc.property(
        fc.array(anyKey, { maxLength: 4 }),
        fc.array(anyObservation, { maxLength: 8 }),
        (keys, observations) => {
          expect(sorted(hybrid.candidates(keys, observations, 3))).to.deep.equal(naive(keys, observations, 3))
        },
      ),
    )
  })

  it("the order of seeds and observations does not matter", () => {
    checkOrderDoesNotMatter(anyKey, anyObservation, (keys, observations) => hybrid.candidates(keys, observations, 3))
  })

  it("an identifier heard twice matches twice, and a seed published twice too", () => {
    fc.assert(
      fc.property(octets(16), fc.nat(7), fc.integer({ min: 1, max: 3 }), anyU32, (seed, place, times, window) => {
        const keys = new Array(times).fill({ seed, window })
        const observations = new Array(times).fill({ ephId: hybrid.ephIds(seed)[place]!, window })
        expect(hybrid.candidates(keys, observations)).to.have.length(times * times)
      }),
    )
  })

  it("a seed never matches outside its window", () => {
    fc.assert(
      fc.property(octets(16), fc.nat(7), anyU32, anyU32, (seed, place, window, heardIn) => {
        const observations = [{ ephId: hybrid.ephIds(seed)[place]!, window: heardIn }]
        const found = hybrid.candidates([{ seed, window }], observations)
        expect(found).to.deep.equal(heardIn === window ? [{ key: 0, observation: 0 }] : [])
      }),
    )
  })
})
