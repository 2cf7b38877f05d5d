import { expect } from "chai"
import fc from "fast-check"
import { fromHex, hex } from "../../src/crypto/index.ts"
import {
  encodeAuthorityKeys,
  encodeIngestKeys,
  encodeLeaf,
  INGEST_KEYS_BYTES,
  ingestKeyFor,
  KEYS_PER_LIST,
  LEAF_BYTES,
  LEAF_TYPES,
  type LeafType,
  leafOf,
  parseAuthorityKeys,
  parseIngestKeys,
  parseLeaf,
} from "../../src/protocol/index.ts"
import { expectOneLength, expectOneSpelling, refusal } from "./damage.ts"
import { vectors } from "./vectors.ts"

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })

describe("the list of the authority's keys", () => {
  const keys = vectors.authority_keys.keys.map(fromHex)
  const file = fromHex(vectors.authority_keys.file)

  it("has the bytes of the vector, and comes back from them", () => {
    expect(encodeAuthorityKeys(keys)).to.deep.equal(file)
    expect(parseAuthorityKeys(file)).to.deep.equal(keys)
    fc.assert(
      fc.property(fc.array(bytes(32), { minLength: 1, maxLength: 16 }), list => {
        expect(parseAuthorityKeys(encodeAuthorityKeys(list))).to.deep.equal(list)
      }),
    )
  })

  it("is refused when cut or longer, and has one spelling; a changed key is for the leaf's hash to refuse", () => {
    expectOneLength(file, parseAuthorityKeys)
    expectOneSpelling(file, changed => encodeAuthorityKeys(parseAuthorityKeys(changed)))
  })

  it("is not made of no key, of seventeen, or of one with a wrong length", () => {
    expect(() => encodeAuthorityKeys([])).to.throw(RangeError)
    expect(() => encodeAuthorityKeys(Array.from({ length: 17 }, () => keys[0]!))).to.throw(RangeError)
    expect(() => encodeAuthorityKeys([new Uint8Array(31)])).to.throw(RangeError, /keys/)
  })
})

describe("the list of ingest keys", () => {
  const { first_bucket: firstBucket } = vectors.ingest_keys
  const keys = vectors.ingest_keys.keys.map(fromHex)
  const file = fromHex(vectors.ingest_keys.file)

  it("has the bytes of the vector, and comes back from them", () => {
    expect(encodeIngestKeys({ firstBucket, keys })).to.deep.equal(file)
    expect(file).to.have.length(INGEST_KEYS_BYTES)
    expect(parseIngestKeys(file)).to.deep.equal({ firstBucket, keys })
  })

  it("gives each bucket its key, and none to a bucket outside", () => {
    const list = parseIngestKeys(file)
    for (let i = 0; i < KEYS_PER_LIST; i++) expect(ingestKeyFor(list, firstBucket + i)).to.deep.equal(keys[i])
    for (const outside of [firstBucket - 1, firstBucket + KEYS_PER_LIST, 0, 2 ** 32 - 1])
      expect(ingestKeyFor(list, outside)).to.equal(undefined)
  })

  it("is refused when cut or longer, and has one spelling; a changed key is for the leaf's hash to refuse", () => {
    expectOneLength(file, parseIngestKeys)
    expectOneSpelling(file, changed => encodeIngestKeys(parseIngestKeys(changed)))
  })

  it("is not made of another number of keys, or of one with a wrong length", () => {
    expect(() => encodeIngestKeys({ firstBucket, keys: keys.slice(1) })).to.throw(RangeError)
    expect(() => encodeIngestKeys({ firstBucket, keys: [new Uint8Array(33), ...keys.slice(1)] })).to.throw(
      RangeError,
      /keys/,
    )
  })
})

describe("a leaf", () => {
  const { bucket, design } = vectors.leaf
  const leaf = fromHex(vectors.leaf.leaf)

  it("has the bytes of the vector", () => {
    expect(hex(encodeLeaf(leafOf("batch", bucket, design, fromHex(vectors.leaf.file))))).to.equal(vectors.leaf.leaf)
    expect(leaf).to.have.length(LEAF_BYTES)
  })

  it("comes back from its bytes, with any length up to 2^53-1", () => {
    const types = fc.constantFrom(...(Object.keys(LEAF_TYPES) as LeafType[]))
    fc.assert(
      fc.property(
        types,
        u32,
        fc.integer({ min: 1, max: 255 }),
        fc.maxSafeNat(),
        bytes(32),
        (type, b, d, length, hash) => {
          const whole = { type, bucket: b, design: type === "batch" ? d : 0, length, hash }
          expect(parseLeaf(encodeLeaf(whole))).to.deep.equal(whole)
        },
      ),
    )
  })

  it("is refused when cut or longer, and has one spelling; the rest is for the tree's root to refuse", () => {
    for (const bytes of vectors.entries.leaves.map(fromHex)) {
      expectOneLength(bytes, parseLeaf)
      expectOneSpelling(bytes, changed => encodeLeaf(parseLeaf(changed)))
    }
  })

  it("is refused with a design where there is none, or without one where there is", () => {
    const changed = (at: number, value: number) => Uint8Array.from(leaf, (byte, i) => (i === at ? value : byte))
    expect(refusal(() => parseLeaf(changed(5, 0)))).to.equal("format")
    for (const type of [0, 2, 3, 4, 5]) expect(refusal(() => parseLeaf(changed(0, type)))).to.equal("format")
  })

  it("is not made with a hash of a wrong length", () => {
    expect(() => encodeLeaf({ type: "batch", bucket, design, length: 1, hash: new Uint8Array(31) })).to.throw(
      RangeError,
      /hash/,
    )
  })
})
