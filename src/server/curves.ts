import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, sign, verify } from "node:crypto"
import { type Curves, concat, fromHex, requireBytes, type sealedBox, type signature } from "../crypto/index.ts"

type Curve = "Ed25519" | "X25519"

// The fixed part of PKCS #8 before 32 raw bytes (RFC 8410). A JWK is parsed in an eighth of the time, but would leave the
// secret in a string, which nobody can wipe.
const PKCS8: Record<Curve, Uint8Array> = {
  Ed25519: fromHex("302e020100300506032b657004220420"),
  X25519: fromHex("302e020100300506032b656e04220420"),
}

const secretKey = (curve: Curve, raw: Uint8Array): KeyObject => {
  const der = concat(PKCS8[curve], raw)
  const key = createPrivateKey({ key: Buffer.from(der.buffer), format: "der", type: "pkcs8" })
  der.fill(0)
  return key
}

const publicKey = (crv: Curve, raw: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: "OKP", crv, x: Buffer.from(raw).toString("base64url") }, format: "jwk" })

const raw = (key: KeyObject): Uint8Array => new Uint8Array(Buffer.from(key.export({ format: "jwk" }).x!, "base64url"))

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

const signingKey = remembered(seed => secretKey("Ed25519", seed))
const verifyingKey = remembered(key => publicKey("Ed25519", key))
const agreementKey = remembered(secret => secretKey("X25519", secret))

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
    const options = { privateKey: agreementKey(secret), publicKey: publicKey("X25519", key) }
    try {
      return new Uint8Array(diffieHellman(options))
    } catch {
      // OpenSSL refuses points of small order; RFC 7748 gives zeros for them.
      return new Uint8Array(32)
    }
  },
}

export const nativeCurves: Curves = { ed25519: nativeEd25519, x25519: nativeX25519 }
