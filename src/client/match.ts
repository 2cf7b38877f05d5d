import { hybrid, lowCost, time } from "../crypto/index.ts"
import {
  type Batch,
  DAYS_BACK,
  type Design,
  heardAt,
  type Lengths,
  mayContain,
  type SecretBatch,
} from "../protocol/index.ts"
import { coarseBetween, entries, freshBetween, matchedKey, parseCoarse, parseFresh } from "./layout.ts"
import type { ReadTx, WriteTx } from "./ports.ts"
import { append, coarsen } from "./record.ts"

/** An observation as it lies in the store. */
interface Observation {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** The coarse time: a day, or a window. */
  readonly heard: number
  readonly id: Uint8Array
  /** Only fresh ones have marks. */
  readonly marks?: { readonly bucket: number; readonly after: number }
}

function observation([key, value]: [Uint8Array, Uint8Array], fresh: boolean): Observation {
  if (!fresh) return { key, value, ...parseCoarse(key) }
  const { heard, id, ...marks } = parseFresh(key)
  return { key, value, heard, id, marks }
}

async function observationsBetween(tx: ReadTx, first: number, last: number): Promise<Observation[]> {
  return [
    ...(await entries(tx, freshBetween(first, last))).map(entry => observation(entry, true)),
    ...(await entries(tx, coarseBetween(first, last))).map(entry => observation(entry, false)),
  ]
}

/**
 * Heard before the batch was published, by the wall clock (its second < 7200·(n+1), which is its bucket ≤ n) and by
 * the logical one (after < n): what was published already when it was heard may be a replay (WP 2.1, footnote 10).
 */
const heardBefore = ({ marks }: Observation, n: number): boolean =>
  marks === undefined || (marks.bucket <= n && marks.after < n)

/** The published secrets of a batch, cut out of its groups. */
function secretsOf(batch: SecretBatch): { slot: number; secret: Uint8Array }[] {
  const size = batch.design.secretBytes
  return batch.groups.flatMap(({ slot, secrets }) =>
    Array.from({ length: secrets.length / size }, (_, i) => ({
      slot,
      secret: secrets.subarray(size * i, size * (i + 1)),
    })),
  )
}

/** Which observations the batch explains. */
function matching(batch: Batch, observations: readonly Observation[], lengths: Lengths): Set<number> {
  // The filter is over what is kept itself: x, with the epoch in it.
  if (batch.holds === "filter")
    return new Set(observations.flatMap(({ id }, index) => (mayContain(batch, id) ? [index] : [])))
  const perSlot = batch.design.slotSeconds(lengths) / (60 * lengths.epochMinutes)
  const secrets = secretsOf(batch)
  const found =
    batch.design.name === "low-cost"
      ? lowCost.candidates(
          secrets.map(({ slot, secret }) => ({ dayKey: secret, firstDay: slot, lastDay: lastDayOf(batch.bucket) })),
          observations.map(({ id, heard }) => ({ ephId: id, day: heard })),
          perSlot,
        )
      : hybrid.candidates(
          secrets.map(({ slot, secret }) => ({ seed: secret, window: slot })),
          observations.map(({ id, heard }) => ({ ephId: id, window: heard })),
          perSlot,
        )
  return new Set(found.map(candidate => candidate.observation))
}

/** The day of second 7200·(bucket+1)−1: a chain is followed so far and no further (protocol §7). */
const lastDayOf = (bucket: number): number => time.day(time.bucketStart(bucket + 1) - 1)

/**
 * Everything a batch changes about observations: what matches moves to the matched ones, and what can no longer be
 * heard after a later batch loses its marks. One write, with the cursor.
 * @returns the number of matched observations
 */
export async function processBatch(tx: WriteTx, batch: Batch, lengths: Lengths): Promise<number> {
  const { design, bucket } = batch
  const { first, last } = coveredBy(batch)
  const observations = (await observationsBetween(tx, first, last)).filter(one => heardBefore(one, bucket))
  const matched = matching(batch, observations, lengths)
  for (const index of matched) {
    const { key, value, heard, id } = observations[index]!
    tx.del(key)
    await append(tx, matchedKey(dayOf(design, heard, lengths), heard, id), value)
  }
  await coarsenAll(tx, bucket)
  return matched.size
}

/** The coarse times of observations that a batch can explain. */
function coveredBy(batch: Batch): { first: number; last: number } {
  const today = lastDayOf(batch.bucket)
  if (batch.holds === "filter") return { first: Math.max(0, today - DAYS_BACK), last: today }
  const { design, groups } = batch
  const last = design.name === "low-cost" ? today : (groups.at(-1)?.slot ?? 0)
  return { first: groups[0]?.slot ?? 0, last }
}

const dayOf = (design: Design, heard: number, lengths: Lengths): number =>
  Math.floor((heard * design.heardSeconds(lengths)) / time.SECONDS_PER_DAY)

async function coarsenAll(tx: WriteTx, bucket: number): Promise<void> {
  for (const entry of await entries(tx, freshBetween(0, 2 ** 32 - 1))) {
    const { key, value, heard, id, marks } = observation(entry, true)
    if (marks !== undefined && marks.bucket <= bucket && marks.after < bucket + 1)
      await coarsen(tx, heard, id, key, value)
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
  for (const { key } of await observationsBetween(tx, 0, first - 1)) tx.del(key)
}
