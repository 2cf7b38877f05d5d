import { closeSync, openSync } from "node:fs"
import SQLite from "better-sqlite3"
import { LindungError } from "../../protocol/index.ts"

/** What of each table goes into a backup: a table that is not named here goes as an empty one. */
const KEPT: readonly string[] = [
  // What the log is made of, all of it public, and the hashes of reports of fourteen days with noise among them.
  "progress",
  "leaf",
  "file",
  "head",
  "spent",
  // Who may do what at the authority, and what was done.
  "users",
  "api_keys",
  "audit",
]

/** An authority that runs holds its file for moments only. */
const BUSY_MS = 1000

interface Made {
  readonly name: string
  readonly type: string
  readonly sql: string
}

/**
 * Copies a database, without the tables that no backup may hold. They are never written to the new file, not even to
 * be deleted again. Equal content gives equal bytes, whatever was there before and in whatever order it came.
 * @param to must not be there
 * @throws LindungError state while the records are in use
 */
export function copyTables(from: string, to: string): void {
  const copy = new SQLite(":memory:", { timeout: BUSY_MS })
  try {
    // A file that is missing would be made.
    closeSync(openSync(from, "r"))
    copy.pragma("temp_store = MEMORY")
    copy.prepare("ATTACH ? AS source").run(from)
    copy.transaction(() => fill(copy))()
    copy.exec("DETACH source")
    closeSync(openSync(to, "wx", 0o600))
    copy.prepare("VACUUM INTO ?").run(to)
    tidy(to)
  } catch (error) {
    if ((error as { code?: unknown }).code !== "SQLITE_BUSY") throw error
    throw new LindungError("state", `${from} is in use: stop the publisher first`, { cause: error })
  } finally {
    copy.close()
  }
}

/** Without a byte that no row needs, and without a count of transactions or of what was done to the source: what SQLite leaves between rows is not nothing. */
function tidy(path: string): void {
  const database = new SQLite(path)
  try {
    database.pragma("locking_mode = EXCLUSIVE")
    database.pragma("journal_mode = WAL")
    database.pragma("synchronous = FULL")
    database.pragma("secure_delete = ON")
    database.pragma("temp_store = MEMORY")
    const version = database.pragma("user_version", { simple: true }) as number
    database.unsafeMode(true)
    database.pragma(`schema_version = ${1000 * version - 1}`)
    database.unsafeMode(false)
    database.exec("VACUUM")
    database.pragma("wal_checkpoint(TRUNCATE)")
  } finally {
    database.close()
  }
}

/** In the order of names, as the order in which tables were made says when. */
function fill(copy: SQLite.Database): void {
  const all = copy
    .prepare("SELECT name, type, sql FROM source.sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    .all() as Made[]
  const tables = all.filter(({ type }) => type === "table")
  for (const { name, sql } of tables) {
    copy.exec(sql)
    if (KEPT.includes(name)) copy.exec(`INSERT INTO main."${name}" SELECT * FROM source."${name}"`)
  }
  for (const { type, sql } of all) if (type !== "table") copy.exec(sql)
  const [version] = copy.pragma("source.user_version") as { user_version: number }[]
  copy.pragma(`main.user_version = ${version!.user_version}`)
}
