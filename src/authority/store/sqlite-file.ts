import { closeSync, openSync } from "node:fs"
import type { Database } from "better-sqlite3"
import { LindungError } from "../../protocol/index.ts"

interface File {
  /** What it is called in an error. */
  readonly name: string
  readonly schemaVersion: number
  /** How long a write waits for another process, ms. */
  readonly timeout?: number
  /** Brings an older file, or a new one of version 0, to the schema's version; in one transaction. */
  migrate(database: Database, version: number): void
}

/**
 * Makes the file anew from its rows, and cuts its log. SQLite counts in the header how often that was done, and so how
 * often somebody asked: the count is set back. It serves connections to notice another schema, and a version has one only.
 */
export function rebuild(database: Database): void {
  const version = database.pragma("user_version", { simple: true }) as number
  // No flush of its own: what follows is flushed.
  database.pragma("synchronous = NORMAL")
  database.unsafeMode(true)
  try {
    database.pragma(`schema_version = ${1000 * version - 1}`)
  } finally {
    database.unsafeMode(false)
    database.pragma("synchronous = FULL")
  }
  database.exec("VACUUM")
  database.pragma("wal_checkpoint(TRUNCATE)")
}

/**
 * Opens one of the authority's SQLite files, which is made with mode 0600 when it is missing. What is deleted is
 * overwritten, nothing goes to temporary files, and a commit survives a power cut.
 * @throws LindungError schema-newer for a file of a later version, storage-corrupt for one that is not a database
 */
export async function openFile<Store>(
  path: string,
  { name, schemaVersion, timeout, migrate }: File,
  storeOf: (database: Database) => Store,
): Promise<Store> {
  const { default: SQLite } = await import("better-sqlite3")
  closeSync(openSync(path, "a", 0o600))
  const database = new SQLite(path, timeout === undefined ? {} : { timeout })
  try {
    database.pragma("secure_delete = ON")
    database.pragma("journal_mode = WAL")
    database.pragma("temp_store = MEMORY")
    database.pragma("journal_size_limit = 0")
    database.pragma("synchronous = FULL")
    const isOther = database
      .transaction(() => {
        const version = database.pragma("user_version", { simple: true }) as number
        if (version > schemaVersion) throw new LindungError("schema-newer", `the ${name} store has version ${version}`)
        if (version === schemaVersion) return false
        migrate(database, version)
        database.pragma(`user_version = ${schemaVersion}`)
        return true
      })
      .immediate()
    if (isOther) rebuild(database)
    return storeOf(database)
  } catch (error) {
    database.close()
    if ((error as { code?: unknown }).code === "SQLITE_NOTADB")
      throw new LindungError("storage-corrupt", `the ${name} store is not an SQLite database`)
    throw error
  }
}
