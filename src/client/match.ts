import { EPHID_BYTES, hybrid, lowCost, time } from "../crypto/index.ts"
import { type Batch, type Design, type Lengths, slotAt } from "../protocol/index.ts"
import { coarseBetween, entries, freshBetween, matchedKey } from "./layout.ts"
import type { ReadTx, WriteTx } from "./ports.ts"
import { append, coarsen } from "./record.ts"

/** An observation as it lies in the store. */
interface Observation {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly slot: number
  readonly id: Uint8Array
  /** Only fresh ones have marks. */
  readonly marks?: { readonly bucket: number; readonly after: number }
}

function observation([key, value]: [Uint8Array, Uint8Array], fresh: boolean): Observation {
  const view = new DataView(key.buffer, key.byteOffset)
  const at = { key, value, slot: view.getUint32(1), id: key.slice(5, 5 + EPHID_BYTES) }
  return fresh ? { ...at, marks: { bucket: view.getUint32(21), after: view.getUint32(25) } } : at
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
function secretsOf(batch: Batch): { slot: number; secret: Uint8Array }[] {
  const size = batch.design.secretBytes
  return batch.groups.flatMap(({ slot, secrets }) =>
    Array.from({ length: secrets.length / size }, (_, i) => ({
      slot,
      secret: secrets.subarray(size * i, size * (i + 1)),
    })),
  )
}

/** Which observations some published secret explains. */
function matching(batch: Batch, observations: readonly Observation[], lengths: Lengths): Set<number> {
  const perSlot = batch.design.slotSeconds(lengths) / (60 * lengths.epochMinutes)
  const secrets = secretsOf(batch)
  const found =
    batch.design.name === "low-cost"
      ? lowCost.candidates(
          secrets.map(({ slot, secret }) => ({ dayKey: secret, firstDay: slot, lastDay: lastDayOf(batch.bucket) })),
          observations.map(({ id, slot }) => ({ ephId: id, day: slot })),
          perSlot,
        )
      : hybrid.candidates(
          secrets.map(({ slot, secret }) => ({ seed: secret, window: slot })),
          observations.map(({ id, slot }) => ({ ephId: id, window: slot })),
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
  const first = batch.groups[0]?.slot ?? 0
  const last = design.name === "low-cost" ? lastDayOf(bucket) : (batch.groups.at(-1)?.slot ?? 0)
  const observations = (await observationsBetween(tx, first, last)).filter(one => heardBefore(one, bucket))
  const matched = matching(batch, observations, lengths)
  for (const index of matched) {
    const { key, value, slot, id } = observations[index]!
    tx.del(key)
    await append(tx, matchedKey(dayOfSlot(design, slot, lengths), slot, id), value)
  }
  await coarsenAll(tx, bucket)
  return matched.size
}

const dayOfSlot = (design: Design, slot: number, lengths: Lengths): number =>
  Math.floor((slot * design.slotSeconds(lengths)) / time.SECONDS_PER_DAY)

async function coarsenAll(tx: WriteTx, bucket: number): Promise<void> {
  for (const entry of await entries(tx, freshBetween(0, 2 ** 32 - 1))) {
    const { key, value, slot, id, marks } = observation(entry, true)
    if (marks !== undefined && marks.bucket <= bucket && marks.after < bucket + 1)
      await coarsen(tx, slot, id, key, value)
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
  for (const { key } of await observationsBetween(tx, 0, first - 1)) tx.del(key)
}
