import { concat, equal, requireBytes, sha256, u64 } from "../crypto/index.ts"
import { type BatchHeader, type Counts, encodeHeader } from "./batch-header.ts"
import type { KeyTable } from "./export-keys.ts"
import { malformed, type Reader } from "./wire.ts"

/*
 * the one group of a batch that is an archive (4)
 *   u64  length of the zip
 *   32   H(zip)
 * The zip is a file of its own beside this one, in the form that other systems read; the header counts its keys.
 */
const HASH_BYTES = 32
/** The largest real exports have 600,000 keys, packed 11 MB. */
export const MAX_ARCHIVE_BYTES = 32 * 2 ** 20

/** A batch of design 4: it names its archive. */
export interface ArchiveBatch extends BatchHeader {
  readonly holds: "archive"
  /** Keys of both kinds in the archive. */
  readonly entries: number
  readonly archive: { readonly length: number; readonly hash: Uint8Array }
}

/** The same batch with what stands in its archive. */
export interface KeyBatch extends BatchHeader {
  readonly holds: "keys"
  readonly entries: number
  readonly keys: KeyTable
  /** Keys of earlier batches whose report type has changed. */
  readonly revisedKeys: KeyTable
}

export function encodeArchiveBatch(header: BatchHeader, entries: number, zip: Uint8Array): Uint8Array<ArrayBuffer> {
  if (header.design.publishes !== "archive")
    throw new RangeError(`design: expected one that publishes an archive, got ${header.design.name}`)
  return concat(encodeHeader(header, { entries, groupCount: 1 }), u64(zip.length, "zip"), sha256(zip))
}

/** The archive's length and hash behind a header. */
export function readArchive(reader: Reader, header: BatchHeader & Counts): ArchiveBatch {
  const { design, bucket, parametersHash, salt, entries, groupCount } = header
  if (groupCount !== 1) throw reader.error("its archive is not one group")
  const length = reader.u64()
  const hash = reader.take(HASH_BYTES)
  if (length > MAX_ARCHIVE_BYTES) throw reader.error(`an archive of ${length} bytes`)
  return { holds: "archive", design, bucket, parametersHash, salt, entries, archive: { length, hash } }
}

/** Whether these bytes are the archive that the batch names. */
export function isArchiveOf({ archive }: ArchiveBatch, zip: Uint8Array): boolean {
  requireBytes("hash", HASH_BYTES, archive.hash)
  return zip.length === archive.length && equal(sha256(zip), archive.hash)
}

/**
 * The batch with the keys that were read from its archive.
 * @param file the archive's name, for the error
 * @throws LindungError format when the batch counts other keys
 */
export function withKeys(batch: ArchiveBatch, of: Pick<KeyBatch, "keys" | "revisedKeys">, file = "archive"): KeyBatch {
  const { archive: _, ...header } = batch
  const count = of.keys.length + of.revisedKeys.length
  if (count !== batch.entries)
    throw malformed(`${file}: export.bin.keys`, `${count}, and its batch counts ${batch.entries}`)
  return { ...header, holds: "keys", keys: of.keys, revisedKeys: of.revisedKeys }
}
