import { ascii, type Bytes, requireBytes, requireU32, requireWhole } from "./bytes.ts"
import { hmacSha256 } from "./hash.ts"
import { type Candidate, EPHID_BYTES, type EphId, expand, Heard } from "./identifiers.ts"
import { EPOCH_MINUTES, MINUTES_PER_DAY, WINDOW_MINUTES } from "./time.ts"

/** seed_w, the secret of one window (WP 2.3). */
export type WindowSeed = Bytes<"windowSeed">
export const WINDOW_SEED_BYTES = 16

const LABEL = ascii("DP3T-HYBRID")
const EPHIDS_PER_WINDOW = WINDOW_MINUTES / EPOCH_MINUTES

/**
 * EphID_{w,1} ‖ … ‖ EphID_{w,n} = AES-256-CTR(HMAC-SHA256(seed_w, "DP3T-HYBRID"), 0¹⁶)  (WP 2.3), in derivation
 * order. They are broadcast in a fresh secret order inside the window: see {@link shuffle}.
 * @param seed 16 bytes
 * @param count n = W / L, at most one identifier a minute of a day
 * @returns n identifiers of 16 bytes
 */
export function ephIds(seed: Uint8Array, count: number = EPHIDS_PER_WINDOW): EphId[] {
  requireBytes("seed", WINDOW_SEED_BYTES, seed)
  requireWhole("count", count, 1, MINUTES_PER_DAY)
  return expand(hmacSha256(seed, LABEL), count)
}

/** A published pair (w, seed_w). */
export interface PublishedSeed {
  readonly seed: Uint8Array
  readonly window: number
}

/** An identifier and the window in which it was heard. */
export interface WindowObservation {
  readonly ephId: Uint8Array
  readonly window: number
}

/**
 * All pairs of a seed and an observation where the identifier is one of the seed's and was heard in its window.
 * Identifier and validity only: the times of hearing and of publication are the caller's (protocol §3).
 */
export function candidates(
  keys: readonly PublishedSeed[],
  observations: readonly WindowObservation[],
  count: number = EPHIDS_PER_WINDOW,
): Candidate[] {
  requireWhole("count", count, 1, MINUTES_PER_DAY)
  const heard = new Heard()
  observations.forEach(({ ephId, window }, index) => {
    requireBytes("ephId", EPHID_BYTES, ephId)
    requireU32("window", window)
    heard.add(window, ephId, index)
  })
  return keys.flatMap(({ seed, window }, key) => {
    requireBytes("seed", WINDOW_SEED_BYTES, seed)
    requireU32("window", window)
    if (!heard.has(window)) return []
    return ephIds(seed, count).flatMap(ephId => heard.find(window, ephId).map(observation => ({ key, observation })))
  })
}
