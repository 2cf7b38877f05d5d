import { equal } from "../../crypto/index.ts"
import { type Attempt, type Grant, HASH_BYTES, REPEAT_HOURS } from "./store.ts"

/** In place of a commitment's hash, so that a row has one size before and after it is spent. */
export const UNSPENT = new Uint8Array(HASH_BYTES)

/** Whether a row answers an attempt. A spent one has no time of its own: it lives to the end of its code. */
export function answers(row: Grant & { readonly commitment: Uint8Array }, attempt: Attempt, hour: number): boolean {
  const mine = equal(row.commitment, attempt.commitment)
  const unspent = equal(row.commitment, UNSPENT)
  return (unspent && hour < row.expiresHour) || (mine && hour < row.expiresHour + REPEAT_HOURS)
}
