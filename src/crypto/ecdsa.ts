import { p256 } from "@noble/curves/nist.js"
import { base64, fromBase64 } from "./base64.ts"
import { type Bytes, concat, fromHex, requireByteArray, requireBytes } from "./bytes.ts"

/** An uncompressed point of P-256: 0x04 ‖ x ‖ y. */
export type EcdsaPublicKey = Bytes<"ecdsaPublicKey">

export const SECRET_KEY_BYTES = 32
export const PUBLIC_KEY_BYTES = 65

/**
 * ECDSA over P-256 with SHA-256, signatures in ASN.1 DER: what GAEN exports are signed with, and nothing else here.
 * Servers replace the portable one by their platform's. Obligation: `sign` is deterministic (RFC 6979), so that one
 * export has one form; `verify` takes s in the upper half too, since most published archives have it half of the time.
 */
export interface EcdsaP256 {
  publicKey(secretKey: Uint8Array): Uint8Array
  sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array
  verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
}

/** The portable implementation (@noble/curves). */
export const ecdsaP256: EcdsaP256 = {
  /** @param secretKey 32 bytes, the scalar, most significant byte first */
  publicKey(secretKey) {
    requireScalar(secretKey)
    return p256.getPublicKey(secretKey, false) as EcdsaPublicKey
  },
  sign(message, secretKey) {
    requireByteArray("message", message)
    requireScalar(secretKey)
    return p256.sign(message, secretKey, { format: "der", lowS: false, prehash: true })
  },
  verify(message, signature, publicKey) {
    requireByteArray("message", message)
    requireByteArray("signature", signature)
    requireBytes("publicKey", PUBLIC_KEY_BYTES, publicKey)
    if (!isDer(signature)) return false
    return p256.verify(signature, message, publicKey, { format: "der", lowS: false, prehash: true })
  },
}

function requireScalar(secretKey: Uint8Array): void {
  requireBytes("secretKey", SECRET_KEY_BYTES, secretKey)
  if (!p256.utils.isValidSecretKey(secretKey)) throw new RangeError("secretKey: expected a scalar from 1 to n - 1")
}

/** Whether the bytes have the form SEQUENCE { INTEGER r, INTEGER s } with the shortest encoding of each. */
export function isDer(signature: Uint8Array): boolean {
  requireByteArray("signature", signature)
  if (signature.length < 8 || signature.length > 72) return false
  if (signature[0] !== 0x30 || signature[1] !== signature.length - 2) return false
  const end = integerEnd(signature, 2)
  return end > 0 && integerEnd(signature, end) === signature.length
}

/** Where a positive, minimal INTEGER of at most 256 bits that begins at `at` ends; 0 when there is none. */
function integerEnd(der: Uint8Array, at: number): number {
  const length = der[at + 1]
  if (der[at] !== 0x02 || length === undefined || length < 1 || length > 33) return 0
  const first = der[at + 2] ?? 0x80
  const second = der[at + 3] ?? 0
  if (first >= 0x80 || (first === 0 && length > 1 && second < 0x80) || (length === 33 && first !== 0)) return 0
  return at + 2 + length
}

// SubjectPublicKeyInfo of an uncompressed P-256 point up to the point itself (RFC 5480).
const SPKI = fromHex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
/** A P-256 key in PEM has 178 characters; longer files have no key that is meant here. */
const MAX_PEM = 1000
const PEM = /^-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END PUBLIC KEY-----\s*$/

/**
 * The key in a PEM file ("BEGIN PUBLIC KEY"), as operators publish it.
 * @returns undefined for anything but one P-256 key with an uncompressed point that lies on the curve
 */
export function publicKeyFromPem(pem: string): EcdsaPublicKey | undefined {
  const body = pem.length > MAX_PEM ? undefined : PEM.exec(pem.trim())?.[1]
  const der = body === undefined ? undefined : fromBase64(body.replace(/\s+/g, ""))
  if (der?.length !== SPKI.length + PUBLIC_KEY_BYTES) return undefined
  if (!SPKI.every((byte, i) => der[i] === byte)) return undefined
  const point = der.slice(SPKI.length)
  return p256.utils.isValidPublicKey(point, false) ? (point as EcdsaPublicKey) : undefined
}

/** @param publicKey 65 bytes */
export function publicKeyToPem(publicKey: Uint8Array): string {
  requireBytes("publicKey", PUBLIC_KEY_BYTES, publicKey)
  const lines = base64(concat(SPKI, publicKey)).match(/.{1,64}/g) ?? []
  return ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----", ""].join("\n")
}
