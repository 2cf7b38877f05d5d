import { ascii, concat, requireBytes, u32 } from "../crypto/index.ts"
import { Reader } from "./wire.ts"

/*
 * ingest key list (778 bytes), a leaf of the log
 *   4    "LNDK"
 *   u8   version, 1
 *   u32  first bucket
 *   u8   24
 *   24 × X25519 public key, one for each bucket from the first
 *
 * A phone seals only to a list included under its verified checkpoint and refuses a second key for a bucket already
 * listed: otherwise the server could tag one phone by a key of its own (protocol §6).
 */
export const KEYS_PER_LIST = 24
/**
 * The next list is logged when keys for so many buckets are left, the current one included: with what is left, uploads go
 * on for a whole day in which nothing is published. A server of designs that seal ahead counts from there.
 */
export const KEYS_LEFT_BUCKETS = 12
const MAGIC = ascii("LNDK")
const KEY_BYTES = 32
export const INGEST_KEYS_BYTES = 4 + 1 + 4 + 1 + KEYS_PER_LIST * KEY_BYTES

export interface IngestKeys {
  readonly firstBucket: number
  /** 24 public keys, for firstBucket, firstBucket + 1 … */
  readonly keys: readonly Uint8Array[]
}

export function encodeIngestKeys({ firstBucket, keys }: IngestKeys): Uint8Array<ArrayBuffer> {
  if (keys.length !== KEYS_PER_LIST) throw new RangeError(`keys: expected ${KEYS_PER_LIST}, got ${keys.length}`)
  for (const key of keys) requireBytes("keys", KEY_BYTES, key)
  return concat(MAGIC, Uint8Array.of(1), u32(firstBucket, "firstBucket"), Uint8Array.of(KEYS_PER_LIST), ...keys)
}

/** @throws LindungError format */
export function parseIngestKeys(bytes: Uint8Array): IngestKeys {
  const reader = new Reader("ingest key list", bytes)
  reader.expect(MAGIC, "magic")
  if (reader.u8() !== 1) throw reader.error("unknown version")
  const firstBucket = reader.u32()
  if (reader.u8() !== KEYS_PER_LIST) throw reader.error("wrong number of keys")
  const keys = Array.from({ length: KEYS_PER_LIST }, () => reader.take(KEY_BYTES))
  reader.end()
  return { firstBucket, keys }
}

/** The key that envelopes of a bucket are sealed to. */
export const ingestKeyFor = ({ firstBucket, keys }: IngestKeys, bucket: number): Uint8Array | undefined =>
  keys[bucket - firstBucket]
