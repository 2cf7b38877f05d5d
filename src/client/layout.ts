import { ascii, concat, requireU32, u32 } from "../crypto/index.ts"
import type { ReadTx } from "./ports.ts"

/*
 * What lies in the store, by the first byte of the key
 *   m            state: cursor, head, parameters … (state.ts)
 *   s slot       own secret of a day, epoch or window (schedule.ts)
 *   f time id bucket after    fresh observation: heard in that bucket, when the newest known batch was `after`
 *   o time id    coarse observation: both marks gone
 *   x day time id   matched observation
 *   r            report that is being prepared or sent (report.ts)
 *   a id         action under way: what its second upload needs (delivery.ts)
 *   j number     journal (journal.ts)
 *   c batch tag  receipt of an upload (receipts.ts)
 * The time of an observation is coarse: a day, a window, or an interval of ten minutes in design 4. Its id is what a design
 * keeps of an identifier: the identifier itself (with its metadata in design 4), or the 32 bytes x of the unlinkable design. Observations are keyed by what was heard, so that their order
 * tells nothing about their arrival (protocol §3).
 */
const space = (letter: string): Uint8Array => ascii(letter)

export const STATE = space("m")
export const REPORT = space("r")
const SECRETS = space("s")
const FRESH = space("f")
const COARSE = space("o")
const MATCHED = space("x")
const ACTIONS = space("a")
const JOURNAL = space("j")
const RECEIPTS = space("c")

export const secretKey = (slot: number): Uint8Array => concat(SECRETS, u32(slot))
export const freshKey = (heard: number, id: Uint8Array, bucket: number, after: number): Uint8Array => {
  const key = heardKey(FRESH, heard, id, 2 * NUMBER)
  putNumber(key, key.length - 2 * NUMBER, bucket)
  putNumber(key, key.length - NUMBER, after)
  return key
}
export const coarseKey = (heard: number, id: Uint8Array): Uint8Array => heardKey(COARSE, heard, id, 0)
export const matchedKey = (day: number, heard: number, id: Uint8Array): Uint8Array =>
  concat(MATCHED, u32(day), u32(heard), id)
export const journalKey = (number: number): Uint8Array => concat(JOURNAL, u32(number))
export const receiptKey = (promised: number, tag: Uint8Array): Uint8Array => concat(RECEIPTS, u32(promised), tag)
export const actionKey = (id: Uint8Array): Uint8Array => concat(ACTIONS, id)

const [NUMBER, LETTER] = [4, 1]

// A sync reads and writes a hundred thousand keys: each is made at once, and read where it lies.

/** A number that stands in a key. */
const numberAt = (key: Uint8Array, at: number): number =>
  ((key[at]! << 24) | (key[at + 1]! << 16) | (key[at + 2]! << 8) | key[at + 3]!) >>> 0

function putNumber(key: Uint8Array, at: number, value: number): void {
  requireU32("number", value)
  key[at] = value >>> 24
  key[at + 1] = value >>> 16
  key[at + 2] = value >>> 8
  key[at + 3] = value
}

/** letter ‖ time ‖ id, and room for what comes after it. */
function heardKey(letter: Uint8Array, heard: number, id: Uint8Array, room: number): Uint8Array {
  const key = new Uint8Array(LETTER + NUMBER + id.length + room)
  key[0] = letter[0]!
  putNumber(key, LETTER, heard)
  key.set(id, LETTER + NUMBER)
  return key
}

/** The slot of an own secret. */
export const slotOfSecret = (key: Uint8Array): number => numberAt(key, LETTER)

/** Where the id of an observation lies in its key: to the end, or to the marks of a fresh one. */
export const idOf = { from: LETTER + NUMBER, marksBytes: 2 * NUMBER } as const
/** The coarse time in the key of a fresh or coarse observation. */
export const heardOf = (key: Uint8Array): number => numberAt(key, LETTER)
/** The two marks of a fresh one. */
export const bucketOf = (key: Uint8Array): number => numberAt(key, key.length - 2 * NUMBER)
export const afterOf = (key: Uint8Array): number => numberAt(key, key.length - NUMBER)

