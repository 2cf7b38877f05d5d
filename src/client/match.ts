import { concat, EPHID_BYTES, kernel, time } from "../crypto/index.ts"
import { type Batch, type Design, type Lengths, slotAt } from "../protocol/index.ts"
import { coarseBetween, coarseKey, entries, freshBetween, freshKey, matchedKey } from "./layout.ts"
import type { Clock, Ports, ReadTx, WriteTx } from "./ports.ts"
import { append, coarsen } from "./record.ts"

const MAX = 2 ** 32 - 1
/** The mark of an observation that has lost both: bucket and clock are older than any batch. */
const NO_MARK = MAX

/** What the phone heard, as flat columns, in the order of the store; the values stay there. */
export interface Heard {
  readonly identifiers: Uint8Array
  readonly slots: Uint32Array
  /** The two temporary marks; NO_MARK for a coarse observation. */
  readonly buckets: Uint32Array
  readonly afters: Uint32Array
}

/** Everything that was heard in slots up to `last`, before a sync begins. */
export async function readHeard(tx: ReadTx): Promise<Heard> {
  const fresh = await entries(tx, freshBetween(0, MAX))
  const coarse = await entries(tx, coarseBetween(0, MAX))
  const count = fresh.length + coarse.length
  const heard = {
    identifiers: new Uint8Array(EPHID_BYTES * count),
    slots: new Uint32Array(count),
    buckets: new Uint32Array(count).fill(NO_MARK),
    afters: new Uint32Array(count).fill(NO_MARK),
  }
  let at = 0
  const put = (key: Uint8Array): DataView => {
    const view = new DataView(key.buffer, key.byteOffset)
    heard.slots[at] = view.getUint32(1)
    heard.identifiers.set(key.subarray(5, 5 + EPHID_BYTES), EPHID_BYTES * at)
    return view
  }
  for (const [key] of fresh) {
    const view = put(key)
    heard.buckets[at] = view.getUint32(21)
    heard.afters[at++] = view.getUint32(25)
  }
  for (const [key] of coarse) {
    put(key)
    at++
  }
  return heard
}

/**
 * Heard before the batch was published, by the wall clock (its second < 7200·(n+1), which is its bucket ≤ n) and by
 * the logical one (after < n): what was published already when it was heard may be a replay (WP 2.1, footnote 10).
 */
function heardBefore({ buckets, afters }: Heard, place: number, n: number): boolean {
  return buckets[place] === NO_MARK || (buckets[place]! <= n && afters[place]! < n)
}

/** The day of second 7200·(bucket+1)−1: a chain is followed so far and no further (protocol §7). */
const lastDayOf = (bucket: number): number => time.day(time.bucketStart(bucket + 1) - 1)

/** The secrets of a batch as the columns that the kernel takes. */
function publishedKeys({ design, bucket, entries: count, groups }: Batch): kernel.PublishedKeys {
  const first = new Uint32Array(count)
  const last = new Uint32Array(count)
  let at = 0
  for (const { slot, secrets } of groups) {
    const end = at + secrets.length / design.secretBytes
    first.fill(slot, at, end)
    last.fill(design.name === "low-cost" ? lastDayOf(bucket) : slot, at, end)
    at = end
  }
  return { secrets: concat(...groups.map(group => group.secrets)), first, last }
}

/** Finds what a batch explains. It is made once a sync, from what was heard before. */
export interface BatchMatcher {
  /** The places in `heard` of what some published secret explains, ascending; undefined when it was cancelled. */
  match(batch: Batch, cancelled: () => boolean): Promise<number[] | undefined>
  close(): Promise<void>
}

/** Matching shares the thread with the app: it lets others work at least this often, where the host can wait. */
const STRETCH_MS = 30

export const inThisThread = (clock: Clock, wait: Ports["wait"]): kernel.AsyncMatcher =>
  kernel.inThread(kernel.createMatcher(), {
    now: () => clock.monotonic(),
    pause: async () => wait?.(0),
    stretchMs: STRETCH_MS,
  })

/** A matcher for the batches of one design, over the port: in this thread, or wherever the host has put it. */
export async function batchMatcher(
  matcher: kernel.AsyncMatcher,
  design: Design,
  heard: Heard,
  lengths: Lengths,
): Promise<BatchMatcher> {
  const identifiersPerKey = design.slotSeconds(lengths) / (60 * lengths.epochMinutes)
  const observations = { identifiers: heard.identifiers, times: heard.slots }
  const name = design.name === "low-cost" ? "low-cost" : "hybrid"
  const search = await matcher.search(name, observations, { identifiersPerKey })
  return {
    async match(batch, cancelled) {
      const found = await search.match(publishedKeys(batch), { cancelled })
      if (found === undefined) return undefined
      const places = new Set(found.map(({ observation }) => observation))
      return [...places].filter(place => heardBefore(heard, place, batch.bucket)).sort((a, b) => a - b)
    },
    close: () => search.close(),
  }
}

/**
 * Everything a batch changes about observations: what matches moves to the matched ones, and what can no longer be
 * heard after a later batch loses its marks. One write, with the cursor.
 * @param places of `heard`, as {@link BatchMatcher} gave them
 */
export async function applyBatch(
  tx: WriteTx,
  { design, bucket }: Batch,
  heard: Heard,
  places: readonly number[],
  lengths: Lengths,
): Promise<void> {
  for (const place of places) {
    const slot = heard.slots[place]!
    const id = heard.identifiers.slice(EPHID_BYTES * place, EPHID_BYTES * (place + 1))
    // An earlier batch of this sync may have moved it, or taken its marks.
    const fresh = freshKey(slot, id, heard.buckets[place]!, heard.afters[place]!)
    const key = (await tx.get(fresh)) === undefined ? coarseKey(slot, id) : fresh
    const value = await tx.get(key)
    if (value === undefined) continue
    tx.del(key)
    await append(tx, matchedKey(dayOfSlot(design, slot, lengths), slot, id), value)
  }
  await coarsenAll(tx, bucket)
}

const dayOfSlot = (design: Design, slot: number, lengths: Lengths): number =>
  Math.floor((slot * design.slotSeconds(lengths)) / time.SECONDS_PER_DAY)

async function coarsenAll(tx: WriteTx, n: number): Promise<void> {
  for (const [key, value] of await entries(tx, freshBetween(0, MAX))) {
    const view = new DataView(key.buffer, key.byteOffset)
    if (view.getUint32(21) <= n && view.getUint32(25) < n + 1)
      await coarsen(tx, view.getUint32(1), key.slice(5, 5 + EPHID_BYTES), key, value)
  }
}

/** Observations are kept for fourteen days. */
export async function pruneObservations(
  tx: WriteTx,
  design: Design,
  firstDay: number,
  lengths: Lengths,
): Promise<void> {
  const first = slotAt(design, firstDay * time.SECONDS_PER_DAY, lengths)
  if (first === 0) return
  for (const range of [freshBetween(0, first - 1), coarseBetween(0, first - 1)])
    for (const [key] of await entries(tx, range)) tx.del(key)
}
