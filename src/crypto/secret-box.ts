import nacl from "tweetnacl"
import { concat, ofThisRealm, requireByteArray, requireBytes } from "./bytes.ts"
import { checkedRandom, type Random } from "./random.ts"

export const SECRET_BOX_KEY_BYTES = 32
const NONCE_BYTES = 24
/** What sealing adds: the nonce (24) and the Poly1305 tag (16). */
export const SECRET_BOX_BYTES = NONCE_BYTES + 16

/**
 * nonce ‖ NaCl's crypto_secretbox (XSalsa20-Poly1305). The nonce is random: 24 bytes are enough for that.
 * @param key 32 uniform bytes
 * @returns message.length + 40 bytes
 */
export function seal(message: Uint8Array, key: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  requireByteArray("message", message)
  requireBytes("key", SECRET_BOX_KEY_BYTES, key)
  const nonce = checkedRandom(random).bytes(NONCE_BYTES)
  return concat(nonce, nacl.secretbox(ofThisRealm(message), ofThisRealm(nonce), ofThisRealm(key)))
}

/** @returns the message, or undefined when it was not sealed under this key or was changed since */
export function open(sealed: Uint8Array, key: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  requireByteArray("sealed", sealed)
  requireBytes("key", SECRET_BOX_KEY_BYTES, key)
  if (sealed.length < SECRET_BOX_BYTES) return undefined
  const nonce = ofThisRealm(sealed.subarray(0, NONCE_BYTES))
  const message = nacl.secretbox.open(ofThisRealm(sealed.subarray(NONCE_BYTES)), nonce, ofThisRealm(key))
  return message === null ? undefined : new Uint8Array(message)
}
