import { createHash } from "node:crypto"
import { expect } from "chai"
import fc from "fast-check"
import { type Candidate, compare, fromHex, hex, time, unlinkable } from "../../src/crypto/index.ts"
import { anyU32, octets, seeded } from "./draws.ts"
import { checkOrderDoesNotMatter, sorted } from "./pairs.ts"
import { published } from "./published.ts"

const seeds = ["a", "b", "c"].map(label => seeded(label).bytes(32))
const anyEpoch = fc.integer({ min: 5, max: 7 })
const anyKey = fc.record({ seed: fc.constantFrom(...seeds), epoch: anyEpoch })
const anyObservation = anyKey.map(({ seed, epoch }) => ({
  hash: unlinkable.observationHash(unlinkable.ephId(seed), epoch),
}))

/** Every seed with every observation, by the schedule functions alone. */
function naive(
  keys: readonly unlinkable.RevealedSeed[],
  observations: readonly unlinkable.HashObservation[],
): Candidate[] {
  const found: Candidate[] = []
  keys.forEach(({ seed, epoch }, key) => {
    observations.forEach(({ hash }, observation) => {
      if (compare(unlinkable.observationHash(unlinkable.ephId(seed), epoch), hash) === 0)
        found.push({ key, observation })
    })
  })
  return found
}

describe("crypto/unlinkable", () => {
  it("identifiers and stored hashes are those of the reference implementation", () => {
    const { cases, days } = published("unlinkable-public")
    for (const { seed, ephid, items } of cases) {
      const ephId = unlinkable.ephId(fromHex(seed))
      expect(hex(ephId)).to.equal(ephid)
      for (const { epoch, item } of items) expect(hex(unlinkable.observationHash(ephId, epoch))).to.equal(item)
    }
    for (const { first_epoch, seeds, ephids, items } of days) {
      const own: Uint8Array[] = seeds.map((seed: string) => unlinkable.ephId(fromHex(seed)))
      expect(own.map(hex)).to.deep.equal(ephids)
      expect(own.map((ephId, i) => hex(unlinkable.observationHash(ephId, first_epoch + i)))).to.deep.equal(items)
    }
  })

  it("the published values of DP-3T come out", () => {
    const { seeds, items } = published("reference-published").unlinkable
    for (const { seed, ephid } of seeds) expect(hex(unlinkable.ephId(fromHex(seed)))).to.equal(ephid)
    for (const { ephid, epoch, item } of items)
      expect(hex(unlinkable.observationHash(fromHex(ephid), epoch))).to.equal(item)
  })

  it("EphID = LEFTMOST128(H(seed))", () => {
    fc.assert(
      fc.property(octets(32), seed => {
        const digest = createHash("sha256").update(seed).digest("hex")
        expect(hex(unlinkable.ephId(seed))).to.equal(digest.slice(0, 32))
      }),
    )
  })

  it("x = H(EphID ‖ u32 i)", () => {
    fc.assert(
      fc.property(octets(16), anyU32, (ephId, epoch) => {
        const number = Buffer.alloc(4)
        number.writeUInt32BE(epoch)
        const digest = createHash("sha256").update(ephId).update(number).digest("hex")
        expect(hex(unlinkable.observationHash(ephId, epoch))).to.equal(digest)
      }),
    )
  })

  it("an epoch that does not fit four bytes is refused, as in the reference implementation", () => {
    for (const epoch of [...published("unlinkable-public").invalid_epochs, 0.5, Number.NaN])
      expect(() => unlinkable.observationHash(new Uint8Array(16), epoch)).to.throw(
        RangeError,
        `epoch: expected an integer that fits u32, got ${epoch}`,
      )
  })

  it("candidates are the matches of the reference implementation's scenarios", () => {
    let compared = 0
    for (const { steps } of published("match-scenarios-unlinkable-public").scenarios) {
      const heard: { hash: Uint8Array; refused: boolean }[] = []
      for (const step of steps) {
        if (step.op === "observe")
          heard[step.obs] = {
            hash: unlinkable.observationHash(fromHex(step.ephid), time.epoch(step.time_unix)),
            refused: step.expect_error !== undefined,
          }
        if (step.op !== "match") continue
        const keys = step.persons.flatMap(({ epochs, seeds }: { epochs: number[]; seeds: string[] }) =>
          epochs.map((epoch, i) => ({ epoch, seed: fromHex(seeds[i]!) })),
        )
        const found = unlinkable.candidates(keys, heard).filter(({ observation }) => !heard[observation]!.refused)
        expect([...new Set(found.map(({ observation }) => observation))].sort((a, b) => a - b)).to.deep.equal(
          step.expect.matched,
        )
        compared += step.expect.matched.length
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
          expect(sorted(unlinkable.candidates(keys, observations))).to.deep.equal(naive(keys, observations))
        },
      ),
    )
  })

  it("the order of seeds and observations does not matter", () => {
    checkOrderDoesNotMatter(anyKey, anyObservation, (keys, observations) => unlinkable.candidates(keys, observations))
  })

  it("a beacon stored twice matches twice, and a seed revealed twice too", () => {
    fc.assert(
      fc.property(octets(32), fc.integer({ min: 1, max: 3 }), anyU32, (seed, times, epoch) => {
        const hash = unlinkable.observationHash(unlinkable.ephId(seed), epoch)
        const keys = new Array(times).fill({ seed, epoch })
        expect(unlinkable.candidates(keys, new Array(times).fill({ hash }))).to.have.length(times * times)
      }),
    )
  })

  it("a seed never matches in another epoch", () => {
    fc.assert(
      fc.property(octets(32), anyU32, anyU32, (seed, epoch, heardIn) => {
        const observations = [{ hash: unlinkable.observationHash(unlinkable.ephId(seed), heardIn) }]
        const found = unlinkable.candidates([{ seed, epoch }], observations)
        expect(found).to.deep.equal(heardIn === epoch ? [{ key: 0, observation: 0 }] : [])
      }),
    )
  })
})
