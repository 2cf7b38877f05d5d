import nacl from "tweetnacl"
import { type Bytes, ofThisRealm, requireByteArray, requireBytes } from "./bytes.ts"

export type VerifyKey = Bytes<"verifyKey">
export type Signature = Bytes<"signature">

export const SEED_BYTES = 32
export const VERIFY_KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

/**
 * Ed25519 (RFC 8032). Servers replace the portable one by their platform's, which is sixty times faster.
 * Obligation: `sign` gives the very bytes of RFC 8032; `verify` refuses S ≥ L, so that a signature cannot be
 * changed into another valid one.
 */
export interface Ed25519 {
  verifyKey(seed: Uint8Array): Uint8Array
  sign(message: Uint8Array, seed: Uint8Array): Uint8Array
  verify(message: Uint8Array, signature: Uint8Array, verifyKey: Uint8Array): boolean
}

// L = 2²⁵² + 27742317777372353535851937790883648493, little-endian.
const ORDER = Uint8Array.of(
  0xed,
  0xd3,
  0xf5,
  0x5c,
  0x1a,
  0x63,
  0x12,
  0x58,
  0xd6,
  0x9c,
  0xf7,
  0xa2,
  0xde,
  0xf9,
  0xde,
  0x14,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0x10,
)

/** S < L (RFC 8032 5.1.7). tweetnacl does not look, and would accept S + L as well. Signatures are public. */
function isCanonical(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = signature[32 + i]! - ORDER[i]!
    if (difference !== 0) return difference < 0
  }
  return false
}

/** The portable implementation (tweetnacl). */
export const ed25519: Ed25519 = {
  /** @param seed 32 uniform bytes */
  verifyKey(seed) {
    requireBytes("seed", SEED_BYTES, seed)
    return nacl.sign.keyPair.fromSeed(ofThisRealm(seed)).publicKey as VerifyKey
  },
  sign(message, seed) {
    requireByteArray("message", message)
    requireBytes("seed", SEED_BYTES, seed)
    const { secretKey } = nacl.sign.keyPair.fromSeed(ofThisRealm(seed))
    const signature = nacl.sign.detached(ofThisRealm(message), secretKey)
    secretKey.fill(0)
    return signature as Signature
  },
  verify(message, signature, verifyKey) {
    requireByteArray("message", message)
    requireBytes("signature", SIGNATURE_BYTES, signature)
    requireBytes("verifyKey", VERIFY_KEY_BYTES, verifyKey)
    return (
      isCanonical(signature) &&
      nacl.sign.detached.verify(ofThisRealm(message), ofThisRealm(signature), ofThisRealm(verifyKey))
    )
  },
}
