import type { AuditEntry, AuditHead } from "./audit.ts"
import type { BulkLine, BulkOrder } from "./bulk.ts"
import type { ActivateOrder, Permission, SignOrder } from "./issue.ts"
import type { MechanismName } from "./mechanism.ts"
import type { DayStatistics } from "./statistics.ts"

/**
 * What the authority's staff does at its desk: that of the authority itself, or of one to train on. `by` says who acts, in
 * the audit log: 1 to 64 printable ASCII characters without a space, an id and not a name. Whether he may is the caller's
 * question.
 */
export interface Desk {
  readonly mechanism: MechanismName
  /**
   * Codes for up to 100,000 lines; may be repeated with the same id, and then gives the same codes. A bad line is refused
   * and the others are done.
   * @throws RangeError for the id or the number of lines; LindungError state in mechanism data-bound, and for an id that
   * was used for other lines
   */
  bulkIssue(order: BulkOrder, by: string): Promise<BulkLine[]>
  /**
   * Activated: the test was positive, and from now on the code is good for `activationHours`.
   * @throws LindungError proof-invalid for a typing error, and for a code that is unknown, activated, revoked or ended;
   * state in another mechanism; RangeError for the day
   */
  activate(order: ActivateOrder, by: string): Promise<Permission>
  /**
   * Data-bound: the test was positive, and the phone that showed this text there gets its token.
   * @throws LindungError format for another text, state when it is signed already or in another mechanism; RangeError for
   * the day
   */
  signCommitment(order: SignOrder, by: string): Promise<Permission>
  /**
   * Takes back a code, or what was signed for a test. A token that a phone has fetched already stays good until its end.
   * @param given a code as somebody typed it, or the text of a test
   * @returns false when there is no such code (any more)
   * @throws LindungError proof-invalid for a typing error, format for another text
   */
  revoke(given: string, by: string): Promise<boolean>
  /**
   * The first contagious day for a date of the deployment's calendar, as YYYY-MM-DD.
   * @param at unix seconds; now, when it is not said
   * @throws RangeError for another form, and for a date that is still to come there
   */
  contagiousDayOf(date: string, at?: number): number
  /** Entries of the audit log after a number, ascending, at most `limit`. */
  audit(o: { readonly after: number; readonly limit: number }): Promise<AuditEntry[]>
  /** Where the audit log ends: to be kept elsewhere, so that nobody can cut it. */
  auditHead(): Promise<AuditHead>
  /** What was done on each day, small numbers not told. @throws RangeError for more than 366 days */
  statistics(o: { readonly firstDay: number; readonly lastDay: number }): Promise<DayStatistics[]>
}
