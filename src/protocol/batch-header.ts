import { ascii, concat, requireBytes, u16, u32 } from "../crypto/index.ts"
import { type Design, designByCode } from "./design.ts"
import type { Reader } from "./wire.ts"

/*
 * batch: one canonical file for each bucket and design, the same bytes for everybody
 *   4    "LNDG"
 *   u8   version, 1
 *   u8   design
 *   u32  bucket
 *   32   H(parameter set)
 *   16   random bytes, drawn after the bucket has closed
 *   u32  entry count, of all groups together
 *   u16  group count
 *   groups: secrets (secret-batch.ts) or one filter (filter-batch.ts)
 *
 * Padded to a size of a public list, so that its length says little about the number of reports (protocol §7).
 */
const MAGIC = ascii("LNDG")
const VERSION = 1
export const SALT_BYTES = 16
const HASH_BYTES = 32
export const HEADER_BYTES = 4 + 1 + 1 + 4 + HASH_BYTES + SALT_BYTES + 4 + 2
/** No phone takes a batch larger than this: 400 MB of low-cost keys would be a mistake or an attack. */
const MAX_ENTRIES = 10_000_000

export interface BatchHeader {
  readonly design: Design
  readonly bucket: number
  readonly parametersHash: Uint8Array
  readonly salt: Uint8Array
}

/** What of the header counts the groups after it. */
export interface Counts {
  readonly entries: number
  readonly groupCount: number
}

export function encodeHeader(header: BatchHeader, { entries, groupCount }: Counts): Uint8Array<ArrayBuffer> {
  const { design, bucket, parametersHash, salt } = header
  requireBytes("parametersHash", HASH_BYTES, parametersHash)
  requireBytes("salt", SALT_BYTES, salt)
  return concat(
    MAGIC,
    Uint8Array.of(VERSION, design.code),
    u32(bucket, "bucket"),
    parametersHash,
    salt,
    u32(entries, "entries"),
    u16(groupCount, "groups"),
  )
}

/** @throws LindungError format */
export function readHeader(reader: Reader): BatchHeader & Counts {
  reader.expect(MAGIC, "magic")
  if (reader.u8() !== VERSION) throw reader.error("unknown version")
  const design = designByCode(reader.u8())
  if (design === undefined) throw reader.error("unknown design")
  const bucket = reader.u32()
  const parametersHash = reader.take(HASH_BYTES)
  const salt = reader.take(SALT_BYTES)
  const entries = reader.u32()
  const groupCount = reader.u16()
  if (entries > MAX_ENTRIES) throw reader.error("more entries than any batch may have")
  return { design, bucket, parametersHash, salt, entries, groupCount }
}
