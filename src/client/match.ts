import { concat, type kernel, time } from "../crypto/index.ts"
import {
  type Batch,
  DAYS_BACK,
  type Design,
  type FilterBatch,
  heardAt,
  type KeyBatch,
  type Lengths,
  mayContain,
  type SecretBatch,
} from "../protocol/index.ts"
import { contactId, withPower } from "./contact.ts"
import { type Heard, heardBefore, identifierAt, keyAt, NO_MARK } from "./heard.ts"
import { coarseBetween, coarseKey, entries, freshBetween, matchedKey } from "./layout.ts"
import { type Contacts, keySearch, revise } from "./match-keys.ts"
import type { Clock, Ports, WriteTx } from "./ports.ts"
import { append } from "./record.ts"
import { type Rest, restless } from "./rest.ts"

/** The day of second 7200·(bucket+1)−1: a chain is followed so far and no further (protocol §7). */
const lastDayOf = (bucket: number): number => time.day(time.bucketStart(bucket + 1) - 1)

/** The secrets of a batch as the columns that the kernel takes. */
function publishedKeys({ design, bucket, entries: count, groups }: SecretBatch): kernel.PublishedKeys {
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
  match(batch: Batch | KeyBatch, cancelled: () => boolean): Promise<number[] | undefined>
  /** Of the batch that was matched last, in design 4: what is known of who was heard at each of the places. */
  readonly contacts?: Contacts
  close(): Promise<void>
}

/** Matching shares the thread with the app: it lets others work once a frame, where the host can wait. */
const STRETCH_MS = 16

export const paceOf = (clock: Clock, wait: Ports["wait"]): kernel.Pace => ({
  now: () => clock.monotonic(),
  pause: async () => wait?.(0),
  stretchMs: STRETCH_MS,
})

/** What a matcher of batches works with. */
export interface Matching {
  /** Finds published secrets; in this thread, or wherever the host has put it. */
  readonly matcher: kernel.AsyncMatcher
  /** How look-ups in a filter share this thread. */
  readonly pace: kernel.Pace
  readonly design: Design
  readonly heard: Heard
  readonly lengths: Lengths
}

/** A matcher for the batches of one design. */
export async function batchMatcher(matching: Matching): Promise<BatchMatcher> {
  const { matcher, design, heard, lengths } = matching
  if (design.publishes === "filter")
    return {
      async match(batch, cancelled) {
        if (batch.holds !== "filter") throw new TypeError(`batch: expected a filter, got ${batch.holds}`)
        return lookUp(matching, batch, cancelled)
      },
      async close() {},
    }
  if (design.publishes === "archive") return archiveMatcher(matching)
  const identifiersPerKey = design.slotSeconds(lengths) / (60 * lengths.epochMinutes)
  const name = design.name === "low-cost" ? "low-cost" : "hybrid"
  const search = await matcher.search(name, heard, { identifiersPerKey })
  return {
    async match(batch, cancelled) {
      if (batch.holds !== "secrets") throw new TypeError(`batch: expected secrets, got ${batch.holds}`)
      const found = await search.match(publishedKeys(batch), { cancelled })
      if (found === undefined) return undefined
      const places = new Set(found.map(({ observation }) => observation))
      return [...places].filter(place => heardBefore(heard, place, batch.bucket)).sort((a, b) => a - b)
    },
    close: () => search.close(),
  }
}

async function archiveMatcher({ matcher, heard }: Matching): Promise<BatchMatcher> {
  const search = await keySearch(matcher, heard)
  let contacts: Contacts = new Map()
  return {
    async match(batch, cancelled) {
      if (batch.holds !== "keys") throw new TypeError(`batch: expected keys, got ${batch.holds}`)
      const found = await search.match(batch, place => heardBefore(heard, place, batch.bucket), cancelled)
      if (found === undefined) return undefined
      contacts = found
      return [...found.keys()].sort((a, b) => a - b)
    },
    get contacts() {
      return contacts
    },
    close: () => search.close(),
  }
}

