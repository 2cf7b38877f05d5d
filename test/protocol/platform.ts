import { createPrivateKey, createPublicKey, diffieHellman, sign, verify } from "node:crypto"
import type { sealedBox, signature } from "../../src/crypto/index.ts"

// RFC 8410: what stands before the 32 bytes of a key in PKCS#8 and in SubjectPublicKeyInfo.
const secretKey = (oid: string, raw: Uint8Array) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from(`302e020100300506032b65${oid}04220420`, "hex"), raw]),
    format: "der",
    type: "pkcs8",
  })
const publicKey = (oid: string, raw: Uint8Array) =>
  createPublicKey({
    key: Buffer.concat([Buffer.from(`302a300506032b65${oid}032100`, "hex"), raw]),
    format: "der",
    type: "spki",
  })
const rawPublic = (key: ReturnType<typeof createPublicKey>) =>
  new Uint8Array(key.export({ format: "der", type: "spki" }).subarray(-32))

/** Ed25519 of node:crypto, sixty times faster than the portable one: for tests that verify thousands of changes. */
export const ed25519: signature.Ed25519 = {
  verifyKey: seed => rawPublic(createPublicKey(secretKey("70", seed))),
  sign: (message, seed) => new Uint8Array(sign(null, message, secretKey("70", seed))),
  verify: (message, signed, key) => verify(null, message, publicKey("70", key), signed),
}

/** X25519 of node:crypto; an ephemeral key of small order, which it refuses, gives zeros. */
export const x25519: sealedBox.X25519 = {
  publicKey: secret => rawPublic(createPublicKey(secretKey("6e", secret))),
  sharedSecret(secret, other) {
    try {
      return new Uint8Array(diffieHellman({ privateKey: secretKey("6e", secret), publicKey: publicKey("6e", other) }))
    } catch {
      return new Uint8Array(32)
    }
  },
}
