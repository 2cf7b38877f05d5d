import { expect } from "chai"
import fc from "fast-check"
import { concat, filterHash, fromHex, hex, u16, u32 } from "../../src/crypto/index.ts"
import {
  defaultParameters,
  designByName,
  encodeFilterBatch,
  entryOf,
  type FilterBatch,
  type FilterKind,
  isAllowed,
  isPublished,
  mayContain,
  parseBatch,
} from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { expectOneLength, refusal, someChanges } from "./damage.ts"
import { vectors } from "./vectors.ts"

const { bucket } = vectors.parameters
const design = designByName("unlinkable")!
const header = { design, bucket, parametersHash: new Uint8Array(32), salt: new Uint8Array(16).fill(7) }
const parse = (file: Uint8Array): FilterBatch => parseBatch(file) as FilterBatch
const HEADER_BYTES = 64
const draw = (count: number, seed = 1): Uint8Array[] => {
  const dice = seeded(seed)
  return Array.from({ length: count }, () => dice.bytes(32))
}

for (const vector of vectors.filter_batches) {
  const file = fromHex(vector.file)
  const seeds = Object.entries(vector.seeds).flatMap(([epoch, list]) =>
    list.map(seed => ({ epoch: Number(epoch), seed: fromHex(seed) })),
  )
  const items = [...vector.items, ...vector.made_up].map(fromHex)
  const head = { design, bucket, parametersHash: fromHex(vector.parameters_hash), salt: fromHex(vector.salt) }

  describe(`a batch that is a ${vector.kind} filter`, () => {
    it("has the bytes of the vector, whatever the order and number of times its items came in", () => {
      const spell = (given: readonly Uint8Array[]) =>
        hex(encodeFilterBatch(head, given, vector.fingerprint_bits, vector.kind))
      expect(spell(items)).to.equal(vector.file)
      expect(spell([...items, ...items].reverse())).to.equal(vector.file)
    })

    it("holds the x of every seed, in its epoch and in no other", () => {
      const batch = parse(file)
      expect(seeds.map(({ epoch, seed }) => hex(entryOf(design, epoch, seed))).sort()).to.deep.equal(
        [...vector.items].sort(),
      )
      for (const { epoch, seed } of seeds) {
        expect(isPublished(batch, epoch, seed)).to.equal(true)
        expect(isPublished(batch, epoch + 9, seed)).to.equal(false)
      }
      expect(batch).to.deep.include({ holds: "filter", kind: vector.kind, bucket, entries: items.length })
    })

    it("is refused when it is cut or longer, by its parser", () => {
      expectOneLength(file, parseBatch)
    })

    it("has one spelling: what parses after a change is another batch, with the same bytes when it is written again", () => {
      for (const { at, changed } of someChanges(file, 80, 5)) {
        const refused = refusal(() => {
          const batch = parse(changed)
          const again = concat(changed.subarray(0, HEADER_BYTES), batch.filter.bytes())
          expect(Buffer.compare(again, changed), `byte ${at}`).to.equal(0)
        })
        expect(refused ?? "format", `byte ${at}`).to.equal("format")
      }
    })
  })
}

