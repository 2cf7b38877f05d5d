import { ascii, concat, fromAscii } from "../crypto/index.ts"
import { LindungError, REDEEM_BYTES } from "../protocol/index.ts"
import { allActions, entries, REPORT, STATE } from "./layout.ts"
import type { ReadTx, Store, WriteTx } from "./ports.ts"

/** Brings what lies in the store (layout.ts) from one schema to the next. It reads no state but its own way. */
export type Step = (tx: WriteTx) => Promise<void>

/** What stands before the token in an action: kind, phase, promised batch, due time. */
const ACTION_HEAD_BYTES = 10

/**
 * 1 → 2: an action holds its redeem request, and a stored report says whether it waits for a test. Of an action that
 * has asked the authority already the request is not needed any more. One that has not is taken back: a cover action
 * is missed, and a report is a draft again, which the person sends.
 */
const withRequests: Step = async tx => {
  for (const [key, value] of await entries(tx, allActions())) {
    const [head, token] = [value.slice(0, ACTION_HEAD_BYTES), value.slice(ACTION_HEAD_BYTES)]
    const hasAsked = head[1] !== 0
    if (hasAsked) tx.put(key, concat(head, new Uint8Array(REDEEM_BYTES), token))
    else tx.del(key)
  }
  const report = await tx.get(REPORT)
  if (report !== undefined) tx.put(REPORT, concat(Uint8Array.of(0), report))
}

/** The step at place n leads from schema n + 1 to n + 2. Every schema that a store may have has its step here. */
const STEPS: readonly Step[] = [withRequests]

export const SCHEMA = STEPS.length + 1

/** @throws LindungError storage-corrupt */
export function parseState(bytes: Uint8Array): { readonly schema: number } {
  try {
    const state = JSON.parse(fromAscii(bytes)) as { schema: number }
    if (Number.isInteger(state.schema) && state.schema > 0) return state
  } catch {
    // Not JSON: as bad as JSON that is none of ours.
  }
  throw new LindungError("storage-corrupt", "the client's state does not parse")
}

export const newer = (schema: number): LindungError =>
  new LindungError("schema-newer", `the store has schema ${schema}`)

async function stateIn(tx: ReadTx): Promise<{ readonly schema: number } | undefined> {
  const bytes = await tx.get(STATE)
  return bytes && parseState(bytes)
}

/**
 * Brings a store to the newest schema, all steps in one write: what dies in the middle finds the old store again. A
 * store without a state is empty.
 * @throws LindungError schema-newer for a store of a later version, which is left alone; storage-corrupt
 */
export async function migrate(store: Store, steps: readonly Step[] = STEPS): Promise<void> {
  const newest = steps.length + 1
  const { schema = newest } = (await store.read(stateIn)) ?? {}
  if (schema > newest) throw newer(schema)
  if (schema === newest) return
  await store.write(async tx => {
    for (const step of steps.slice(schema - 1)) await step(tx)
    tx.put(STATE, ascii(JSON.stringify({ ...(await stateIn(tx)), schema: newest })))
  })
}
