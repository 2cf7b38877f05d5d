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
