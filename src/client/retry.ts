import { type Random, uniform } from "../crypto/index.ts"
import { LindungError } from "../protocol/index.ts"
import type { WriteTx } from "./ports.ts"
import { readState, type State, updateState } from "./state.ts"

/** The tasks that need the network, and may have to wait before they try again. */
export type Retried = "sync" | "cover"

const FIRST_WAIT_SECONDS = 60
const LONGEST_WAIT_SECONDS = 4 * 3600
const MOST_SPREAD_SECONDS = 300

/**
 * After the n-th failure in a row: between half and all of min(60·2ⁿ⁻¹ s, 4 h). Without the dice, phones that failed
 * together would come back together.
 */
export function waitSeconds(failures: number, random: Random): number {
  const longest = Math.min(FIRST_WAIT_SECONDS * 2 ** Math.min(failures - 1, 20), LONGEST_WAIT_SECONDS)
  return Math.ceil(longest / 2) + uniform(random, Math.floor(longest / 2) + 1)
}

/** The second before which a task that failed does not try again; 0 when it did not fail. */
export const retryAt = ({ retry }: Pick<State, "retry">, task: string, now: number): number =>
  Math.min(retry[task]?.at ?? 0, now + LONGEST_WAIT_SECONDS)

/**
 * What a server asked for, and up to half as long again, or five minutes: it said the same to all phones. Nobody can
 * send a phone away for longer than the longest wait.
 */
function askedSeconds(error: unknown, random: Random): number {
  const asked = error instanceof LindungError ? (error.retryAfter ?? 0) : 0
  return asked === 0 ? 0 : asked + uniform(random, Math.min(Math.ceil(asked / 2), MOST_SPREAD_SECONDS) + 1)
}

/** Notes a failure. @returns the second before which trying again is of no use */
export async function noteFailure(
  tx: WriteTx,
  task: Retried,
  now: number,
  random: Random,
  error: unknown,
): Promise<number> {
  const { retry } = await readState(tx)
  const failures = (retry[task]?.failures ?? 0) + 1
  const wait = Math.max(waitSeconds(failures, random), askedSeconds(error, random))
  const at = now + Math.min(wait, LONGEST_WAIT_SECONDS)
  await updateState(tx, { retry: { ...retry, [task]: { failures, at } } })
  return at
}

export async function noteSuccess(tx: WriteTx, task: Retried): Promise<void> {
  const { retry } = await readState(tx)
  if (retry[task] === undefined) return
  const { [task]: _, ...others } = retry
  await updateState(tx, { retry: others })
}

/** The same error, with the moment before which trying again is of no use. */
export function notBefore(error: LindungError, second: number): LindungError {
  const { code, message, status, retryAfter, skewMs, proof } = error
  const facts = {
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(skewMs !== undefined && { skewMs }),
    ...(proof !== undefined && { proof }),
  }
  return new LindungError(code, message.slice(code.length + 2), { ...facts, notBefore: second * 1000, cause: error })
}
