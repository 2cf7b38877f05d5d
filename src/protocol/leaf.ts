import { concat, requireBytes, sha256, u32, u64 } from "../crypto/index.ts"
import { Reader } from "./wire.ts"

/*
 * leaf of the log (46 bytes)
 *   u8   type: 1 batch, 2 parameter set, 3 ingest key list, 4 authority key list
 *   u32  bucket in which it was logged; for a batch, the batch's own
 *   u8   design of a batch, else 0
 *   u64  length of the file
 *   32   H(file)
 *
 * One leaf a file, never one a key: after 14 days the file goes and a salted hash stays (protocol §9).
 */
export const LEAF_BYTES = 46
const HASH_BYTES = 32
export const LEAF_TYPES = { batch: 1, parameters: 2, "ingest-keys": 3, "authority-keys": 4 } as const
export type LeafType = keyof typeof LEAF_TYPES

export interface Leaf {
  readonly type: LeafType
  readonly bucket: number
  readonly design: number
  readonly length: number
  readonly hash: Uint8Array
}

/** The leaf of a file. */
export const leafOf = (type: LeafType, bucket: number, design: number, file: Uint8Array): Leaf => ({
  type,
  bucket,
  design,
  length: file.length,
  hash: sha256(file),
})

export function encodeLeaf({ type, bucket, design, length, hash }: Leaf): Uint8Array<ArrayBuffer> {
  requireBytes("hash", HASH_BYTES, hash)
  return concat(
    Uint8Array.of(LEAF_TYPES[type]),
    u32(bucket, "bucket"),
    Uint8Array.of(design),
    u64(length, "length"),
    hash,
  )
}

/** @throws LindungError format */
export function parseLeaf(bytes: Uint8Array): Leaf {
  const reader = new Reader("leaf", bytes)
  const code = reader.u8()
  const type = (Object.keys(LEAF_TYPES) as LeafType[]).find(name => LEAF_TYPES[name] === code)
  if (type === undefined) throw reader.error("unknown type")
  const bucket = reader.u32()
  const design = reader.u8()
  if ((type === "batch") !== design > 0) throw reader.error("design does not fit the type")
  const length = reader.u64()
  const hash = reader.take(HASH_BYTES)
  reader.end()
  return { type, bucket, design, length, hash }
}
