import nacl from "tweetnacl"
import { ascii, type Bytes, concat, ofThisRealm, requireByteArray, requireBytes } from "./bytes.ts"
import { blake2b24 } from "./hash.ts"
import { checkedRandom, type Random } from "./random.ts"

/** X25519 keys of libsodium's crypto_box. */
export type BoxPublicKey = Bytes<"boxPublicKey">
export type BoxSecretKey = Bytes<"boxSecretKey">

export const BOX_KEY_BYTES = 32
/** What sealing adds: the ephemeral public key (32) and the Poly1305 tag (16). */
export const SEAL_BYTES = 48

/**
 * X25519 (RFC 7748). Servers replace the portable one by their platform's, which is fifty times faster.
 * Obligation: both functions give the very bytes of RFC 7748 in an array nobody else holds, and refuse nothing:
 * a shared secret of zeros is returned as such.
 */
export interface X25519 {
  publicKey(secretKey: Uint8Array): Uint8Array
  sharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array
}

/** The portable implementation (tweetnacl). */
export const x25519: X25519 = {
  publicKey(secretKey) {
    requireBytes("secretKey", BOX_KEY_BYTES, secretKey)
    return nacl.scalarMult.base(ofThisRealm(secretKey))
  },
  sharedSecret(secretKey, publicKey) {
    requireBytes("secretKey", BOX_KEY_BYTES, secretKey)
    requireBytes("publicKey", BOX_KEY_BYTES, publicKey)
    return nacl.scalarMult(ofThisRealm(secretKey), ofThisRealm(publicKey))
  },
}

/** What tweetnacl is made of; its types leave it out. */
const { lowlevel } = nacl as unknown as {
  readonly lowlevel: {
    crypto_core_hsalsa20(out: Uint8Array, input: Uint8Array, key: Uint8Array, constant: Uint8Array): void
  }
}
/** The constant of Salsa20. */
const SIGMA = ascii("expand 32-byte k")

/**
 * crypto_box_beforenm: HSalsa20(X25519(secret, public), 0¹⁶).
 * @returns undefined, where libsodium fails, if the public key has small order: the secret is then zero for
 *   everybody, and such a box could be opened, or made to open anywhere, without any secret
 */
function boxKey(curve: X25519, secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  const shared = curve.sharedSecret(secretKey, publicKey)
  if (shared.every(byte => byte === 0)) return undefined
  const key = new Uint8Array(BOX_KEY_BYTES)
  lowlevel.crypto_core_hsalsa20(key, new Uint8Array(16), shared, SIGMA)
  shared.fill(0)
  return key
}

/** A recipient's key pair. @param secretKey 32 uniform bytes */
export function keyPair(
  secretKey: Uint8Array,
  curve: X25519 = x25519,
): { publicKey: BoxPublicKey; secretKey: BoxSecretKey } {
  requireBytes("secretKey", BOX_KEY_BYTES, secretKey)
  return {
    publicKey: new Uint8Array(curve.publicKey(secretKey)) as BoxPublicKey,
    secretKey: new Uint8Array(secretKey) as BoxSecretKey,
  }
}

/**
 * libsodium's crypto_box_seal: ephemeral public key ‖ crypto_box under nonce BLAKE2b-24(ephemeral ‖ recipient).
 * @param message any length
 * @param publicKey the recipient's 32 bytes
 * @returns message.length + 48 bytes
 * @throws RangeError for a public key of small order, as libsodium fails: anybody could open the box
 */
export function seal(
  message: Uint8Array,
  publicKey: Uint8Array,
  random: Random,
  curve: X25519 = x25519,
): Uint8Array<ArrayBuffer> {
  requireByteArray("message", message)
  requireBytes("publicKey", BOX_KEY_BYTES, publicKey)
  const ephemeralSecret = checkedRandom(random).bytes(BOX_KEY_BYTES)
  const ephemeral = curve.publicKey(ephemeralSecret)
  const key = boxKey(curve, ephemeralSecret, publicKey)
  if (key === undefined) throw new RangeError("publicKey: expected a point of large order, got one of small order")
  const nonce = blake2b24(ephemeral, publicKey)
  const sealed = concat(ephemeral, nacl.secretbox(ofThisRealm(message), nonce, key))
  ephemeralSecret.fill(0)
  key.fill(0)
  return sealed
}

/**
 * libsodium's crypto_box_seal_open.
 * @returns the message, or undefined when the box was not sealed to this key or was changed on the way
 */
export function open(
  sealed: Uint8Array,
  keys: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array },
  curve: X25519 = x25519,
): Uint8Array<ArrayBuffer> | undefined {
  requireByteArray("sealed", sealed)
  requireBytes("publicKey", BOX_KEY_BYTES, keys.publicKey)
  requireBytes("secretKey", BOX_KEY_BYTES, keys.secretKey)
  if (sealed.length < SEAL_BYTES) return undefined
  const ephemeral = sealed.subarray(0, BOX_KEY_BYTES)
  const key = boxKey(curve, keys.secretKey, ephemeral)
  if (key === undefined) return undefined
  const nonce = blake2b24(ephemeral, keys.publicKey)
  const message = nacl.secretbox.open(ofThisRealm(sealed.subarray(BOX_KEY_BYTES)), nonce, key)
  key.fill(0)
  return message === null ? undefined : new Uint8Array(message)
}
