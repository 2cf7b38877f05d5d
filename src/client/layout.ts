import { ascii, concat, u32 } from "../crypto/index.ts"
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
 * The time of an observation is coarse, a day or a window; its id is what a design keeps of an identifier: the identifier
 * itself, or the 32 bytes x of the unlinkable design. Observations are keyed by what was heard, so that their order
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
export const freshKey = (heard: number, id: Uint8Array, bucket: number, after: number): Uint8Array =>
  concat(FRESH, u32(heard), id, u32(bucket), u32(after))
export const coarseKey = (heard: number, id: Uint8Array): Uint8Array => concat(COARSE, u32(heard), id)
export const matchedKey = (day: number, heard: number, id: Uint8Array): Uint8Array =>
  concat(MATCHED, u32(day), u32(heard), id)
export const journalKey = (number: number): Uint8Array => concat(JOURNAL, u32(number))
export const receiptKey = (promised: number, tag: Uint8Array): Uint8Array => concat(RECEIPTS, u32(promised), tag)
export const actionKey = (id: Uint8Array): Uint8Array => concat(ACTIONS, id)

/** A number that stands in a key. */
const numberAt = (key: Uint8Array, offset: number): number => new DataView(key.buffer, key.byteOffset).getUint32(offset)
const [NUMBER, LETTER] = [4, 1]

/** The slot of an own secret. */
export const slotOfSecret = (key: Uint8Array): number => numberAt(key, LETTER)

/** What the key of a fresh observation says. */
export function parseFresh(key: Uint8Array): { heard: number; id: Uint8Array; bucket: number; after: number } {
  const end = key.length - 2 * NUMBER
  const marks = { bucket: numberAt(key, end), after: numberAt(key, end + NUMBER) }
  return { heard: numberAt(key, LETTER), id: key.slice(LETTER + NUMBER, end), ...marks }
}

/** What the key of a coarse observation says. */
export const parseCoarse = (key: Uint8Array): { heard: number; id: Uint8Array } => ({
  heard: numberAt(key, LETTER),
  id: key.slice(LETTER + NUMBER),
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
  const range = tx.range(from, to)
  let done = 0
  if (Symbol.iterator in range)
    for (const [key] of range) {
      call(key)
      if (++done % AT_A_TIME === 0) await rest()
    }
  else
    for await (const [key] of range) {
      call(key)
      if (++done % AT_A_TIME === 0) await rest()
    }
}

export const count = async (tx: ReadTx, range: readonly [Uint8Array, Uint8Array]): Promise<number> =>
  tx.count ? tx.count(...range) : (await entries(tx, range)).length
