import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, sign, verify } from "node:crypto"
import { concat, fromHex, requireBytes, type sealedBox, type signature } from "../crypto/index.ts"

// The fixed parts of PKCS #8 and SubjectPublicKeyInfo around 32 raw bytes (RFC 8410).
const DER = {
  ed25519: { secret: fromHex("302e020100300506032b657004220420"), public: fromHex("302a300506032b6570032100") },
  x25519: { secret: fromHex("302e020100300506032b656e04220420"), public: fromHex("302a300506032b656e032100") },
}

const secretKey = (curve: keyof typeof DER, raw: Uint8Array): KeyObject => {
  const der = concat(DER[curve].secret, raw)
  const key = createPrivateKey({ key: Buffer.from(der.buffer), format: "der", type: "pkcs8" })
  der.fill(0)
  return key
}

const publicKey = (curve: keyof typeof DER, raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.from(concat(DER[curve].public, raw).buffer), format: "der", type: "spki" })

const raw = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: "der", type: "spki" }).subarray(-32))

/**
 * Parsing a key costs as much as using it, and a server uses few. Kept by the identity of the caller's array, so that
 * no second list of secrets lives longer than the array; nobody may change a key's bytes in place and go on using it.
 */
function remembered(parse: (raw: Uint8Array) => KeyObject): (raw: Uint8Array) => KeyObject {
  const known = new WeakMap<Uint8Array, KeyObject>()
  return bytes => {
    const key = known.get(bytes) ?? parse(bytes)
    known.set(bytes, key)
    return key
  }
}

const signingKey = remembered(seed => secretKey("ed25519", seed))
const verifyingKey = remembered(key => publicKey("ed25519", key))
const agreementKey = remembered(secret => secretKey("x25519", secret))

/** Ed25519 by OpenSSL: the bytes of the portable one, in a sixtieth of its time. */
export const nativeEd25519: signature.Ed25519 = {
  verifyKey(seed) {
    requireBytes("seed", 32, seed)
    return raw(createPublicKey(signingKey(seed)))
  },
  sign(message, seed) {
    requireBytes("seed", 32, seed)
    return new Uint8Array(sign(null, message, signingKey(seed)))
  },
  verify(message, signatureBytes, verifyKey) {
    requireBytes("signature", 64, signatureBytes)
    requireBytes("verifyKey", 32, verifyKey)
    return verify(null, message, verifyingKey(verifyKey), signatureBytes)
  },
}

/** X25519 by OpenSSL: the bytes of the portable one, in a fiftieth of its time. */
export const nativeX25519: sealedBox.X25519 = {
  publicKey(secret) {
    requireBytes("secretKey", 32, secret)
    return raw(createPublicKey(agreementKey(secret)))
  },
  sharedSecret(secret, key) {
    requireBytes("secretKey", 32, secret)
    requireBytes("publicKey", 32, key)
    const options = { privateKey: agreementKey(secret), publicKey: publicKey("x25519", key) }
    try {
      return new Uint8Array(diffieHellman(options))
    } catch {
      // OpenSSL refuses points of small order; RFC 7748 gives zeros for them.
      return new Uint8Array(32)
    }
  },
}
