import { ascii, compare, concat, requireBytes, time, u16, u32 } from "../crypto/index.ts"
import { type Design, designByCode, firstSlot, type Lengths, slotStart } from "./design.ts"
import { malformed, Reader } from "./wire.ts"

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
 *   groups, ascending by slot:
 *     u32  slot: the day (1) or the window (3)
 *     u32  count, at least 1
 *     count × secret, ascending and all different
 *
 * Sorted, so that the order of arrival is not in it; padded to a size of a public list, so that its length says little
 * about the number of reports (protocol §7).
 */
const MAGIC = ascii("LNDG")
const VERSION = 1
export const SALT_BYTES = 16
const HASH_BYTES = 32
const HEADER_BYTES = 4 + 1 + 1 + 4 + HASH_BYTES + SALT_BYTES + 4 + 2
const GROUP_BYTES = 8
/** No phone takes a batch larger than this: 400 MB of low-cost keys would be a mistake or an attack. */
const MAX_ENTRIES = 10_000_000

export interface BatchHeader {
  readonly design: Design
  readonly bucket: number
  readonly parametersHash: Uint8Array
  readonly salt: Uint8Array
}

export interface Group {
  readonly slot: number
  /** `count` secrets, one after the other. */
  readonly secrets: Uint8Array
}

export interface Batch extends BatchHeader {
  readonly entries: number
  readonly groups: readonly Group[]
}

/**
 * The canonical file.
 * @param secrets by slot, in any order; a secret that stands twice in its slot is written once
 */
export function encodeBatch(
  header: BatchHeader,
  secrets: ReadonlyMap<number, readonly Uint8Array[]>,
): Uint8Array<ArrayBuffer> {
  const groups = [...secrets]
    .filter(([, list]) => list.length > 0)
    .sort(([a], [b]) => a - b)
    .map(([slot, list]) => ({ slot, list: distinct(list, header.design.secretBytes) }))
  const entries = groups.reduce((sum, { list }) => sum + list.length, 0)
  const { design, bucket, parametersHash, salt } = header
  requireBytes("parametersHash", HASH_BYTES, parametersHash)
  requireBytes("salt", SALT_BYTES, salt)
  const head = concat(
    MAGIC,
    Uint8Array.of(VERSION, design.code),
    u32(bucket, "bucket"),
    parametersHash,
    salt,
    u32(entries, "entries"),
    u16(groups.length, "groups"),
  )
  // Written in place: a national batch has more secrets than a call can have arguments.
  const file = new Uint8Array(HEADER_BYTES + groups.length * GROUP_BYTES + entries * design.secretBytes)
  let at = 0
  const put = (bytes: Uint8Array) => {
    file.set(bytes, at)
    at += bytes.length
  }
  put(head)
  for (const { slot, list } of groups) {
    put(u32(slot, "slot"))
    put(u32(list.length))
    for (const secret of list) put(secret)
  }
  return file
}

function distinct(secrets: readonly Uint8Array[], secretBytes: number): Uint8Array[] {
  for (const secret of secrets) requireBytes("secret", secretBytes, secret)
  return [...secrets].sort(compare).filter((secret, i, all) => i === 0 || compare(all[i - 1]!, secret) !== 0)
}

/**
 * The groups as views into the file, so that a matcher can run over them without a copy.
 * @throws LindungError format for anything but a canonical batch
 */
export function parseBatch(file: Uint8Array): Batch {
  const reader = new Reader("batch", file)
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
  // With every byte read below, this also makes the groups' counts add up to the entries.
  if (file.length !== HEADER_BYTES + groupCount * GROUP_BYTES + entries * design.secretBytes)
    throw reader.error("its length does not fit its counts")
  const groups: Group[] = []
  for (let g = 0; g < groupCount; g++) {
    const slot = reader.u32()
    const count = reader.u32()
    const before = groups.at(-1)
    if (before !== undefined && slot <= before.slot) throw reader.error("groups out of order")
    if (count === 0) throw reader.error("an empty group")
    const secrets = reader.view(count * design.secretBytes)
    requireAscending(secrets, design.secretBytes)
    groups.push({ slot, secrets })
  }
  reader.end()
  return { design, bucket, parametersHash, salt, entries, groups }
}

/**
 * Whether every group is of a slot that can be published in this bucket: begun before its end, and not older than the
 * days a report covers. A phone refuses a batch where it is not so: a chain of day keys would otherwise be followed for
 * years.
 */
export function slotsInRange({ design, bucket, groups }: Batch, lengths: Lengths): boolean {
  const end = time.bucketStart(bucket) + time.SECONDS_PER_BUCKET
  const oldest = firstSlot(design, time.day(end - 1), lengths)
  return groups.every(({ slot }) => slot >= oldest && slotStart(design, slot, lengths) < end)
}

function requireAscending(secrets: Uint8Array, size: number): void {
  for (let at = size; at < secrets.length; at += size) {
    let i = 0
    while (i < size && secrets[at - size + i] === secrets[at + i]) i++
    if (i === size || secrets[at - size + i]! > secrets[at + i]!)
      throw malformed("batch", "entries out of order or repeated")
  }
}