/** Look-ups between two looks at the clock: less than a millisecond. */
const AT_A_TIME = 32

/** The places of what is in the filter and was heard in the days that the batch may speak of. */
async function lookUp(
  { pace, design, heard, lengths }: Matching,
  batch: FilterBatch,
  cancelled: () => boolean,
): Promise<number[] | undefined> {
  const today = lastDayOf(batch.bucket)
  const places: number[] = []
  let began = pace.now()
  for (const [place, coarseTime] of heard.times.entries()) {
    const day = dayOf(design, coarseTime, lengths)
    const counts = day >= today - DAYS_BACK && day <= today && heardBefore(heard, place, batch.bucket)
    if (counts && mayContain(batch, identifierAt(heard, place))) places.push(place)
    if (place % AT_A_TIME > 0) continue
    if (cancelled()) return undefined
    if (pace.now() - began < pace.stretchMs) continue
    await pace.pause()
    began = pace.now()
  }
  return places
}

/**
 * Everything a batch changes about observations: what matches moves to the matched ones, and what can no longer be
 * heard after a later batch loses its marks. One write, with the cursor; when it fails, the columns are to be read anew.
 * @param places of `heard`, as {@link BatchMatcher} gave them, and what it knows of their contacts
 */
export async function applyBatch(
  tx: WriteTx,
  batch: Batch | KeyBatch,
  heard: Heard,
  places: readonly number[],
  lengths: Lengths,
  contacts?: Contacts,
  rest: Rest = restless,
): Promise<void> {
  const { design, bucket } = batch
  for (const place of places) {
    const coarseTime = heard.times[place]!
    const id = identifierAt(heard, place)
    const key = keyAt(heard, place)
    const value = await tx.get(key)
    // An earlier batch of this sync has moved it.
    if (value === undefined) continue
    tx.del(key)
    const day = dayOf(design, coarseTime, lengths)
    const contact = contacts?.get(place)
    if (contact === undefined) await append(tx, matchedKey(day, coarseTime, id), value)
    else await append(tx, matchedKey(day, coarseTime, contactId(id, contact)), withPower(value, contact.txPower))
  }
  if (batch.holds === "keys") await revise(tx, batch)
  await coarsenAll(tx, heard, bucket, rest)
}

const dayOf = (design: Design, heard: number, lengths: Lengths): number =>
  Math.floor((heard * design.heardSeconds(lengths)) / time.SECONDS_PER_DAY)

/**
 * Both marks go: from now on only what and at which coarse time is known. What is heard while a sync goes on is not in
 * its columns: it keeps its marks until the next one.
 */
async function coarsenAll(tx: WriteTx, heard: Heard, n: number, rest: Rest): Promise<void> {
  const { times, buckets, afters, fading, twice } = heard
  let done = 0
  for (const [last, places] of fading) {
    if (last > n) continue
    fading.delete(last)
    for (const place of places) {
      const fresh = keyAt(heard, place)
      const coarse = coarseKey(times[place]!, identifierAt(heard, place))
      buckets[place] = NO_MARK
      afters[place] = NO_MARK
      const got = tx.get(fresh)
      const value = got instanceof Promise ? await got : got
      // What has matched is not there any more.
      if (value !== undefined) {
        tx.del(fresh)
        if (twice[place] === 0) tx.put(coarse, value)
        else await append(tx, coarse, value)
      }
      if (++done % AT_A_TIME === 0) await rest()
    }
  }
}

/** Observations are kept for fourteen days. */
export async function pruneObservations(
  tx: WriteTx,
  design: Design,
  firstDay: number,
  lengths: Lengths,
): Promise<void> {
  const first = heardAt(design, firstDay * time.SECONDS_PER_DAY, lengths)
  if (first === 0) return
  for (const range of [freshBetween(0, first - 1), coarseBetween(0, first - 1)])
    for (const [key] of await entries(tx, range)) tx.del(key)
}
