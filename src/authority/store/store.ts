import type { Mechanism } from "../../protocol/index.ts"

/** Both keyed hashes are HMAC-SHA256. */
export const HASH_BYTES = 32

/** What is kept of an issued code: never the code, and no time finer than the hour in which it ends. */
export interface CodeRow {
  /** Keyed hash of the code. */
  readonly code: Uint8Array
  readonly mechanism: Mechanism
  readonly contagiousFromDay: number
  /** ⌈unix/3600⌉ of the moment at which the code ends. */
  readonly expiresHour: number
}

/** A request to redeem, good or made up: the keyed hashes of its code and of its commitment. */
export interface Attempt {
  readonly code: Uint8Array
  readonly commitment: Uint8Array
}

/** What a good code permits. */
export type Grant = Omit<CodeRow, "code">

/** Hours after its end in which a spent code still answers its own commitment, so that a lost answer loses nothing. */
export const REPEAT_HOURS = 1

/**
 * Where issued codes are kept.
 * Obligations: what `add` and `redeem` change survives a power cut once they resolve, and nothing is changed when they
 * reject; each call is one transaction, and calls do not overlap. A row that `prune` removed cannot be read back from
 * the store's files.
 */
export interface CodeStore {
  /** All rows, or none: rejects when a code is known already. */
  add(rows: readonly CodeRow[]): Promise<void>
  /**
   * For each attempt, in order: the grant when the code is known and is either unspent before its end (it is spent for
   * this commitment now) or was spent for this very commitment; else undefined.
   * Every attempt, good or not, rewrites exactly one row of one size; the number of rows stays what it was.
   * @param hour ⌊unix/3600⌋
   */
  redeem(attempts: readonly Attempt[], hour: number): Promise<(Grant | undefined)[]>
  /** Removes the codes that ended more than REPEAT_HOURS before `hour`. */
  prune(hour: number): Promise<void>
  close(): Promise<void>
}
