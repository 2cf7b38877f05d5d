import { createCipheriv, createHash, createHmac } from "node:crypto"
import { expect } from "chai"
import fc from "fast-check"
import { type Candidate, compare, fromHex, hex, lowCost, sha256, time } from "../../src/crypto/index.ts"
import { anyU32, octets, seeded } from "./draws.ts"
import { checkOrderDoesNotMatter, sorted } from "./pairs.ts"
import { published } from "./published.ts"

const divisors = Array.from({ length: 1440 }, (_, i) => i + 1).filter(epochs => 1440 % epochs === 0)

/** Days 100 … 103, few keys and few identifiers a day, so that matches, duplicates and near misses are all common. */
const secrets = ["a", "b", "c"].map(label => seeded(label).bytes(32))
const anyDay = fc.integer({ min: 100, max: 103 })
const anyKey = fc.record({ dayKey: fc.constantFrom(...secrets), firstDay: anyDay, lastDay: anyDay })
const anyObservation = fc
  .record({ secret: fc.constantFrom(...secrets), steps: fc.nat(3), place: fc.nat(2), day: anyDay })
  .map(({ secret, steps, place, day }) => {
    let key: Uint8Array = secret
    for (let i = 0; i < steps; i++) key = lowCost.nextDayKey(key)
    return { ephId: lowCost.ephIds(key, 3)[place]!, day }
  })

/** Every key with every observation, by the schedule functions alone. */
function naive(
  keys: readonly lowCost.PublishedDayKey[],
  observations: readonly lowCost.DayObservation[],
  epochsPerDay: number,
): Candidate[] {
  const found: Candidate[] = []
  keys.forEach(({ dayKey, firstDay, lastDay }, key) => {
    observations.forEach(({ ephId, day }, observation) => {
      if (day < firstDay || day > lastDay) return
      let current = dayKey
      for (let at = firstDay; at < day; at++) current = lowCost.nextDayKey(current)
      for (const own of lowCost.ephIds(current, epochsPerDay))
        if (compare(own, ephId) === 0) found.push({ key, observation })
    })
  })
  return found
}

