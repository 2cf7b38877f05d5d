import { createPrivateKey, createPublicKey, diffieHellman, sign, verify } from "node:crypto"
import type { sealedBox, signature } from "../../src/crypto/index.ts"

// The DER headers of RFC 8410 for raw keys of X25519 (6e) and Ed25519 (70).
const raw = (header: string, key: Uint8Array): Buffer => Buffer.concat([Buffer.from(header, "hex"), key])
const secret = (curve: "6e" | "70", key: Uint8Array) =>
  createPrivateKey({ key: raw(`302e020100300506032b65${curve}04220420`, key), format: "der", type: "pkcs8" })
const open = (curve: "6e" | "70", key: Uint8Array) =>
  createPublicKey({ key: raw(`302a300506032b65${curve}032100`, key), format: "der", type: "spki" })
const exported = (curve: "6e" | "70", key: Uint8Array): Uint8Array =>
  new Uint8Array(createPublicKey(secret(curve, key)).export({ format: "der", type: "spki" }).subarray(12))

/** X25519 by node:crypto. OpenSSL refuses the shared secret of zeros that RFC 7748 defines; the port returns it. */
export const nodeX25519: sealedBox.X25519 = {
  publicKey: key => exported("6e", key),
  sharedSecret(key, publicKey) {
    try {
      return new Uint8Array(diffieHellman({ privateKey: secret("6e", key), publicKey: open("6e", publicKey) }))
    } catch {
      return new Uint8Array(32)
    }
  },
}

/** Ed25519 by node:crypto. */
export const nodeEd25519: signature.Ed25519 = {
  verifyKey: seed => exported("70", seed),
  sign: (message, seed) => new Uint8Array(sign(null, message, secret("70", seed))),
  verify: (message, signature, verifyKey) => verify(null, message, open("70", verifyKey), signature),
}
