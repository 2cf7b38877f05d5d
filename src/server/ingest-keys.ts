import { createCipheriv, createDecipheriv } from "node:crypto"
import { ascii, concat, type Random, sealedBox, u32 } from "../crypto/index.ts"
import { encodeIngestKeys, type IngestKeys, KEYS_LEFT_BUCKETS, KEYS_PER_LIST, LindungError } from "../protocol/index.ts"
import type { WrappedKey } from "./store/store.ts"

const CIPHER = "aes-256-gcm"
const NONCE_BYTES = 12
const TAG_BYTES = 16
const LABEL = ascii("lindung/bucket-key/1")

/**
 * The bucket that a new list has to start with, when one is due.
 * @param lists those announced so far
 * @param bucketsAhead how far ahead of the current bucket phones seal, so that none of them lacks a key
 */
export function listDue(current: number, lists: readonly IngestKeys[], bucketsAhead = 0): number | undefined {
  const end = Math.max(0, ...lists.map(list => list.firstBucket + KEYS_PER_LIST))
  if (end <= current) return current
  return end - current <= KEYS_LEFT_BUCKETS + bucketsAhead ? end : undefined
}

/** nonce ‖ AES-256-GCM(wrapping key, private key), bound to its bucket ‖ tag */
function wrap(secretKey: Uint8Array, bucket: number, wrappingKey: Uint8Array, random: Random): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, wrappingKey, nonce).setAAD(concat(LABEL, u32(bucket)))
  return concat(nonce, cipher.update(secretKey), cipher.final(), cipher.getAuthTag())
}

/** @throws LindungError key-lost under another wrapping key, or when the record is damaged */
export function unwrap(wrapped: Uint8Array, bucket: number, wrappingKey: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv(CIPHER, wrappingKey, wrapped.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(concat(LABEL, u32(bucket))).setAuthTag(wrapped.subarray(-TAG_BYTES))
    return concat(decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final())
  } catch (cause) {
    throw new LindungError("key-lost", `the key of bucket ${bucket} does not open under this wrapping key`, { cause })
  }
}

/** A list of 24 fresh keys: the public file, and the private keys as they are stored. */
export function newList(
  firstBucket: number,
  wrappingKey: Uint8Array,
  random: Random,
  curve: sealedBox.X25519,
): { file: Uint8Array; keys: WrappedKey[] } {
  const keys: WrappedKey[] = []
  const publicKeys = Array.from({ length: KEYS_PER_LIST }, (_, i) => {
    const secretKey = random.bytes(sealedBox.BOX_KEY_BYTES)
    const { publicKey } = sealedBox.keyPair(secretKey, curve)
    keys.push({ bucket: firstBucket + i, wrapped: wrap(secretKey, firstBucket + i, wrappingKey, random) })
    secretKey.fill(0)
    return publicKey
  })
  return { file: encodeIngestKeys({ firstBucket, keys: publicKeys }), keys }
}
