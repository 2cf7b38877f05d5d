import { ascii, fromHex, hex } from "../crypto/index.ts"
import { LindungError, type ParameterSet } from "../protocol/index.ts"
import { STATE } from "./layout.ts"
import type { ReadTx, WriteTx } from "./ports.ts"
import { newer, parseState, SCHEMA } from "./schema.ts"

/**
 * What the client remembers beside keys and observations. No secret is here; that it reported, or was
 * warned, is the health of its owner.
 */
export interface State {
  readonly schema: number
  /** The newest checkpoint that was verified: the logical clock (protocol §3). */
  readonly head?: {
    readonly size: number
    readonly root: string
    readonly bucket: number
    /** The note that said so, in base 64; missing in stores of before it was kept. */
    readonly note?: string
  }
  /** The first proof that the log contradicted itself, in base 64 (protocol §9): for the person to pass on. */
  readonly misbehaviour?: string
  /** The last bucket whose batch was processed. */
  readonly cursor?: number
  /** The latest second that the phone's clock has shown; it never goes back. */
  readonly second: number
  /** Parameter sets that were found in the log. */
  readonly parameters: readonly ParameterSet[]
  /** Ingest keys that were found in the log: bucket → public key. A second one for a bucket is refused. */
  readonly ingestKeys: Readonly<Record<string, string>>
  /** When tracing was first switched on: before that, no task is armed. */
  readonly startedAt?: number
  readonly syncedAt?: number
  readonly prunedAt?: number
  /** Tasks that failed: how often in a row, and the second before which they do not try again. */
  readonly retry: Readonly<Record<string, { readonly failures: number; readonly at: number }>>
  /** The last report. `missed`: it was not in the batch it was promised for, and was sent again. */
  readonly sent?: { readonly at: number; readonly days: readonly number[]; readonly missed?: true }
  /** When a report came to nothing: the authority did not accept the code, or nothing was left to reveal. */
  readonly refused?: { readonly at: number; readonly why: "proof-invalid" | "no-keys" }
  /** Days that people were told about: day → seconds of the first time. */
  readonly told: Readonly<Record<string, number>>
  /** Days that the person has put aside. */
  readonly dismissed: Readonly<Record<string, true>>
  /** Next start of a cover action, in seconds; drawn from the last scheduled one. */
  readonly coverAt?: number
  /** What the clock showed when that was last looked at: a later time is of a clock that has been set back since. */
  readonly coverSeenAt?: number
}

/** New values; undefined takes one away. */
type Change = { readonly [Name in keyof State]?: State[Name] | undefined }

const EMPTY: State = { schema: SCHEMA, second: 0, parameters: [], ingestKeys: {}, told: {}, dismissed: {}, retry: {} }

export async function readState(tx: ReadTx): Promise<State> {
  const bytes = await tx.get(STATE)
  if (bytes === undefined) return EMPTY
  const state = parseState(bytes)
  if (state.schema > SCHEMA) throw newer(state.schema)
  return { ...EMPTY, ...(state as State) }
}

/** Reads, changes and writes the state inside a write. */
export async function updateState(tx: WriteTx, change: Change): Promise<State> {
  // JSON leaves out what is undefined.
  const state = { ...(await readState(tx)), ...change } as State
  tx.put(STATE, ascii(JSON.stringify(state)))
  return state
}

/** Adds a key; a second one for its bucket is refused. */
export function rememberIngestKey(
  keys: Readonly<Record<string, string>>,
  bucket: number,
  key: Uint8Array,
): Record<string, string> {
  const known = keys[bucket]
  if (known !== undefined && known !== hex(key))
    throw new LindungError("log-inconsistent", `a second ingest key for bucket ${bucket}`)
  return { ...keys, [bucket]: hex(key) }
}

export const ingestKeyOf = (state: State, bucket: number): Uint8Array | undefined => {
  const key = state.ingestKeys[bucket]
  return key === undefined ? undefined : fromHex(key)
}
