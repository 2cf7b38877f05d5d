import { ascii, fromAscii, hex } from "../crypto/index.ts"
import { count, EVERYTHING, entries, parseCoarse, parseFresh, parseMatched } from "./layout.ts"
import type { ReadTx, Store, WriteTx } from "./ports.ts"
import { parseScans } from "./record.ts"
import { readState, updateState } from "./state.ts"

/** What a person can have deleted: what was learnt, whom the phone heard, or all of it with the phone's own keys. */
export type Erasable = "exposures" | "contacts" | "everything"

const NAMES: Readonly<Record<string, string>> = {
  m: "state",
  s: "own-secret",
  f: "heard",
  o: "heard",
  x: "matched",
  r: "report",
  a: "action",
  j: "journal",
  c: "receipt",
}
/** What would let its reader pass for the phone, or show its broadcasts: left out unless it is asked for. */
const OWN = new Set(["s", "r", "a"])

/** One entry of the store as a line of JSON. */
function line([key, value]: [Uint8Array, Uint8Array]): string {
  const letter = String.fromCharCode(key[0]!)
  const kind = NAMES[letter] ?? "unknown"
  if (letter === "m" || letter === "j") return JSON.stringify({ kind, value: JSON.parse(fromAscii(value)) })
  if (letter === "f" || letter === "o") {
    const { heard, id } = letter === "f" ? parseFresh(key) : parseCoarse(key)
    return JSON.stringify({ kind, slot: heard, id: hex(id), scans: parseScans(value) })
  }
  if (letter === "x") {
    const { day, heard, id } = parseMatched(key)
    return JSON.stringify({ kind, day, slot: heard, id: hex(id), scans: parseScans(value) })
  }
  return JSON.stringify({ kind, key: hex(key.slice(1)), value: hex(value) })
}

/** Everything the phone keeps, as lines of JSON in ASCII, one entry a line. */
export async function* exportData(store: Store, includeOwnKeys: boolean): AsyncIterable<Uint8Array> {
  const all = await store.read(tx => entries(tx, EVERYTHING))
  for (const entry of all)
    if (includeOwnKeys || !OWN.has(String.fromCharCode(entry[0][0]!))) yield ascii(`${line(entry)}\n`)
}

async function erasePrefix(tx: WriteTx, letters: string): Promise<void> {
  for (const letter of letters) {
    const from = ascii(letter)
    for (const [key] of await entries(tx, [from, Uint8Array.of(from[0]! + 1)])) tx.del(key)
  }
}

export async function erase(tx: WriteTx, what: Erasable): Promise<void> {
  if (what === "contacts") await erasePrefix(tx, "fo")
  else if (what === "exposures") {
    await erasePrefix(tx, "x")
    await updateState(tx, { told: {}, dismissed: {} })
  } else {
    const { second, head, misbehaviour, cursor, parameters, ingestKeys } = await readState(tx)
    for (const [key] of await entries(tx, EVERYTHING)) tx.del(key)
    // Public, and what a server that shows this phone another log would be caught by.
    await updateState(tx, { second, head, misbehaviour, cursor, parameters, ingestKeys })
  }
}

/** How many identifiers are kept, heard or matched. */
export async function countWindows(tx: ReadTx): Promise<number> {
  let windows = 0
  for (const letter of "fox") {
    const from = ascii(letter)
    windows += await count(tx, [from, Uint8Array.of(from[0]! + 1)])
  }
  return windows
}
