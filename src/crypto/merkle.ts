import { equal } from "./bytes.ts"
import { sha256 } from "./hash.ts"

/** A node of an RFC 6962 tree: 32 bytes. */
export type Hash = Uint8Array

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** MTH({d}) = H(0x00 ‖ d)  (RFC 6962 2.1) */
export const leafHash = (data: Uint8Array): Hash => sha256(LEAF, data)

/** H(0x01 ‖ left ‖ right)  (RFC 6962 2.1) */
export const nodeHash = (left: Hash, right: Hash): Hash => sha256(NODE, left, right)

/** MTH({}) = H()  (RFC 6962 2.1) */
export const emptyRoot = (): Hash => sha256()

/**
 * Where proofs take their hashes from: the node over the leaves [index·2^level, (index+1)·2^level), all present.
 * @throws whatever the source throws when it does not have the node
 */
export type NodeReader = (level: number, index: number) => Hash

/** The largest power of two smaller than n, as its exponent; n ≥ 2. */
function splitLevel(n: number): number {
  let level = 0
  while (2 ** (level + 1) < n) level++
  return level
}

/** MTH(D[from : from + size]) where `from` is a multiple of the largest power of two ≤ size. */
function subtree(from: number, size: number, node: NodeReader): Hash {
  if (size === 1) return node(0, from)
  const level = splitLevel(size)
  const left = 2 ** level
  if (size === 2 * left) return node(level + 1, from / size)
  return nodeHash(node(level, from / left), subtree(from + left, size - left, node))
}

/** MTH(D[0 : size])  (RFC 6962 2.1) */
export const root = (size: number, node: NodeReader): Hash => (size === 0 ? emptyRoot() : subtree(0, size, node))

/** PATH(index, D[size])  (RFC 6962 2.1.1) */
export function inclusionProof(index: number, size: number, node: NodeReader): Hash[] {
  if (index < 0 || index >= size) throw new RangeError(`index: expected 0 to ${size - 1}, got ${index}`)
  const proof: Hash[] = []
  let from = 0
  let n = size
  while (n > 1) {
    const left = 2 ** splitLevel(n)
    if (index - from < left) {
      proof.push(subtree(from + left, n - left, node))
      n = left
    } else {
      proof.push(subtree(from, left, node))
      from += left
      n -= left
    }
  }
  return proof.reverse()
}

/** PROOF(oldSize, D[size])  (RFC 6962 2.1.2) */
export function consistencyProof(oldSize: number, size: number, node: NodeReader): Hash[] {
  if (oldSize < 0 || oldSize > size) throw new RangeError(`oldSize: expected 0 to ${size}, got ${oldSize}`)
  if (oldSize === 0 || oldSize === size) return []
  const proof: Hash[] = []
  let from = 0
  let n = size
  let m = oldSize
  let whole = true
  while (m !== n) {
    const left = 2 ** splitLevel(n)
    if (m <= left) {
      proof.push(subtree(from + left, n - left, node))
      n = left
    } else {
      proof.push(subtree(from, left, node))
      from += left
      n -= left
      m -= left
      whole = false
    }
  }
  if (!whole) proof.push(subtree(from, m, node))
  return proof.reverse()
}

/** Two neighbours cut at another place would hash to the same node. */
const isHash = (input: Uint8Array): boolean => input.length === 32

const isOdd = (n: number): boolean => n % 2 === 1
const half = (n: number): number => Math.floor(n / 2)

/** Whether the leaf hash stands at `index` of the tree (RFC 9162 2.1.3.2). Sizes up to 2⁵³−1. */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Hash,
  proof: readonly Hash[],
  expectedRoot: Hash,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false
  if (![leaf, ...proof].every(isHash)) return false
  let fn = index
  let sn = size - 1
  let hash = leaf
  for (const sibling of proof) {
    if (sn === 0) return false
    if (isOdd(fn) || fn === sn) {
      hash = nodeHash(sibling, hash)
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else hash = nodeHash(hash, sibling)
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && equal(hash, expectedRoot)
}

/** Whether the first `oldSize` leaves of the tree are those of the old tree (RFC 9162 2.1.4.2). */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Hash,
  newRoot: Hash,
  proof: readonly Hash[],
): boolean {
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(size) || oldSize < 0 || oldSize > size) return false
  if (!proof.every(isHash)) return false
  if (oldSize === size) return proof.length === 0 && equal(oldRoot, newRoot)
  if (oldSize === 0) return proof.length === 0 && equal(oldRoot, emptyRoot())
  let fn = oldSize - 1
  let sn = size - 1
  while (isOdd(fn)) {
    fn = half(fn)
    sn = half(sn)
  }
  // Where the old tree is a complete subtree of the new one, its root is not repeated in the proof.
  const path = fn === 0 ? [oldRoot, ...proof] : [...proof]
  const first = path.shift()
  if (first === undefined) return false
  let fr = first
  let sr = first
  for (const sibling of path) {
    if (sn === 0) return false
    if (isOdd(fn) || fn === sn) {
      fr = nodeHash(sibling, fr)
      sr = nodeHash(sibling, sr)
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else sr = nodeHash(sr, sibling)
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && equal(fr, oldRoot) && equal(sr, newRoot)
}