/** What the key of a fresh observation says. */
export function parseFresh(key: Uint8Array): { heard: number; id: Uint8Array; bucket: number; after: number } {
  const id = key.slice(idOf.from, key.length - idOf.marksBytes)
  return { heard: heardOf(key), id, bucket: bucketOf(key), after: afterOf(key) }
}

/** What the key of a coarse observation says. */
export const parseCoarse = (key: Uint8Array): { heard: number; id: Uint8Array } => ({
  heard: heardOf(key),
  id: key.slice(idOf.from),
})

/** What the key of a matched observation says. */
export const parseMatched = (key: Uint8Array): { day: number; heard: number; id: Uint8Array } => ({
  day: numberAt(key, LETTER),
  heard: numberAt(key, LETTER + NUMBER),
  id: key.slice(LETTER + 2 * NUMBER),
})

/** [from, to) over the keys of a space whose first number is in [first, last]. */
const between = (prefix: Uint8Array, first: number, last: number): [Uint8Array, Uint8Array] => [
  concat(prefix, u32(first)),
  last >= 2 ** 32 - 1 ? after(prefix) : concat(prefix, u32(last + 1)),
]
const after = (prefix: Uint8Array): Uint8Array => Uint8Array.of(prefix[0]! + 1)
const MAX = 2 ** 32 - 1

export const secretsBetween = (first: number, last: number) => between(SECRETS, first, last)
export const freshBetween = (first: number, last: number) => between(FRESH, first, last)
export const coarseBetween = (first: number, last: number) => between(COARSE, first, last)
export const matchedBetween = (firstDay: number, lastDay: number = MAX) => between(MATCHED, firstDay, lastDay)
export const allActions = (): [Uint8Array, Uint8Array] => [ACTIONS, after(ACTIONS)]

/** Receipts of batches before one. */
export const receiptsBefore = (bucket: number) => between(RECEIPTS, 0, bucket - 1)
export const allJournal = (): [Uint8Array, Uint8Array] => [JOURNAL, after(JOURNAL)]
/** Everything there is. */
export const EVERYTHING: readonly [Uint8Array, Uint8Array] = [new Uint8Array(0), Uint8Array.of(255)]

/** All entries of a range, whichever way the store iterates. */
export async function entries(
  tx: ReadTx,
  [from, to]: readonly [Uint8Array, Uint8Array],
): Promise<[Uint8Array, Uint8Array][]> {
  const range = tx.range(from, to)
  // Waiting for each of many entries that are there would take longer than the entries do.
  if (Symbol.iterator in range) return [...range]
  const out: [Uint8Array, Uint8Array][] = []
  for await (const entry of range) out.push(entry)
  return out
}

/** Entries between two moments at which others may work. */
const AT_A_TIME = 256

/** Calls for the key of each entry of a range, without holding them. @param rest may end it by throwing */
export async function forEachKey(
  tx: ReadTx,
  [from, to]: readonly [Uint8Array, Uint8Array],
  call: (key: Uint8Array) => void,
  rest: () => Promise<void>,
): Promise<void> {
  const keys = tx.keys?.(from, to) ?? keysOf(tx.range(from, to))
  let done = 0
  if (Symbol.iterator in keys)
    for (const key of keys) {
      call(key)
      if (++done % AT_A_TIME === 0) await rest()
    }
  else
    for await (const key of keys) {
      call(key)
      if (++done % AT_A_TIME === 0) await rest()
    }
}

type Entry = [Uint8Array, Uint8Array]

const keysOf = (range: Iterable<Entry> | AsyncIterable<Entry>): Iterable<Uint8Array> | AsyncIterable<Uint8Array> =>
  Symbol.iterator in range ? first(range) : firstLater(range)

function* first(range: Iterable<Entry>): Iterable<Uint8Array> {
  for (const [key] of range) yield key
}
async function* firstLater(range: AsyncIterable<Entry>): AsyncIterable<Uint8Array> {
  for await (const [key] of range) yield key
}

export const count = async (tx: ReadTx, range: readonly [Uint8Array, Uint8Array]): Promise<number> =>
  tx.count ? tx.count(...range) : (await entries(tx, range)).length