describe("a filter batch", () => {
  it("of any items, in both filters, holds every one of them, and counts each once", () => {
    const item = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const kind = fc.constantFrom<FilterKind>("ribbon", "cuckoo")
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), kind, fc.integer({ min: 16, max: 64 }), (items, which, f) => {
        const batch = parse(encodeFilterBatch(header, [...items, ...items.slice(0, 3)], f, which))
        expect(batch.kind).to.equal(which)
        expect(batch.filter.fingerprintBits).to.equal(f)
        expect(batch.entries).to.equal(new Set(items.map(hex)).size)
        for (const x of items) expect(mayContain(batch, x)).to.equal(true)
      }),
      { numRuns: 60 },
    )
  })

  it("does not show its items, and answers no for others", () => {
    const items = draw(300)
    const file = encodeFilterBatch(header, items, 42)
    const bytes = Buffer.from(file)
    for (const x of items) {
      expect(bytes.includes(hex(x.subarray(0, 8)), 0, "hex")).to.equal(false)
      expect(bytes.includes(hex(filterHash(header.salt, x).subarray(0, 8)), 0, "hex")).to.equal(false)
    }
    const batch = parse(file)
    expect(draw(5000, 2).filter(x => mayContain(batch, x))).to.deep.equal([])
  })

  it("of the same items looks different in the next bucket", () => {
    const items = draw(30)
    const [one, other] = [1, 2].map(n =>
      parse(encodeFilterBatch({ ...header, salt: new Uint8Array(16).fill(n) }, items, 42)).filter.bytes(),
    )
    expect(hex(one!)).not.to.equal(hex(other!))
  })

  it("is taken by a phone only with fingerprints of the length that its parameter set says", () => {
    const parameters = defaultParameters(0, ["unlinkable"])
    const allowed = (f: number, kind: FilterKind) =>
      isAllowed(parse(encodeFilterBatch(header, draw(9), f, kind)), parameters)
    for (const kind of ["ribbon", "cuckoo"] as const)
      expect([41, 42, 43].map(f => allowed(f, kind))).to.deep.equal([false, true, false])
  })

  it("is not made of another design's batch, nor of an item of a wrong length", () => {
    const other = { ...header, design: designByName("hybrid")! }
    expect(() => encodeFilterBatch(other, [], 42)).to.throw(RangeError, /design/)
    expect(() => encodeFilterBatch(header, [new Uint8Array(31)], 42)).to.throw(RangeError, /x/)
    expect(() => encodeFilterBatch(header, [], 65)).to.throw(RangeError, /fingerprintBits/)
  })
})

describe("a hostile filter batch", () => {
  const raw = (entries: number, groups: number, filter: Uint8Array) =>
    concat(
      Buffer.from("LNDG"),
      Uint8Array.of(1, design.code),
      u32(bucket),
      new Uint8Array(48),
      u32(entries),
      u16(groups),
      filter,
    )
  const ribbon = parse(encodeFilterBatch(header, draw(300), 42)).filter.bytes()
  const cuckoo = parse(encodeFilterBatch(header, draw(300), 42, "cuckoo")).filter.bytes()
  const tiny = concat(Uint8Array.of(15, 4), u32(1), new Uint8Array(8))

  it("is only as in this test when nothing is wrong with it", () => {
    for (const filter of [ribbon, cuckoo]) expect(refusal(() => parseBatch(raw(300, 1, filter)))).to.equal(undefined)
  })

  const files: Record<string, Uint8Array> = {
    "no group": raw(300, 0, ribbon),
    "two groups": raw(300, 2, ribbon),
    "nothing behind its header": raw(0, 1, new Uint8Array(0)),
    "a filter of an unknown kind": raw(
      300,
      1,
      ribbon.map((byte, i) => (i === 1 ? 2 : byte)),
    ),
    "fingerprints that match strangers": raw(1, 1, tiny),
    "more items than its ribbon can hold": raw(400, 1, ribbon),
    "fewer items than its ribbon was built for": raw(150, 1, ribbon),
    "more items than its cuckoo filter can hold": raw(600, 1, cuckoo),
    "more entries than any batch": raw(10_000_001, 1, ribbon),
    "a filter that promises more cells than there are": raw(
      300,
      1,
      concat(ribbon.subarray(0, 3), u32(2 ** 32 - 8), ribbon.subarray(7)),
    ),
    "a filter that promises more slots than there are": raw(
      300,
      1,
      concat(cuckoo.subarray(0, 2), u32(2 ** 31), cuckoo.subarray(6)),
    ),
    "secrets in place of a filter": raw(1, 1, concat(u32(5), u32(1), new Uint8Array(32))),
  }
  for (const [name, file] of Object.entries(files))
    it(`with ${name} is refused, without an allocation of its promise`, () => {
      const before = process.memoryUsage().arrayBuffers
      expect(refusal(() => parseBatch(file))).to.equal("format")
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(2 ** 20)
    })
})
