import { readFileSync } from "node:fs"
import { join } from "node:path"
import { readSqlite } from "../../src/audit/index.ts"
import { filesOf } from "../../src/cli/audit/seized.ts"
import { ascii, concat, hex, hmacSha256, sealedBox, sha256 } from "../../src/crypto/index.ts"
import { commitment, openEnvelope, spentTag } from "../../src/protocol/index.ts"
import { unwrap } from "../../src/server/ingest-keys.ts"
import { CONFIG } from "../authority/deployment.ts"
import { native, serverConfig } from "../server/world.ts"
import { FIRST_BUCKET, parameters } from "./deployment.ts"

const PIECE_BYTES = 32
const LABELS = ["code", "commitment", "test"]

const tableOf = (path: string, table: string) =>
  readSqlite(new Uint8Array(readFileSync(path)))
    .tables.find(({ name }) => name === table)!
    .rows.map(row => row.values)

/** Everything the server has that might be of one upload: what lies in its files, and what it opens with all its keys. */
async function ofServer(directory: string, envelopes: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const root = join(directory, "data", "server")
  const records = join(root, "publisher", "records.sqlite")
  const found: Uint8Array[] = []
  for (const name of ["leaf", "file", "staged", "spent", "head"])
    for (const values of tableOf(records, name))
      found.push(...values.filter(value => value instanceof Uint8Array).filter(({ length }) => length <= 1024))
  for (const { path, read } of await filesOf(root)) {
    if (/sqlite|\.seg$/.test(path)) continue
    const bytes = await read()
    for (let at = 0; at + PIECE_BYTES <= bytes.length; at++) found.push(bytes.subarray(at, at + PIECE_BYTES))
  }
  const wrapped = tableOf(records, "bucket_key").find(([bucket]) => bucket === FIRST_BUCKET)?.[1]
  if (!(wrapped instanceof Uint8Array)) return found
  const keys = sealedBox.keyPair(unwrap(wrapped, FIRST_BUCKET, serverConfig().wrappingKey), native.x25519)
  for (const envelope of envelopes) {
    const opened = openEnvelope(envelope, FIRST_BUCKET, keys, parameters, native.x25519)
    if (opened.kind === "report") found.push(commitment(opened.report), opened.report.r)
  }
  return found
}

/**
 * Who has both disks, every long-term key and copies of all envelopes, looks for what is the same on both sides, as
 * it is or hashed in any way that either side hashes.
 * @returns how many codes there are that were used, and of how many something is on the server too
 */
export async function joined(
  directory: string,
  envelopes: readonly Uint8Array[],
): Promise<{ used: number; joined: number }> {
  const ways = new Set<string>()
  for (const one of await ofServer(directory, envelopes)) {
    for (const value of [one, sha256(one), ...(one.length === 16 ? [spentTag(one)] : [])]) ways.add(hex(value))
    for (const label of LABELS)
      ways.add(hex(hmacSha256(CONFIG.hashKey, concat(ascii(`lindung/authority/${label}/1`), one))))
  }
  const used = tableOf(join(directory, "data", "authority", "codes.sqlite"), "codes").filter(
    ([, mechanism, , , spentFor]) =>
      mechanism !== 0 && spentFor instanceof Uint8Array && spentFor.some(byte => byte !== 0),
  )
  const linked = used.filter(values => values.some(value => value instanceof Uint8Array && ways.has(hex(value))))
  return { used: used.length, joined: linked.length }
}
