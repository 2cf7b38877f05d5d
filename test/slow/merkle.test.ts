import { expect } from "chai"
import { hex, merkle, u32 } from "../../src/crypto/index.ts"
import { expectConsistencies, expectInclusions, nodesOf, plainRoot } from "../crypto/trees.ts"

const SIZES = 2000
const leaves = Array.from({ length: SIZES }, (_, i) => merkle.leafHash(u32(i)))
const node = nodesOf(leaves)

it(`roots and proofs hold for all sizes up to ${SIZES}`, function () {
  this.timeout(600_000)
  const roots = Array.from({ length: SIZES + 1 }, (_, n) => merkle.root(n, node))
  for (let size = 1; size <= SIZES; size++) {
    if (size % 50 < 2) expect(hex(roots[size]!)).to.equal(hex(plainRoot(leaves.slice(0, size))))
    // Every seventh leaf, from another one each time: over seven neighbouring sizes that is every leaf.
    for (let i = size % 7; i < size; i += 7) {
      const inclusion = merkle.inclusionProof(i, size, node)
      expect(merkle.verifyInclusion(i, size, leaves[i]!, inclusion, roots[size]!), `${i} of ${size}`).to.equal(true)
      const consistency = merkle.consistencyProof(i + 1, size, node)
      const consistent = merkle.verifyConsistency(i + 1, size, roots[i + 1]!, roots[size]!, consistency)
      expect(consistent, `${i + 1} in ${size}`).to.equal(true)
    }
  }
})

it("no proof holds under another root, place or size, for all sizes up to 130", () => {
  const first = leaves.slice(0, 130)
  const roots = Array.from({ length: 131 }, (_, n) => plainRoot(first.slice(0, n)))
  for (let size = 0; size <= 130; size++) {
    expectInclusions(size, first, roots)
    expectConsistencies(size, first, roots)
  }
})
