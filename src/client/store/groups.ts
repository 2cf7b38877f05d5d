import { concat } from "../../crypto/index.ts"
import { textOf } from "./overlay.ts"

/*
 * Which entries an encrypted page holds together, by the first byte of the key (layout.ts)
 *   f time … bucket after   what was heard in one coarse time and one bucket: the page that a scan is written to
 *   o, x                    what was heard in one coarse time, matched on one day: the first five bytes
 *   all others              everything under that letter
 * The name of a group is its prefix, and for f the bucket after it.
 */
const [FRESH, COARSE, MATCHED] = [0x66, 0x6f, 0x78]
const PREFIX_BYTES = 5
const MARKS_BYTES = 8

export interface Group {
  readonly name: Uint8Array
  /** How many entries it has. */
  readonly count: number
}

/** The name of the group that a key belongs to. */
export function groupOf(key: Uint8Array): Uint8Array {
  const letter = key[0]
  if (letter !== FRESH && letter !== COARSE && letter !== MATCHED) return key.slice(0, 1)
  const prefix = key.slice(0, PREFIX_BYTES)
  if (letter !== FRESH || key.length < PREFIX_BYTES + MARKS_BYTES) return prefix
  return concat(prefix, key.slice(-MARKS_BYTES, -MARKS_BYTES / 2))
}

/** Whether a key belongs to the group of a name. */
export function isOf(name: Uint8Array, key: Uint8Array): boolean {
  const letter = key[0]
  const isHeard = letter === FRESH || letter === COARSE || letter === MATCHED
  const prefix = Math.min(isHeard ? PREFIX_BYTES : 1, key.length)
  const hasMarks = letter === FRESH && key.length >= PREFIX_BYTES + MARKS_BYTES
  if (name.length !== prefix + (hasMarks ? MARKS_BYTES / 2 : 0)) return false
  for (let i = 0; i < name.length; i++)
    if (name[i] !== key[i < prefix ? i : key.length - MARKS_BYTES + i - prefix]) return false
  return true
}

const prefixOf = (name: Uint8Array): string => textOf(name.subarray(0, PREFIX_BYTES))
/** Behind every key that begins with a prefix: no byte has this character. */
const BEHIND = "\u0100"

/** Whether keys of a group may be in [from, to). */
export const overlaps = (name: Uint8Array, from: Uint8Array, to: Uint8Array): boolean =>
  textOf(from) < prefixOf(name) + BEHIND && prefixOf(name) < textOf(to)

/** Whether all keys of a group are in [from, to). */
export const isInside = (name: Uint8Array, from: Uint8Array, to: Uint8Array): boolean =>
  textOf(from) <= prefixOf(name) && prefixOf(name) + BEHIND < textOf(to)

/** Groups by their prefix, ascending: keys of different prefixes do not mix. */
export function groupsOf(groups: Iterable<Group>): Group[][] {
  const byPrefix = new Map<string, Group[]>()
  for (const group of groups) {
    const prefix = prefixOf(group.name)
    const known = byPrefix.get(prefix)
    if (known) known.push(group)
    else byPrefix.set(prefix, [group])
  }
  return [...byPrefix].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, list]) => list)
}
