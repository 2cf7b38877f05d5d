import type { Design } from "../protocol/index.ts"
import {
  afterOf,
  bucketOf,
  coarseBetween,
  coarseKey,
  count,
  forEachKey,
  freshBetween,
  freshKey,
  heardOf,
  idOf,
} from "./layout.ts"
import type { ReadTx } from "./ports.ts"
import { type Rest, restless } from "./rest.ts"

const MAX = 2 ** 32 - 1
/** The mark of an observation that has lost both: bucket and clock are older than any batch. */
export const NO_MARK = MAX

/** What the phone heard, as flat columns, in the order of the store; the values stay there. */
export interface Heard {
  /** What the design keeps of an identifier, one after the other: 16 bytes, 32 of x, or 20 in design 4. */
  readonly identifiers: Uint8Array
  /** Coarse times: days, windows, or intervals of ten minutes in design 4. */
  readonly times: Uint32Array
  /** The two temporary marks; NO_MARK for a coarse observation, and from the write that takes them away. */
  readonly buckets: Uint32Array
  readonly afters: Uint32Array
  /** By batch: the places whose marks go when it is through, because all later ones come after them. */
  readonly fading: Map<number, number[]>
  /** Whether the same was heard in the same coarse time under other marks, or was coarse already. */
  readonly twice: Uint8Array
}

/** Everything that was heard before a sync begins. No more of it is held than the columns: it is two weeks of a city. */
export async function readHeard(tx: ReadTx, { keptBytes }: Design, rest: Rest = restless): Promise<Heard> {
  const ranges = [freshBetween(0, MAX), coarseBetween(0, MAX)] as const
  const most = (await count(tx, ranges[0])) + (await count(tx, ranges[1]))
  const identifiers = new Uint8Array(keptBytes * most)
  const times = new Uint32Array(most)
  const buckets = new Uint32Array(most).fill(NO_MARK)
  const afters = new Uint32Array(most).fill(NO_MARK)
  let at = 0
  const keep = (key: Uint8Array, marksBytes: number) => {
    // What was heard under another design is no match of this one.
    if (key.length !== idOf.from + keptBytes + marksBytes) return
    for (let i = 0; i < keptBytes; i++) identifiers[keptBytes * at + i] = key[idOf.from + i]!
    times[at] = heardOf(key)
    if (marksBytes > 0) {
      buckets[at] = bucketOf(key)
      afters[at] = afterOf(key)
    }
    at++
  }
  await forEachKey(tx, ranges[0], key => keep(key, idOf.marksBytes), rest)
  const fresh = at
  await forEachKey(tx, ranges[1], key => keep(key, 0), rest)
  const [end, bytes] = [at, keptBytes * at]
  const columns = {
    identifiers: identifiers.subarray(0, bytes),
    times: times.subarray(0, end),
    buckets: buckets.subarray(0, end),
    afters: afters.subarray(0, end),
  }
  return { ...columns, fading: fadingOf(columns, fresh), twice: twiceOf(columns, fresh, keptBytes) }
}

/** @param fresh how many observations, the first ones, have marks */
function fadingOf({ buckets, afters }: Pick<Heard, "buckets" | "afters">, fresh: number): Map<number, number[]> {
  const fading = new Map<number, number[]>()
  for (let place = 0; place < fresh; place++) {
    const last = Math.max(buckets[place]!, afters[place]!)
    const known = fading.get(last)
    if (known) known.push(place)
    else fading.set(last, [place])
  }
  return fading
}

/** Fresh and coarse observations both lie in the order of time and identifier: one walk over the two finds all. */
function twiceOf(
  { identifiers, times }: Pick<Heard, "identifiers" | "times">,
  fresh: number,
  size: number,
): Uint8Array {
  const twice = new Uint8Array(fresh)
  const order = (a: number, b: number): number => {
    if (times[a] !== times[b]) return times[a]! - times[b]!
    for (let i = 0; i < size; i++) {
      const difference = identifiers[size * a + i]! - identifiers[size * b + i]!
      if (difference !== 0) return difference
    }
    return 0
  }
  for (let place = 1; place < fresh; place++) if (order(place - 1, place) === 0) twice[place - 1] = twice[place] = 1
  for (let [place, coarse] = [0, fresh]; place < fresh && coarse < times.length; ) {
    const difference = order(place, coarse)
    if (difference === 0) twice[place] = 1
    if (difference <= 0) place++
    else coarse++
  }
  return twice
}

/**
 * Heard before the batch was published, by the wall clock (its second < 7200·(n+1), which is its bucket ≤ n) and by
 * the logical one (after < n): what was published already when it was heard may be a replay (WP 2.1, footnote 10).
 */
export function heardBefore({ buckets, afters }: Heard, place: number, n: number): boolean {
  return buckets[place] === NO_MARK || (buckets[place]! <= n && afters[place]! < n)
}

/** What was kept of it, copied. */
export function identifierAt({ identifiers, times }: Heard, place: number): Uint8Array<ArrayBuffer> {
  const size = identifiers.length / times.length
  return identifiers.slice(size * place, size * (place + 1)) as Uint8Array<ArrayBuffer>
}

/** Where an observation lies as long as no batch has moved it. */
export function keyAt(heard: Heard, place: number): Uint8Array {
  const [coarseTime, id, bucket] = [heard.times[place]!, identifierAt(heard, place), heard.buckets[place]!]
  return bucket === NO_MARK ? coarseKey(coarseTime, id) : freshKey(coarseTime, id, bucket, heard.afters[place]!)
}
