import { expect } from "chai"
import { hex, merkle } from "../../src/crypto/index.ts"

/** The definition of RFC 6962 2.1 over a list of leaf hashes, without any shortcut. */
export function plainRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return merkle.emptyRoot()
  if (leaves.length === 1) return leaves[0]!
  let k = 1
  while (2 * k < leaves.length) k *= 2
  return merkle.nodeHash(plainRoot(leaves.slice(0, k)), plainRoot(leaves.slice(k)))
}

/** The nodes of a complete tree, each computed once. */
export function nodesOf(leaves: readonly Uint8Array[]): merkle.NodeReader {
  const levels: Uint8Array[][] = [[...leaves]]
  for (let below = levels[0]!; below.length > 1; below = levels.at(-1)!)
    levels.push(
      Array.from({ length: Math.floor(below.length / 2) }, (_, i) => merkle.nodeHash(below[2 * i]!, below[2 * i + 1]!)),
    )
  return (level, index) => {
    const node = levels[level]?.[index]
    if (node === undefined) throw new Error(`the tree has no node ${index} at level ${level}`)
    return node
  }
}

/** Whether every leaf of a size is proved under its own root, place and size, and under no other. */
export function expectInclusions(size: number, leaves: readonly Uint8Array[], roots: readonly Uint8Array[]): void {
  const node = nodesOf(leaves.slice(0, size))
  for (let index = 0; index < size; index++) {
    const proof = merkle.inclusionProof(index, size, node)
    const verify = (i: number, n: number, leaf: number, root: number) =>
      merkle.verifyInclusion(i, n, leaves[leaf]!, proof, roots[root]!)
    expect(verify(index, size, index, size), `${index} of ${size}`).to.equal(true)
    const neighbour = (index + 1) % size
    if (neighbour !== index) expect(verify(index, size, neighbour, size)).to.equal(false)
    if (neighbour !== index) expect(verify(neighbour, size, index, size)).to.equal(false)
    expect(verify(index, size, index, size - 1)).to.equal(false)
  }
}

/** Whether a size holds every older one, under their own roots and no other. */
export function expectConsistencies(size: number, leaves: readonly Uint8Array[], roots: readonly Uint8Array[]): void {
  const node = nodesOf(leaves.slice(0, size))
  for (let old = 0; old <= size; old++) {
    const proof = merkle.consistencyProof(old, size, node)
    const verify = (from: number, to: number) => merkle.verifyConsistency(old, size, roots[from]!, roots[to]!, proof)
    expect(verify(old, size), `${old} in ${size}`).to.equal(true)
    expect(verify(old, size + 1 >= roots.length ? size - 1 : size + 1) && old > 0, `${old} in ${size}`).to.equal(false)
    const deeper = merkle.verifyConsistency(old, 2 * size + 1, roots[old]!, roots[size]!, proof)
    expect(deeper && old > 0, `${old} in ${2 * size + 1}`).to.equal(false)
    expect(verify(old === 0 ? 1 : old - 1, size), `${old} in ${size}`).to.equal(false)
  }
}

type Verify = (proof: readonly Uint8Array[]) => boolean

/** The proof holds, and no proof with a changed, missing, added or exchanged hash, or one of another length, does. */
export function expectOnlyProof(proof: readonly Uint8Array[], verify: Verify, what: string): void {
  expect(verify(proof), what).to.equal(true)
  for (const wrong of wrongProofs(proof)) expect(verify(wrong), `${what}, wrong: ${wrong.map(hex)}`).to.equal(false)
}

function* wrongProofs(proof: readonly Uint8Array[]): Generator<Uint8Array[]> {
  const zero = new Uint8Array(32)
  for (let i = 0; i <= proof.length; i++) {
    yield [...proof.slice(0, i), zero, ...proof.slice(i)]
    const hash = proof[i]
    if (hash === undefined) continue
    yield [...proof.slice(0, i), hash, ...proof.slice(i)]
    yield [...proof.slice(0, i), ...proof.slice(i + 1)]
    for (const at of [0, 31])
      yield proof.map((kept, k) => (k === i ? kept.map((b, n) => (n === at ? b ^ 1 : b)) : kept))
    yield proof.map((kept, k) => (k === i ? kept.subarray(0, 31) : kept))
    const next = proof[i + 1]
    if (next === undefined) continue
    yield [...proof.slice(0, i), next, hash, ...proof.slice(i + 2)]
    // The same bytes, cut at another place.
    const both = Uint8Array.of(...hash, ...next)
    yield [...proof.slice(0, i), both.slice(0, 31), both.slice(31), ...proof.slice(i + 2)]
    yield [...proof.slice(0, i), both.slice(0, 0), both, ...proof.slice(i + 2)]
  }
}

/** The nodes of a tree of any size all of whose leaves are the same but one. */
export function sparseNodes(place: number, leaf: Uint8Array, others: Uint8Array): merkle.NodeReader {
  const same: Uint8Array[] = [others]
  const sameAt = (level: number): Uint8Array => {
    for (let known = same.length; known <= level; known++)
      same.push(merkle.nodeHash(same[known - 1]!, same[known - 1]!))
    return same[level]!
  }
  const node: merkle.NodeReader = (level, index) => {
    if (Math.floor(place / 2 ** level) !== index) return sameAt(level)
    return level === 0 ? leaf : merkle.nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
  }
  return node
}
