import { blake2b } from "@noble/hashes/blake2.js"
import { hkdf } from "@noble/hashes/hkdf.js"
import { hmac } from "@noble/hashes/hmac.js"
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js"
import { concat, requireByteArray, requireWhole } from "./bytes.ts"

/** The longest output of HKDF-SHA256: 255 blocks (RFC 5869 2.3). */
const HKDF_MAX_BYTES = 255 * 32

/** H of the protocol: SHA-256 of the parts, one after the other. */
export function sha256(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const state = nobleSha256.create()
  parts.forEach((part, i) => {
    requireByteArray(`parts[${i}]`, part)
    state.update(part)
  })
  return state.digest() as Uint8Array<ArrayBuffer>
}

/** HMAC-SHA256 (RFC 2104), 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  requireByteArray("key", key)
  requireByteArray("message", message)
  return hmac(nobleSha256, key, message) as Uint8Array<ArrayBuffer>
}

/** HKDF-SHA256 (RFC 5869) without a salt, as GAEN uses it. @param length 1 to 8160 bytes */
export function hkdfSha256(ikm: Uint8Array, info: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  requireByteArray("ikm", ikm)
  requireByteArray("info", info)
  requireWhole("length", length, 1, HKDF_MAX_BYTES)
  return hkdf(nobleSha256, ikm, undefined, info, length) as Uint8Array<ArrayBuffer>
}

/** BLAKE2b with a digest of 24 bytes, unkeyed: the nonce of libsodium's sealed box. */
export function blake2b24(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return blake2b(concat(...parts), { dkLen: 24 }) as Uint8Array<ArrayBuffer>
}
