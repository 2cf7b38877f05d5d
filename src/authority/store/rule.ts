import { equal } from "../../crypto/index.ts"
import type { AuditFacts } from "../audit.ts"
import { type Attempt, type CodeRow, HASH_BYTES, REPEAT_HOURS } from "./store.ts"

/** In place of a commitment's hash, so that a row has one size before and after it is spent. */
export const UNSPENT = new Uint8Array(HASH_BYTES)

type Kept = Omit<CodeRow, "code"> & { readonly commitment: Uint8Array }

/** Whether a row answers an attempt. A spent one has no time of its own: it lives to the end of its code. */
export function answers<Row extends Kept>(
  row: Row,
  attempt: Attempt,
  hour: number,
): row is Row & { readonly contagiousFromDay: number } {
  if (row.contagiousFromDay === undefined) return false
  const mine = equal(row.commitment, attempt.commitment)
  const unspent = equal(row.commitment, UNSPENT)
  return (unspent && hour < row.expiresHour) || (mine && hour < row.expiresHour + REPEAT_HOURS)
}

/** The entry of an act, or of one that came to nothing. */
export const outcomeOf = (by: AuditFacts, isDone: boolean): AuditFacts =>
  isDone ? by : { ...by, action: `${by.action}-refused` }
