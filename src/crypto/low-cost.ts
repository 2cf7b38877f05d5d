import { ascii, type Bytes, requireBytes, requireNumber, requireU32 } from "./bytes.ts"
import { hmacSha256, sha256 } from "./hash.ts"
import { type Candidate, EPHID_BYTES, type EphId, expand, Heard } from "./identifiers.ts"
import { EPOCH_MINUTES, MINUTES_PER_DAY } from "./time.ts"

/** SK_t, the secret of one UTC day (WP 2.1). Whoever has it can compute those of all later days. */
export type DayKey = Bytes<"dayKey">
export const DAY_KEY_BYTES = 32

const BROADCAST_KEY = ascii("broadcast key")
const EPOCHS_PER_DAY = MINUTES_PER_DAY / EPOCH_MINUTES

/** SK_{t+1} = H(SK_t)  (WP 2.1) */
export function nextDayKey(dayKey: Uint8Array): DayKey {
  requireBytes("dayKey", DAY_KEY_BYTES, dayKey)
  return sha256(dayKey) as DayKey
}

/**
 * EphID_1 ‖ … ‖ EphID_n = AES-256-CTR(HMAC-SHA256(SK_t, "broadcast key"), 0¹⁶)  (WP 2.1), in derivation order.
 * They are broadcast in a fresh secret order every day: see {@link shuffle}.
 * @param dayKey 32 bytes
 * @param epochsPerDay n = 1440 / L
 * @returns n identifiers of 16 bytes
 */
export function ephIds(dayKey: Uint8Array, epochsPerDay: number = EPOCHS_PER_DAY): EphId[] {
  requireBytes("dayKey", DAY_KEY_BYTES, dayKey)
  requireEpochsPerDay(epochsPerDay)
  return expand(hmacSha256(dayKey, BROADCAST_KEY), epochsPerDay)
}

function requireEpochsPerDay(epochsPerDay: number): void {
  requireNumber("epochsPerDay", epochsPerDay)
  if (!Number.isInteger(epochsPerDay) || epochsPerDay < 1 || MINUTES_PER_DAY % epochsPerDay !== 0)
    throw new RangeError(`epochsPerDay: expected a whole number that divides 1440, got ${epochsPerDay}`)
}

/** A chain is never followed further than this: no key is valid for longer, and a matcher must not be kept busy. */
const MAX_CHAIN_DAYS = 366

/** A day key as published, with the days on which a matcher uses its chain, both ends included: at most 366. */
export interface PublishedDayKey {
  readonly dayKey: Uint8Array
  readonly firstDay: number
  readonly lastDay: number
}

/** An identifier and the UTC day on which it was heard. */
export interface DayObservation {
  readonly ephId: Uint8Array
  readonly day: number
}

/**
 * All pairs of a key and an observation where the identifier is one of the key's for the day it was heard.
 * Identifier and validity only: the times of hearing and of publication are the caller's (protocol §3).
 */
export function candidates(
  keys: readonly PublishedDayKey[],
  observations: readonly DayObservation[],
  epochsPerDay: number = EPOCHS_PER_DAY,
): Candidate[] {
  requireEpochsPerDay(epochsPerDay)
  const heard = new Heard()
  let lastHeard = -1
  observations.forEach(({ ephId, day }, index) => {
    requireBytes("ephId", EPHID_BYTES, ephId)
    requireU32("day", day)
    heard.add(day, ephId, index)
    lastHeard = Math.max(lastHeard, day)
  })
  const found: Candidate[] = []
  keys.forEach(({ dayKey, firstDay, lastDay }, key) => {
    requireBytes("dayKey", DAY_KEY_BYTES, dayKey)
    requireU32("firstDay", firstDay)
    requireU32("lastDay", lastDay)
    let current: Uint8Array = dayKey
    const end = Math.min(lastDay, lastHeard)
    if (end - firstDay >= MAX_CHAIN_DAYS)
      throw new RangeError(`lastDay: expected at most ${MAX_CHAIN_DAYS} days after firstDay, got ${lastDay - firstDay}`)
    for (let day = firstDay; day <= end; day++) {
      if (heard.has(day))
        for (const ephId of ephIds(current, epochsPerDay))
          for (const observation of heard.find(day, ephId)) found.push({ key, observation })
      if (day < end) current = nextDayKey(current)
    }
  })
  return found
}
