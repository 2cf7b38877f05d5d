import type { Mechanism } from "../../protocol/index.ts"
import type { AuditEntry, AuditFacts, AuditHead } from "../audit.ts"

/** All keyed hashes are HMAC-SHA256. */
export const HASH_BYTES = 32

/** What is kept of an issued code: never the code, and no time finer than the hour in which it ends. */
export interface CodeRow {
  /** Keyed hash of the code, or of the commitment and lock that a phone showed at the test. */
  readonly code: Uint8Array
  readonly mechanism: Mechanism
  /** Undefined: dead until it is activated. */
  readonly contagiousFromDay: number | undefined
  /** ⌈unix/3600⌉ of the moment at which the code ends. */
  readonly expiresHour: number
}

/** A request to redeem, good or made up: the keyed hashes that lead to its row, and of its commitment. */
export interface Attempt {
  readonly code: Uint8Array
  readonly commitment: Uint8Array
}

/** What a good code permits. */
export interface Grant {
  readonly mechanism: Mechanism
  readonly contagiousFromDay: number
  readonly expiresHour: number
}

/** What is kept of a bulk order while its codes live: enough to make the same codes again, and none of them. */
export interface Batch {
  /** Keyed hash of who ordered and of the id that he chose. */
  readonly id: Uint8Array
  /** Keyed hash of the order's lines: the same id with other lines is another order. */
  readonly order: Uint8Array
  /** From it and the hash key the codes follow; it goes when they end. */
  readonly salt: Uint8Array
  readonly issuedHour: number
  readonly expiresHour: number
  /** Lines whose codes are stored. */
  readonly done: number
}

/** How often an action was done on a day. */
export interface DayCount {
  readonly day: number
  readonly action: string
  readonly count: number
}

/** Hours after its end in which a spent code still answers its own commitment, so that a lost answer loses nothing. */
export const REPEAT_HOURS = 1

/** What `add` rejects with when a code is known already. */
export class KnownCode extends Error {
  override readonly name = "KnownCode"
}

/**
 * Where issued codes are kept, and the log of who did what to them.
 * Obligations: what a call changes survives a power cut once it resolves, and nothing is changed when it rejects; each
 * call is one transaction, its audit entry included, and calls do not overlap. A row that `prune` or `revoke` removed
 * cannot be read back from the store's files. Nothing changes or removes an audit entry.
 */
export interface CodeStore {
  /** All rows, or none: rejects with {@link KnownCode} when a code is known already. */
  add(rows: readonly CodeRow[], by: AuditFacts): Promise<void>
  /**
   * Gives a dead code its day and its new end. False, and another entry (`action`-refused), when there is no dead code of
   * this hash that has not ended.
   */
  activate(
    code: Uint8Array,
    grant: { readonly contagiousFromDay: number; readonly expiresHour: number },
    hour: number,
    by: AuditFacts,
  ): Promise<boolean>
  /** Removes a code, whatever its state. False, and another entry (`action`-refused), when there is none. */
  revoke(code: Uint8Array, by: AuditFacts): Promise<boolean>
  /** The batch of this id, while its codes live. */
  batch(id: Uint8Array): Promise<Batch | undefined>
  /** The batch of this id as it stands, or this one, kept now with the entry. */
  beginBatch(batch: Batch, by: AuditFacts): Promise<Batch>
  /** Stores the rows of the lines from `done` on. Does nothing when these lines are stored already. Rejects without such a batch. */
  addToBatch(id: Uint8Array, done: number, rows: readonly CodeRow[], lines: number): Promise<void>
  /**
   * For each attempt, in order: the grant when the code is known, alive and is either unspent before its end (it is spent
   * for this commitment now) or was spent for this very commitment; else undefined.
   * Every attempt, good or not, rewrites exactly one row of one size; the number of rows stays what it was.
   * @param hour ⌊unix/3600⌋
   */
  redeem(attempts: readonly Attempt[], hour: number): Promise<(Grant | undefined)[]>
  /** Logs an act that changes no code. */
  record(by: AuditFacts): Promise<void>
  /** Entries after a number, ascending, at most `limit`. */
  entries(after: number, limit: number): Promise<AuditEntry[]>
  head(): Promise<AuditHead>
  /** The acts of the days from first to last, summed. */
  countByDay(firstDay: number, lastDay: number): Promise<DayCount[]>
  /** Removes the codes that ended more than REPEAT_HOURS before `hour`, and the batches that ended. */
  prune(hour: number): Promise<void>
  close(): Promise<void>
}
