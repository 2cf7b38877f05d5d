import {
  concat,
  cuckooFilter,
  distinctHashes,
  FILTER_HASH_BYTES,
  type Filter,
  filterHash,
  ribbonFilter,
  unlinkable,
} from "../crypto/index.ts"
import { type BatchHeader, type Counts, encodeHeader } from "./batch-header.ts"
import type { Reader } from "./wire.ts"

/*
 * the one group of a batch that is a filter (2): the canonical bytes of
 *   a ribbon filter  u8 f ‖ u16 256 ‖ u32 m ‖ f planes of m bits, what servers write, or
 *   a cuckoo filter  u8 f ‖ u8 4 ‖ u32 m ‖ 4·m slots of f bits
 * over y = H("lindung/filter/1" ‖ the header's random bytes ‖ x); the header counts the items x. The second byte tells
 * the two apart: 1 and 4.
 */
const CUCKOO_SLOTS = 4
/** The same bound as the parameter set's: shorter fingerprints would match strangers, and unpack to much memory. */
const MIN_FINGERPRINT_BITS = 16

export type FilterKind = "ribbon" | "cuckoo"
// Apart from each other: a phone reads filters, and carries nothing that builds them.
const PARSE = { ribbon: ribbonFilter.parse, cuckoo: cuckooFilter.parse } as const
const buildFilter = (kind: FilterKind, hashes: Uint8Array, fingerprintBits: number): Filter =>
  kind === "ribbon" ? ribbonFilter.build(hashes, fingerprintBits) : cuckooFilter.build(hashes, fingerprintBits)

/** A batch of design 2. */
export interface FilterBatch extends BatchHeader {
  readonly holds: "filter"
  /** Items in the filter. */
  readonly entries: number
  readonly kind: FilterKind
  readonly filter: Filter
}

/** x = H(LEFTMOST128(H(seed)) ‖ u32 epoch): what the batch holds of a revealed seed (WP 2.2) */
export const itemOf = (seed: Uint8Array, epoch: number): Uint8Array =>
  unlinkable.observationHash(unlinkable.ephId(seed), epoch)

/** Whether an observation x may be in the filter of a batch. */
export const mayContain = ({ filter, salt }: FilterBatch, x: Uint8Array): boolean => filter.has(filterHash(salt, x))

/**
 * The canonical file.
 * @param items x of 32 bytes, in any order; one that stands twice is counted and written once
 * @throws RangeError when the filter cannot be built under this salt, which is to be drawn again
 */
export function encodeFilterBatch(
  header: BatchHeader,
  items: readonly Uint8Array[],
  fingerprintBits: number,
  kind: FilterKind = "ribbon",
): Uint8Array<ArrayBuffer> {
  if (header.design.publishes !== "filter")
    throw new RangeError(`design: expected one that publishes a filter, got ${header.design.name}`)
  const hashes = new Uint8Array(FILTER_HASH_BYTES * items.length)
  items.forEach((x, i) => {
    hashes.set(filterHash(header.salt, x), FILTER_HASH_BYTES * i)
  })
  const head = encodeHeader(header, { entries: distinctHashes(hashes).length, groupCount: 1 })
  return concat(head, buildFilter(kind, hashes, fingerprintBits).bytes())
}

/** The filter behind a header. */
export function readFilter(reader: Reader, header: BatchHeader & Counts): FilterBatch {
  const { design, bucket, parametersHash, salt, entries, groupCount } = header
  if (groupCount !== 1) throw reader.error("its filter is not one group")
  const bytes = reader.view(reader.left)
  if ((bytes[0] ?? 0) < MIN_FINGERPRINT_BITS) throw reader.error("fingerprints too short")
  const kind = bytes[1] === CUCKOO_SLOTS ? "cuckoo" : "ribbon"
  const filter = PARSE[kind](bytes)
  if (filter === undefined) throw reader.error("not a filter")
  if (!filter.mayHold(entries)) throw reader.error("its filter does not fit its count")
  return { holds: "filter", design, bucket, parametersHash, salt, entries, kind, filter }
}
