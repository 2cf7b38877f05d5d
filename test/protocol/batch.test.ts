import { expect } from "chai"
import fc from "fast-check"
import { compare, concat, fromHex, hex, sha256, u16, u32 } from "../../src/crypto/index.ts"
import { DESIGNS, type Design, encodeBatch, leafOf, parseBatch, type SecretBatch } from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { changes, expectOneLength, expectOneSpelling, refusal } from "./damage.ts"
import { designOf, vectors } from "./vectors.ts"

const { bucket } = vectors.parameters

function secretsOf({ design, groups }: SecretBatch): Map<number, Uint8Array[]> {
  const size = design.secretBytes
  return new Map(
    groups.map(({ slot, secrets }) => [
      slot,
      Array.from({ length: secrets.length / size }, (_, i) => secrets.slice(i * size, (i + 1) * size)),
    ]),
  )
}
const spell = (file: Uint8Array) => {
  const batch = parseBatch(file) as SecretBatch
  return encodeBatch(batch, secretsOf(batch))
}
const header = (design: Design) => ({ design, bucket, parametersHash: new Uint8Array(32), salt: new Uint8Array(16) })
const rawHeader = (design: Design, entries: number, groups: number) =>
  concat(Buffer.from("LNDG"), Uint8Array.of(1, design.code), u32(bucket), new Uint8Array(48), u32(entries), u16(groups))

for (const vector of vectors.batches) {
  const design = designOf(vector.design)
  const file = fromHex(vector.file)

  describe(`a ${vector.design} batch`, () => {
    it("has the bytes of the vector, whatever the order its secrets came in", () => {
      const given = Object.entries(vector.secrets).map(([slot, list]) => [Number(slot), list.map(fromHex)] as const)
      const head = { design, bucket, parametersHash: fromHex(vector.parameters_hash), salt: fromHex(vector.salt) }
      expect(hex(encodeBatch(head, new Map(given)))).to.equal(vector.file)
      const reversed = [...given].reverse()
      expect(hex(encodeBatch(head, new Map(reversed.map(([slot, list]) => [slot, [...list].reverse()]))))).to.equal(
        vector.file,
      )
      expect(parseBatch(file)).to.deep.include({ design, bucket, entries: 10 })
    })

    it("is refused when it is cut or longer, by its parser", () => {
      expectOneLength(file, parseBatch)
    })

    it("has one spelling: what parses after a change is another batch", () => {
      expectOneSpelling(file, spell)
    })

    it("is refused after any change of a byte by the hash in its leaf", () => {
      const { hash } = leafOf("batch", bucket, design.code, file)
      for (const { at, changed } of changes(file)) expect(compare(sha256(changed), hash), `byte ${at}`).not.to.equal(0)
    })

    it("comes back from its file: sorted, each secret once, empty groups left out", () => {
      const secret = fc.uint8Array({ minLength: design.secretBytes, maxLength: design.secretBytes })
      const given = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.array(secret, { maxLength: 6 })))
      fc.assert(
        fc.property(given, groups => {
          const secrets = new Map(groups.map(([slot, list]) => [slot, [...list, ...list]]))
          const batch = parseBatch(encodeBatch(header(design), secrets)) as SecretBatch
          const expected = [...secrets]
            .filter(([, list]) => list.length > 0)
            .sort(([a], [b]) => a - b)
            .map(([slot, list]) => [slot, [...new Set(list.map(hex))].sort()])
          expect([...secretsOf(batch)].map(([slot, list]) => [slot, list.map(hex)])).to.deep.equal(expected)
          expect(batch.entries).to.equal(expected.reduce((sum, [, list]) => sum + (list as string[]).length, 0))
        }),
      )
    })

    it("may be empty: a bucket in which nobody reported has a file too", () => {
      expect(parseBatch(encodeBatch(header(design), new Map()))).to.deep.include({ entries: 0, groups: [] })
    })
  })
}

for (const design of DESIGNS.filter(({ publishes }) => publishes === "secrets"))
  describe(`a hostile ${design.name} batch`, () => {
    const secret = (n: number) => new Uint8Array(design.secretBytes).fill(n)
    const group = (slot: number, ...secrets: number[]) => concat(u32(slot), u32(secrets.length), ...secrets.map(secret))

    it("that promises 2^32 entries fails at once, without an allocation of their size", () => {
      const before = process.memoryUsage().arrayBuffers
      for (const [entries, groups] of [
        [2 ** 32 - 1, 1],
        [10_000_000, 1],
        [0, 65_535],
        [2 ** 31, 65_535],
      ] as const)
        for (const tail of [new Uint8Array(0), concat(u32(1), u32(2 ** 32 - 1)), group(1, 1)])
          expect(refusal(() => parseBatch(concat(rawHeader(design, entries, groups), tail)))).to.equal("format")
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(2 ** 20)
    })

    const files: Record<string, Uint8Array> = {
      "groups out of order": concat(rawHeader(design, 2, 2), group(5, 1), group(4, 1)),
      "a group twice": concat(rawHeader(design, 2, 2), group(5, 1), group(5, 2)),
      "an empty group": concat(rawHeader(design, 1, 2), group(4), group(5, 1)),
      "secrets out of order": concat(rawHeader(design, 2, 1), group(5, 2, 1)),
      "a secret twice": concat(rawHeader(design, 2, 1), group(5, 1, 1)),
      "a group count beyond the file": concat(rawHeader(design, 1, 1), u32(5), u32(2 ** 32 - 1), secret(1)),
      "counts that do not add up": concat(rawHeader(design, 3, 2), group(5, 1), group(6, 1)),
      "a group more than its count": concat(rawHeader(design, 2, 1), group(5, 1), group(6, 1)),
      "an unknown design": concat(Buffer.from("LNDG"), Uint8Array.of(1, 4), u32(bucket), new Uint8Array(54)),
    }
    for (const [name, file] of Object.entries(files))
      it(`with ${name} is refused`, () => {
        expect(refusal(() => parseBatch(file))).to.equal("format")
      })
  })

it("a batch of a nation's worst day is encoded and parsed", function () {
  this.timeout(20_000)
  const design = designOf("low-cost")
  const dice = seeded(3)
  const secrets = Array.from({ length: 150_000 }, () => dice.bytes(32))
  const batch = parseBatch(encodeBatch(header(design), new Map([[20_000, secrets]])))
  expect(batch.entries).to.equal(150_000)
})

it("a batch is not made of a secret, salt or hash of a wrong length, but says which", () => {
  const design = designOf("hybrid")
  const one = new Map([[1, [new Uint8Array(16)]]])
  expect(() => encodeBatch(header(design), new Map([[1, [new Uint8Array(17)]]]))).to.throw(RangeError, /secret/)
  expect(() => encodeBatch({ ...header(design), salt: new Uint8Array(15) }, one)).to.throw(RangeError, /salt/)
  expect(() => encodeBatch({ ...header(design), parametersHash: new Uint8Array(31) }, one)).to.throw(
    RangeError,
    /parametersHash/,
  )
})
