import { compare, requireBytes, u32 } from "../crypto/index.ts"
import { type BatchHeader, type Counts, encodeHeader, HEADER_BYTES } from "./batch-header.ts"
import { malformed, type Reader } from "./wire.ts"

/*
 * groups of a batch of secrets, ascending by slot
 *   u32  slot: the day (1) or the window (3)
 *   u32  count, at least 1
 *   count × secret, ascending and all different
 */
const GROUP_BYTES = 8

export interface Group {
  readonly slot: number
  /** `count` secrets, one after the other. */
  readonly secrets: Uint8Array
}

/** A batch of designs 1 and 3. */
export interface SecretBatch extends BatchHeader {
  readonly holds: "secrets"
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
  const size = header.design.secretBytes
  if (header.design.publishes !== "secrets")
    throw new RangeError(`design: expected one that publishes secrets, got ${header.design.name}`)
  const groups = [...secrets]
    .filter(([, list]) => list.length > 0)
    .sort(([a], [b]) => a - b)
    .map(([slot, list]) => ({ slot, list: distinct(list, size) }))
  const entries = groups.reduce((sum, { list }) => sum + list.length, 0)
  const head = encodeHeader(header, { entries, groupCount: groups.length })
  // Written in place: a national batch has more secrets than a call can have arguments.
  const file = new Uint8Array(HEADER_BYTES + groups.length * GROUP_BYTES + entries * size)
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

function distinct(secrets: readonly Uint8Array[], size: number): Uint8Array[] {
  for (const secret of secrets) requireBytes("secret", size, secret)
  return [...secrets].sort(compare).filter((secret, i, all) => i === 0 || compare(all[i - 1]!, secret) !== 0)
}

/** The groups behind a header, as views into the file, so that a matcher can run over them without a copy. */
export function readGroups(reader: Reader, header: BatchHeader & Counts): SecretBatch {
  const { design, bucket, parametersHash, salt, entries, groupCount } = header
  const size = design.secretBytes
  // With every byte read below, this also makes the groups' counts add up to the entries.
  if (reader.left !== groupCount * GROUP_BYTES + entries * size)
    throw reader.error("its length does not fit its counts")
  const groups: Group[] = []
  for (let g = 0; g < groupCount; g++) {
    const slot = reader.u32()
    const count = reader.u32()
    const before = groups.at(-1)
    if (before !== undefined && slot <= before.slot) throw reader.error("groups out of order")
    if (count === 0) throw reader.error("an empty group")
    const secrets = reader.view(count * size)
    requireAscending(secrets, size)
    groups.push({ slot, secrets })
  }
  return { holds: "secrets", design, bucket, parametersHash, salt, entries, groups }
}

function requireAscending(secrets: Uint8Array, size: number): void {
  for (let at = size; at < secrets.length; at += size) {
    let i = 0
    while (i < size && secrets[at - size + i] === secrets[at + i]) i++
    if (i === size || secrets[at - size + i]! > secrets[at + i]!)
      throw malformed("batch", "entries out of order or repeated")
  }
}
