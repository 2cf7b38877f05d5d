import { expect } from "chai"
import fc from "fast-check"
import { fromHex, hex, merkle, u32 } from "../../src/crypto/index.ts"
import { vectors } from "../protocol/vectors.ts"
import { expectConsistencies, expectInclusions, expectOnlyProof, nodesOf, plainRoot, sparseNodes } from "./trees.ts"

const SIZES = 130
const leaves = Array.from({ length: SIZES }, (_, i) => merkle.leafHash(u32(i)))
const node = nodesOf(leaves)
const roots = Array.from({ length: SIZES + 1 }, (_, n) => plainRoot(leaves.slice(0, n)))

describe("the tree of eight leaves that Certificate Transparency is tested with", () => {
  const { merkle: tree } = vectors
  const hashes = tree.leaves.map(leaf => merkle.leafHash(fromHex(leaf)))
  const nodes = nodesOf(hashes)

  it("has the published leaf hashes and roots", () => {
    expect(hashes.map(hex)).to.deep.equal(tree.leaf_hashes)
    expect(tree.roots.map((_, n) => hex(merkle.root(n, nodes)))).to.deep.equal(tree.roots)
    expect(tree.roots[0]).to.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    expect(tree.roots[8]).to.equal("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
  })

  it("has the inclusion proofs of the vector, and they verify", () => {
    for (const { index, size, proof } of tree.inclusion) {
      expect(merkle.inclusionProof(index, size, nodes).map(hex)).to.deep.equal(proof)
      const root = fromHex(tree.roots[size]!)
      expect(merkle.verifyInclusion(index, size, hashes[index]!, proof.map(fromHex), root)).to.equal(true)
    }
  })

  it("has the consistency proofs of the vector, and they verify", () => {
    for (const { old_size, size, proof } of tree.consistency) {
      expect(merkle.consistencyProof(old_size, size, nodes).map(hex)).to.deep.equal(proof)
      const [from, to] = [tree.roots[old_size]!, tree.roots[size]!].map(fromHex) as [Uint8Array, Uint8Array]
      expect(merkle.verifyConsistency(old_size, size, from, to, proof.map(fromHex))).to.equal(true)
    }
  })
})

describe("a Merkle tree", () => {
  it("has the root of the definition for every size", () => {
    for (let n = 0; n <= SIZES; n++) expect(hex(merkle.root(n, node)), `${n}`).to.equal(hex(roots[n]!))
  })

  // All sizes up to 130 are tried in test/slow.
  it("proves every leaf of every size up to 66, under its own root, place and size only", () => {
    for (let size = 1; size <= 66; size++) expectInclusions(size, leaves, roots)
  })

  it("proves that every size up to 66 holds every older one, under their own roots only", () => {
    for (let size = 0; size <= 66; size++) expectConsistencies(size, leaves, roots)
  })

  it("refuses every inclusion proof with a changed, added, removed, exchanged or recut hash", () => {
    for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 21, 64, 127, 128, 129, 130])
      for (const index of new Set([0, 1, size >> 1, size - 2, size - 1].filter(i => i >= 0 && i < size))) {
        const proof = merkle.inclusionProof(index, size, node)
        expectOnlyProof(
          proof,
          given => merkle.verifyInclusion(index, size, leaves[index]!, given, roots[size]!),
          `${index} of ${size}`,
        )
      }
  })

  it("refuses every consistency proof with a changed, added, removed, exchanged or recut hash", () => {
    for (const size of [2, 3, 4, 5, 7, 8, 9, 21, 64, 127, 128, 129, 130])
      for (const old of new Set([1, 2, 3, size >> 1, size - 1, size].filter(m => m > 0 && m <= size))) {
        const proof = merkle.consistencyProof(old, size, node)
        expectOnlyProof(
          proof,
          given => merkle.verifyConsistency(old, size, roots[old]!, roots[size]!, given),
          `${old} in ${size}`,
        )
      }
  })

  it("refuses a leaf hash of another length", () => {
    const proof = merkle.inclusionProof(0, 2, node)
    const both = Uint8Array.of(...leaves[0]!, ...proof[0]!)
    expect(merkle.verifyInclusion(0, 2, both.slice(0, 33), [both.slice(33)], roots[2]!)).to.equal(false)
    expect(merkle.verifyInclusion(0, 2, both, [new Uint8Array(0)], roots[2]!)).to.equal(false)
  })

  it("does not confuse a leaf with a node", () => {
    const data = Uint8Array.of(...leaves[0]!, ...leaves[1]!)
    expect(hex(merkle.leafHash(data))).not.to.equal(hex(merkle.nodeHash(leaves[0]!, leaves[1]!)))
  })

  it("answers no, and does not throw, to numbers that are no place or size", () => {
    const odd = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.double(),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, Number.MAX_SAFE_INTEGER),
    )
    const isCount = (n: number) => Number.isSafeInteger(n) && n >= 0
    fc.assert(
      fc.property(odd, odd, (a, b) => {
        const included = merkle.verifyInclusion(a, b, leaves[0]!, [leaves[1]!], roots[2]!)
        expect(included).to.equal(a === 0 && b === 2)
        const consistent = merkle.verifyConsistency(a, b, roots[1]!, roots[2]!, [leaves[1]!])
        if (!isCount(a) || !isCount(b) || a > b) expect(consistent).to.equal(false)
      }),
      { numRuns: 150 },
    )
  })

  it("makes no proof of what is not there", () => {
    for (const [index, size] of [
      [0, 0],
      [5, 5],
      [-1, 5],
    ] as const)
      expect(() => merkle.inclusionProof(index, size, node)).to.throw(RangeError)
    expect(() => merkle.consistencyProof(6, 5, node)).to.throw(RangeError)
    expect(() => merkle.consistencyProof(-1, 5, node)).to.throw(RangeError)
  })
})

