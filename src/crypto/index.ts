/**
 * Bytes in, bytes out: the four key schedules of DP-3T and GAEN, and the primitives the protocol is made of.
 * No clock, no dice, no input or output: randomness is an argument.
 * @module
 */

export { base64, fromBase64 } from "./base64.ts"
export {
  ascii,
  type Bytes,
  bytes,
  compare,
  concat,
  equal,
  fromAscii,
  fromHex,
  hex,
  requireByteArray,
  requireBytes,
  requireU32,
  u16,
  u32,
  u64,
} from "./bytes.ts"
export * as code from "./code.ts"
export * as cuckooFilter from "./cuckoo-filter.ts"
export type { Curves } from "./curves.ts"
export * as ecdsa from "./ecdsa.ts"
export { distinctHashes, FILTER_HASH_BYTES, FILTER_SALT_BYTES, type Filter, filterHash } from "./filter.ts"
export * as gaen from "./gaen.ts"
export { hkdfSha256, hmacSha256, sha256 } from "./hash.ts"
export * as hybrid from "./hybrid.ts"
export { type Candidate, EPHID_BYTES, type EphId } from "./identifiers.ts"
export * as kernel from "./kernel/index.ts"
export * as lowCost from "./low-cost.ts"
export * as merkle from "./merkle.ts"
export { checkedRandom, type Random, shuffle, uniform, uniforms, weighted } from "./random.ts"
export * as ribbonFilter from "./ribbon-filter.ts"
export * as sealedBox from "./sealed-box.ts"
export * as secretBox from "./secret-box.ts"
export * as signature from "./signature.ts"
export * as time from "./time.ts"
export * as unlinkable from "./unlinkable.ts"
