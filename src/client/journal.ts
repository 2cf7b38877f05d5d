import { ascii, fromAscii } from "../crypto/index.ts"
import { allJournal, entries, journalKey } from "./layout.ts"
import type { EpochMs, ReadTx, WriteTx } from "./ports.ts"

/** What the client says about itself. Nothing of whom it heard, and of uploads only what the person did. */
export type JournalEvent =
  | "started"
  | "stopped"
  | "address-kept"
  | "synced"
  | "sync-failed"
  | "batch-refused"
  | "told"
  | "dismissed"
  | "report-sent"
  | "report-missed"
  | "code-refused"
  | "nothing-to-report"
  | "erased"

export interface JournalEntry {
  readonly at: EpochMs
  readonly event: JournalEvent
  readonly detail?: string
}

/** The newest entries of a fortnight are kept, so many. */
const MAX_ENTRIES = 400

const numberOf = (key: Uint8Array): number => new DataView(key.buffer, key.byteOffset).getUint32(1)

/** Adds an entry in the write of what it tells about. @param second unix seconds @param detail ASCII */
export async function note(tx: WriteTx, second: number, event: JournalEvent, detail?: string): Promise<void> {
  const known = await entries(tx, allJournal())
  const newest = known.at(-1)
  const next = newest === undefined ? 0 : numberOf(newest[0]) + 1
  const entry: JournalEntry = { at: (second * 1000) as EpochMs, event, ...(detail !== undefined && { detail }) }
  tx.put(journalKey(next), ascii(JSON.stringify(entry)))
  for (const [key] of known.slice(0, Math.max(0, known.length + 1 - MAX_ENTRIES))) tx.del(key)
}

/** Entries of before a moment go. @param second unix seconds */
export async function pruneJournal(tx: WriteTx, second: number): Promise<void> {
  for (const [key, value] of await entries(tx, allJournal()))
    if ((JSON.parse(fromAscii(value)) as JournalEntry).at < second * 1000) tx.del(key)
}

/** Entries from a moment on, oldest first. */
export async function readJournal(tx: ReadTx, since: number): Promise<JournalEntry[]> {
  const all = (await entries(tx, allJournal())).map(([, value]) => JSON.parse(fromAscii(value)) as JournalEntry)
  return all.filter(({ at }) => at >= since)
}