describe("crypto/low-cost", () => {
  it("the chains and identifiers are those of the reference implementation", () => {
    for (const { sk0, epochs_per_day, chain, days } of published("lowcost-public").cases) {
      let key: Uint8Array = fromHex(sk0)
      for (const { t, sk, ephids_sha256 } of chain) {
        expect(hex(key)).to.equal(sk)
        const ephIds = lowCost.ephIds(key, epochs_per_day)
        expect(hex(sha256(...ephIds))).to.equal(ephids_sha256)
        for (const day of days) if (day.t === t) expect(ephIds.map(hex)).to.deep.equal(day.ephids)
        key = lowCost.nextDayKey(key)
      }
    }
  })

  it("the published values of DP-3T come out, at 96 epochs a day unless told otherwise", () => {
    const { keys } = published("reference-published").lowcost
    for (const { sk, ephids } of keys) {
      const own = lowCost.ephIds(fromHex(sk))
      expect(own).to.have.length(96)
      for (const place of Object.keys(ephids)) expect(hex(own[Number(place)]!)).to.equal(ephids[place])
    }
    expect(hex(lowCost.nextDayKey(fromHex(keys[0].sk)))).to.equal(keys[1].sk)
  })

  it("SK_{t+1} = H(SK_t)", () => {
    fc.assert(
      fc.property(octets(32), dayKey => {
        expect(hex(lowCost.nextDayKey(dayKey))).to.equal(createHash("sha256").update(dayKey).digest("hex"))
      }),
    )
  })

  it('EphID_1 ‖ … ‖ EphID_n = AES-256-CTR(HMAC-SHA256(SK_t, "broadcast key"), 0¹⁶), for every n that divides a day', () => {
    fc.assert(
      fc.property(octets(32), fc.constantFrom(...divisors), (dayKey, epochsPerDay) => {
        const key = createHmac("sha256", dayKey).update("broadcast key").digest()
        const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(16 * epochsPerDay))
        const ephIds = lowCost.ephIds(dayKey, epochsPerDay)
        expect(ephIds).to.have.length(epochsPerDay)
        for (const ephId of ephIds) expect(ephId).to.have.length(16)
        expect(Buffer.concat(ephIds).equals(stream)).to.equal(true)
      }),
      { numRuns: 50 },
    )
  })

  it("an identifier is an array of its own", () => {
    const [first, second] = lowCost.ephIds(new Uint8Array(32))
    const before = hex(second!)
    first!.fill(0)
    expect(hex(second!)).to.equal(before)
    expect(first!.buffer.byteLength).to.equal(16)
  })

  it("epochs that do not divide a day are refused", () => {
    for (const epochs of [0, -1, 7, 1.5, 0.5, 1441, 2880, Number.NaN])
      expect(() => lowCost.ephIds(new Uint8Array(32), epochs)).to.throw(
        RangeError,
        `epochsPerDay: expected a whole number that divides 1440, got ${epochs}`,
      )
  })

  it("candidates are the matches of the reference implementation's scenarios", () => {
    let compared = 0
    for (const { steps } of published("match-scenarios-lowcost-public").scenarios) {
      const heard: { ephId: Uint8Array; day: number; bucketStart: number }[] = []
      for (const step of steps) {
        if (step.op === "observe")
          heard[step.obs] = {
            ephId: fromHex(step.ephid),
            day: step.expect_error ? 0 : time.day(step.time_unix),
            bucketStart: time.bucketStart(time.bucket(step.time_unix)),
          }
        if (step.op !== "match" || step.expect.error) continue
        const keys = step.keys.map(({ sk, start_unix }: { sk: string; start_unix: number }) => ({
          dayKey: fromHex(sk),
          firstDay: time.day(start_unix),
          lastDay: time.day(step.release_unix),
        }))
        // What the phone has deleted, and what it heard after the release, is the phone's to leave out.
        const counted = heard.map(
          ({ bucketStart }, obs) => bucketStart < step.release_unix && step.expect.reference_stored_unix[obs] !== null,
        )
        const found = lowCost.candidates(keys, heard).filter(({ observation }) => counted[observation])
        const expected = step.expect.matched.flatMap(({ obs, keys }: { obs: number; keys: number[] }) =>
          keys.map(key => ({ key, observation: obs })),
        )
        expect(sorted(found)).to.deep.equal(sorted(expected))
        compared += expected.length
      }
    }
    expect(compared).to.be.greaterThan(30)
  })

  it("candidates are what a double loop over all keys and observations finds", () => {
    fc.assert(
      fc.property(
        fc.array(anyKey, { maxLength: 4 }),
        fc.array(anyObservation, { maxLength: 8 }),
        (keys, observations) => {
          expect(sorted(lowCost.candidates(keys, observations, 3))).to.deep.equal(naive(keys, observations, 3))
        },
      ),
    )
  })

  it("the order of keys and observations does not matter", () => {
    checkOrderDoesNotMatter(anyKey, anyObservation, (keys, observations) => lowCost.candidates(keys, observations, 3))
  })

  it("an identifier heard twice matches twice, and a key published twice too", () => {
    fc.assert(
      fc.property(octets(32), fc.nat(95), fc.integer({ min: 1, max: 3 }), anyU32, (dayKey, place, times, day) => {
        const keys = new Array(times).fill({ dayKey, firstDay: day, lastDay: day })
        const observations = new Array(times).fill({ ephId: lowCost.ephIds(dayKey)[place]!, day })
        expect(lowCost.candidates(keys, observations)).to.have.length(times * times)
      }),
      { numRuns: 30 },
    )
  })

  it("a key matches on its first and its last day, and never outside them", () => {
    const dayKey = secrets[0]!
    const keys = [{ dayKey, firstDay: 101, lastDay: 102 }]
    const chain = [dayKey, lowCost.nextDayKey(dayKey), lowCost.nextDayKey(lowCost.nextDayKey(dayKey))]
    const on = (steps: number, day: number) =>
      lowCost.candidates(keys, [{ ephId: lowCost.ephIds(chain[steps]!)[0]!, day }])
    expect(on(0, 101)).to.deep.equal([{ key: 0, observation: 0 }])
    expect(on(1, 102)).to.deep.equal([{ key: 0, observation: 0 }])
    for (const [steps, day] of [
      [0, 100],
      [0, 102],
      [1, 101],
      [2, 103],
      [1, 103],
    ] as const)
      expect(on(steps, day), `key of step ${steps} on day ${day}`).to.deep.equal([])
  })

  it("a key that ends before it begins matches nothing, and neither do empty lists", () => {
    const ephId = lowCost.ephIds(secrets[0]!)[0]!
    const reversed = [{ dayKey: secrets[0]!, firstDay: 101, lastDay: 100 }]
    expect(lowCost.candidates(reversed, [{ ephId, day: 101 }])).to.deep.equal([])
    expect(lowCost.candidates([], [{ ephId, day: 101 }])).to.deep.equal([])
    expect(lowCost.candidates([{ dayKey: secrets[0]!, firstDay: 0, lastDay: 2 ** 32 - 1 }], [])).to.deep.equal([])
  })
})
