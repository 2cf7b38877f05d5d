import { ascii, fromAscii } from "../crypto/index.ts"
import { LindungError } from "../protocol/index.ts"
import { STATE } from "./layout.ts"
import type { ReadTx, Store, WriteTx } from "./ports.ts"

/** Brings what lies in the store (layout.ts) from one schema to the next. It reads no state but its own way. */
export type Step = (tx: WriteTx) => Promise<void>

/** The step at place n leads from schema n + 1 to n + 2. Every schema that was ever released has its step here. */
const STEPS: readonly Step[] = []

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
