import { expect } from "chai"
import { hex, time, unlinkable } from "../../src/crypto/index.ts"
import {
  type Batch,
  defaultParameters,
  designByName,
  entryOf,
  isAllowed,
  isPublished,
  parseBatch,
} from "../../src/protocol/index.ts"
import { Entries, makeBatch } from "../../src/server/batcher.ts"
import { FIRST_BUCKET, random } from "./world.ts"

const parameters = defaultParameters(FIRST_BUCKET, ["low-cost", "unlinkable", "hybrid"])

for (const name of ["low-cost", "unlinkable", "hybrid"] as const)
  describe(`a ${name} batch`, () => {
    const design = designByName(name)!
    const at = { design, bucket: FIRST_BUCKET, parameters, random }
    const slot = Math.floor((time.bucketStart(FIRST_BUCKET) - 86_400) / design.slotSeconds(parameters))
    const sizes = parameters.paddingSizes[name]!
    const draw = (count: number) => Array.from({ length: count }, () => random.bytes(design.secretBytes))
    const made = (secrets: readonly Uint8Array[], from = at): Batch => {
      const entries = new Entries()
      for (const secret of secrets) entries.add(slot, entryOf(design, slot, secret))
      return parseBatch(makeBatch(from, entries).file)
    }

    it("has a size of the public list, whatever is in it, and holds all that was put in", () => {
      for (const count of [0, 1, 5, 40, 300, 2000]) {
        const mine = draw(count)
        const batch = made(mine)
        expect(sizes, `${count} secrets`).to.include(batch.entries)
        expect(batch.entries).to.be.at.least(count)
        for (const secret of mine) expect(isPublished(batch, slot, secret)).to.equal(true)
      }
    })

    it("holds what is reported often once", () => {
      const [secret] = draw(1)
      const entries = new Entries()
      for (let i = 0; i < 3; i++) entries.add(slot, new Uint8Array(secret!))
      expect(entries.size).to.equal(1)
    })

    it("of nothing is at least twenty made-up reports, different each time, which phones take", () => {
      const [one, other] = [0, 1].map(() => made([]))
      expect(hex(one!.salt)).to.not.equal(hex(other!.salt))
      expect(one!.entries).to.be.at.least(20)
      expect(isAllowed(one!, parameters)).to.equal(true)
    })

    it("beyond the largest size of the list is published all the same", () => {
      const small = { ...parameters, paddingSizes: { [name]: [sizes[0]!] } }
      const count = 3 * sizes[0]!
      expect(made(draw(count), { ...at, parameters: small }).entries).to.be.greaterThan(count)
    })
  })

describe("a filter batch", () => {
  const design = designByName("unlinkable")!

  it("is a ribbon of the set's fingerprints, and holds what phones hear of the seeds, not the seeds", () => {
    const seed = random.bytes(32)
    const epoch = 8 * FIRST_BUCKET
    const entries = new Entries()
    entries.add(epoch, entryOf(design, epoch, seed))
    const batch = parseBatch(makeBatch({ design, bucket: FIRST_BUCKET, parameters, random }, entries).file)
    expect(batch.holds === "filter" && batch.kind).to.equal("ribbon")
    expect(batch.holds === "filter" && batch.filter.fingerprintBits).to.equal(42)
    const x = unlinkable.observationHash(unlinkable.ephId(seed), epoch)
    expect(hex(entryOf(design, epoch, seed))).to.equal(hex(x))
    expect(isPublished(batch, epoch, seed)).to.equal(true)
    expect(isPublished(batch, epoch + 1, seed), "in another epoch").to.equal(false)
  })

  it("takes another salt when the filter cannot be built, and gives up after eight", () => {
    const salts: string[] = []
    const watched = {
      bytes(n: number) {
        const drawn = random.bytes(n)
        if (n === 16) salts.push(hex(drawn))
        return drawn
      },
    }
    const tooShort = { ...parameters, fingerprintBits: 0 }
    const of = { design, bucket: FIRST_BUCKET, parameters: tooShort, random: watched }
    expect(() => makeBatch(of, new Entries())).to.throw(RangeError, /fingerprintBits/)
    expect(new Set(salts).size).to.equal(8)
  })
})
