import { type Bytes, requireBytes, u32 } from "./bytes.ts"
import { sha256 } from "./hash.ts"
import { type Candidate, EPHID_BYTES, type EphId, Heard } from "./identifiers.ts"

/** seed_i, the secret of one epoch (WP 2.2). */
export type EpochSeed = Bytes<"epochSeed">
export const EPOCH_SEED_BYTES = 32

/** x, all that a phone stores of a beacon, and what the server puts into the filter (WP 2.2). */
export type ObservationHash = Bytes<"observationHash">
export const OBSERVATION_HASH_BYTES = 32

/**
 * EphID_i = LEFTMOST128(H(seed_i))  (WP 2.2)
 * @param seed 32 bytes
 * @returns 16 bytes
 */
export function ephId(seed: Uint8Array): EphId {
  requireBytes("seed", EPOCH_SEED_BYTES, seed)
  return sha256(seed).slice(0, EPHID_BYTES) as EphId
}

/**
 * x = H(EphID ‖ u32 i)  (WP 2.2; the width of i is the reference implementation's)
 * @param ephId 16 bytes
 * @param epoch i = ⌊unix / (60·L)⌋
 * @returns 32 bytes
 */
export function observationHash(ephId: Uint8Array, epoch: number): ObservationHash {
  requireBytes("ephId", EPHID_BYTES, ephId)
  return sha256(ephId, u32(epoch, "epoch")) as ObservationHash
}

/** A seed as a patient reveals it to the server: the filter that phones get holds only its x. */
export interface RevealedSeed {
  readonly seed: Uint8Array
  readonly epoch: number
}

/** What a phone kept of a beacon. */
export interface HashObservation {
  readonly hash: Uint8Array
}

/** All pairs of a seed and an observation with H(LEFTMOST128(H(seed)) ‖ i) = x; the epoch is inside x. */
export function candidates(keys: readonly RevealedSeed[], observations: readonly HashObservation[]): Candidate[] {
  const heard = new Heard()
  observations.forEach(({ hash }, index) => {
    requireBytes("hash", OBSERVATION_HASH_BYTES, hash)
    heard.add(0, hash, index)
  })
  return keys.flatMap(({ seed, epoch }, key) =>
    heard.find(0, observationHash(ephId(seed), epoch)).map(observation => ({ key, observation })),
  )
}
