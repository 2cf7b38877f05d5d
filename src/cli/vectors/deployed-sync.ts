import { syncDueAt } from "../../client/index.ts"
import { time } from "../../crypto/index.ts"

/*
 * What deployed apps do when they fetch and send, and this client does otherwise: it takes the batches that its log holds,
 * matches without a system's leave, and keeps an action until it is sent. Kept so that their published cases can be run.
 */

/** Batches to fetch: all that were released after the cursor, up to the newest that is complete. */
export interface BatchPlan {
  /** Release times in unix seconds, ascending, each a multiple of the bucket. */
  readonly batches: readonly number[]
  readonly cursor: number
}

/**
 * A first sync fetches nothing: a phone that has just begun to listen has heard nobody.
 * @param cursor release time of the last batch that was processed; undefined before the first sync
 * @param now unix seconds
 */
export function batchesToFetch(
  cursor: number | undefined,
  now: number,
  bucketSeconds: number = time.SECONDS_PER_BUCKET,
): BatchPlan {
  if (!Number.isInteger(bucketSeconds) || bucketSeconds < 1)
    throw new RangeError(`bucketSeconds: expected a whole number of seconds, 1 or more, got ${bucketSeconds}`)
  const newest = Math.floor(time.unixSeconds(now) / bucketSeconds) * bucketSeconds
  if (cursor === undefined) return { batches: [], cursor: newest }
  const last = Math.floor(time.unixSeconds(cursor) / bucketSeconds) * bucketSeconds
  // A clock set back must not move the cursor back, or batches would be processed twice.
  const count = Math.max(0, (newest - last) / bucketSeconds)
  const batches = Array.from({ length: count }, (_, i) => last + (i + 1) * bucketSeconds)
  return { batches, cursor: Math.max(last, newest) }
}

const DAY_SECONDS = 86_400

/**
 * What remains of the number of detections that a system allows in 24 hours, and whether one should be run now: the
 * day is shared out evenly.
 * @param calls unix seconds, in any order
 */
export function detectionBudget(
  calls: readonly number[],
  now: number,
  perDay: number,
): { remaining: number; isDue: boolean } {
  if (!Number.isInteger(perDay) || perDay < 1)
    throw new RangeError(`perDay: expected a whole number of calls, 1 or more, got ${perDay}`)
  const recent = calls.filter(at => now - at < DAY_SECONDS)
  const last = recent.reduce<number | undefined>((latest, at) => Math.max(latest ?? at, at), undefined)
  const remaining = Math.max(0, perDay - recent.length)
  return { remaining, isDue: remaining > 0 && now >= syncDueAt(last, now, DAY_SECONDS / perDay) }
}

const RETRY_SECONDS = 1800

/** After an action: the next time when it was sent; the same one, tried again after half an hour, when it was not. */
export function settleCover(
  scheduled: number,
  next: number,
  now: number,
  sent: boolean,
): { readonly scheduled: number; readonly retryAt: number | undefined } {
  return sent ? { scheduled: next, retryAt: undefined } : { scheduled, retryAt: now + RETRY_SECONDS }
}