describe("a Merkle tree of up to 2^40 leaves", () => {
  const [leaf, others] = [merkle.leafHash(u32(1)), merkle.leafHash(u32(0))]
  const sizes = fc.oneof(
    fc.integer({ min: 2, max: 2 ** 40 }),
    fc
      .tuple(fc.integer({ min: 1, max: 39 }), fc.constantFrom(-1, 0, 1))
      .map(([level, by]) => Math.max(2, 2 ** level + by)),
  )
  const part = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  it("proves its one different leaf, at its place and no other", () => {
    fc.assert(
      fc.property(sizes, part, part, (size, where, elsewhere) => {
        const place = Math.floor(where * size)
        const node = sparseNodes(place, leaf, others)
        const proof = merkle.inclusionProof(place, size, node)
        const root = merkle.root(size, node)
        expect(merkle.verifyInclusion(place, size, leaf, proof, root)).to.equal(true)
        const other = Math.floor(elsewhere * size)
        expect(merkle.verifyInclusion(other, size, leaf, proof, root)).to.equal(other === place)
        expect(merkle.verifyInclusion(place, size, others, proof, root)).to.equal(false)
        expect(merkle.verifyInclusion(place, size, leaf, proof.slice(1), root)).to.equal(proof.length === 0)
      }),
      { numRuns: 500 },
    )
  })

  it("proves that it begins with any smaller one, and with no other of that size", () => {
    fc.assert(
      fc.property(sizes, part, part, (size, where, cut) => {
        const oldSize = 1 + Math.floor(cut * size)
        const place = Math.floor(where * oldSize)
        const node = sparseNodes(place, leaf, others)
        const proof = merkle.consistencyProof(oldSize, size, node)
        const [before, after] = [merkle.root(oldSize, node), merkle.root(size, node)]
        expect(merkle.verifyConsistency(oldSize, size, before, after, proof)).to.equal(true)
        const forged = merkle.root(oldSize, sparseNodes(2 ** 41, leaf, others))
        expect(merkle.verifyConsistency(oldSize, size, forged, after, proof)).to.equal(false)
      }),
      { numRuns: 500 },
    )
  })
})
