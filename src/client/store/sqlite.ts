/**
 * The client's store in one SQLite file, for Node and Electron: needs the package better-sqlite3.
 * @module
 */
import { closeSync, openSync } from "node:fs"
import type { Database } from "better-sqlite3"
import { concat } from "../../crypto/index.ts"
import { LindungError } from "../../protocol/index.ts"
import type { Store } from "../ports.ts"
import { storeOver } from "./backend.ts"
import type { Change } from "./overlay.ts"

/*
 * entries
 *   key    as the client made it; SQLite compares blobs byte by byte, which is the order that the port wants
 *   value
 */
const SCHEMA_VERSION = 1
const SCHEMA = "CREATE TABLE entries (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT"

/**
 * Opens, or makes with mode 0600, the file. What is deleted is overwritten at once, also in the log; `tidy` makes the file
 * anew from its entries, so that it does not say in which order these came.
 * @throws LindungError schema-newer for a file of a later version, storage-corrupt for one that is not a database
 */
export async function sqliteStore(path: string): Promise<Store> {
  const { default: SQLite } = await import("better-sqlite3")
  closeSync(openSync(path, "a", 0o600))
  const database = new SQLite(path)
  try {
    prepare(database)
    return over(database)
  } catch (error) {
    database.close()
    throw meant(error)
  }
}

function prepare(database: Database): void {
  database.pragma("secure_delete = ON")
  database.pragma("temp_store = MEMORY")
  database.pragma("journal_mode = WAL")
  database.pragma("synchronous = FULL")
  database
    .transaction(() => {
      const version = database.pragma("user_version", { simple: true }) as number
      if (version > SCHEMA_VERSION) throw new LindungError("schema-newer", `the store has version ${version}`)
      if (version === SCHEMA_VERSION) return
      database.exec(SCHEMA)
      database.pragma(`user_version = ${SCHEMA_VERSION}`)
    })
    .immediate()
}

/** What SQLite says, as a code of ours. */
function meant(error: unknown): unknown {
  const { code } = error as { code?: unknown }
  const name = typeof code === "string" ? code : ""
  if (name === "SQLITE_FULL") return new LindungError("storage-full", "the disk is full", { cause: error })
  if (/^SQLITE_(NOTADB|CORRUPT|SCHEMA)/.test(name))
    return new LindungError("storage-corrupt", "the file is not a whole database", { cause: error })
  return error
}

function meaning<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw meant(error)
  }
}

/** Rows of a range that are in memory at once. */
const AT_ONCE = 256

/** The key after this one. */
const behind = (key: Uint8Array): Uint8Array => concat(new Uint8Array(key), Uint8Array.of(0))

function over(database: Database): Store {
  const one = database.prepare<[Uint8Array], Uint8Array>("SELECT value FROM entries WHERE key = ?").pluck()
  const some = database.prepare<[Uint8Array, Uint8Array], { key: Uint8Array; value: Uint8Array }>(
    `SELECT key, value FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ${AT_ONCE}`,
  )
  const keys = database.prepare<[Uint8Array, Uint8Array], Uint8Array>(
    `SELECT key FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ${AT_ONCE}`,
  )
  keys.pluck()
  const count = database.prepare<[Uint8Array, Uint8Array], number>(
    "SELECT count(*) FROM entries WHERE key >= ? AND key < ?",
  )
  count.pluck()
  const put = database.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?)")
  const del = database.prepare("DELETE FROM entries WHERE key = ?")
  /** @returns whether something was deleted */
  const apply = database.transaction((changes: Iterable<Change>): boolean => {
    let deletes = false
    for (const { key, value } of changes)
      if (value === undefined) {
        del.run(key)
        deletes = true
      } else put.run(key, value)
    return deletes
  })
  /** Until its log is cut, a file has deleted entries twice: in its pages, and in the log's. */
  const cut = (): void => {
    database.pragma("wal_checkpoint(TRUNCATE)")
  }
  let hasDeleted = false
  /**
   * An entry that was written last lies last in its page, so that places would tell who was heard before whom. A large
   * file takes long: a sync does it once, and not with each of its batches.
   */
  const rebuild = (): void => {
    database.exec("VACUUM")
    cut()
    hasDeleted = false
  }
  return storeOver({
    get: key =>
      meaning(() => {
        const value = one.get(key)
        return value && new Uint8Array(value)
      }),
    *range(from, to) {
      for (let start = from; ; ) {
        const rows = meaning(() => some.all(start, to))
        for (const { key, value } of rows) yield [new Uint8Array(key), new Uint8Array(value)]
        const last = rows.at(-1)
        if (last === undefined || rows.length < AT_ONCE) return
        start = behind(last.key)
      }
    },
    *keys(from, to) {
      for (let start = from; ; ) {
        const some = meaning(() => keys.all(start, to))
        for (const key of some) yield new Uint8Array(key)
        const last = some.at(-1)
        if (last === undefined || some.length < AT_ONCE) return
        start = behind(last)
      }
    },
    count: (from, to) => meaning(() => count.get(from, to)!),
    apply: changes =>
      meaning(() => {
        if (!apply.immediate(changes)) return
        hasDeleted = true
        cut()
      }),
    tidy() {
      if (hasDeleted) meaning(rebuild)
    },
    close() {
      rebuild()
      database.close()
    },
  })
}
