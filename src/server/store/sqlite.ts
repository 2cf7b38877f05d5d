import { closeSync, openSync } from "node:fs"
import Database from "better-sqlite3"
import { equal } from "../../crypto/index.ts"
import { LEAF_TYPES, LindungError } from "../../protocol/index.ts"
import { type LoggedFile, type RecordStore, rival } from "./store.ts"

const SCHEMA_VERSION = 2

/*
 * No rowid, no sequence, no timestamp: a row's place says nothing about when it came. What is deleted is overwritten,
 * and after each bucket the file is rebuilt and the write-ahead log cut to nothing, because its frames would show
 * which rows were written together.
 */
const SCHEMA = `
  CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), published INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE leaf (position INTEGER PRIMARY KEY, leaf BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE file (position INTEGER PRIMARY KEY, type INTEGER NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE staged (bucket INTEGER, place INTEGER, leaf BLOB NOT NULL, PRIMARY KEY (bucket, place)) WITHOUT ROWID;
  CREATE TABLE bucket_key (bucket INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE spent (tag BLOB PRIMARY KEY, bucket INTEGER NOT NULL) WITHOUT ROWID;
`

/** Since version 2: the head is moved here before it is shown. */
const HEAD = `
  CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), note BLOB NOT NULL) WITHOUT ROWID;
`

const bytes = (blob: unknown): Uint8Array => new Uint8Array(blob as Buffer)

function typeOf(code: number): LoggedFile["type"] {
  const found = Object.entries(LEAF_TYPES).find(([, value]) => value === code)?.[0]
  if (found === undefined || found === "batch")
    throw new LindungError("storage-corrupt", `records: a logged file has type ${code}`)
  return found as LoggedFile["type"]
}

function prepare(path: string): Database.Database {
  closeSync(openSync(path, "a", 0o600))
  const db = new Database(path, { timeout: 0 })
  try {
    // Held until the process ends, however it ends: two publishers would sign two histories.
    db.pragma("locking_mode = EXCLUSIVE")
    db.pragma("journal_mode = WAL")
    db.pragma("synchronous = FULL")
    db.pragma("secure_delete = ON")
    db.pragma("temp_store = MEMORY")
    db.pragma("journal_size_limit = 0")
    const version = db.pragma("user_version", { simple: true }) as number
    if (version > SCHEMA_VERSION)
      throw new LindungError(
        "schema-newer",
        `records: written with schema ${version}, this program knows ${SCHEMA_VERSION}`,
      )
    if (version < SCHEMA_VERSION)
      db.transaction(() => {
        if (version === 0) db.exec(SCHEMA)
        db.exec(HEAD)
        db.pragma(`user_version = ${SCHEMA_VERSION}`)
      })()
    rebuild(db)
  } catch (error) {
    db.close()
    if ((error as { code?: unknown }).code === "SQLITE_BUSY")
      throw new LindungError("state", "records: another process has them open", { cause: error })
    throw error
  }
  return db
}

/**
 * The file made anew from its rows. SQLite counts in the header how often that was done, so the count is set back; it
 * serves connections to notice another schema, and one version of ours has one schema only. The authority's files and backups
 * are made anew in the same way by code of their own: what these share is the protocol, and a database is none of it.
 */
function rebuild(db: Database.Database): void {
  db.pragma("synchronous = NORMAL")
  db.unsafeMode(true)
  try {
    db.pragma(`schema_version = ${1000 * SCHEMA_VERSION - 1}`)
  } finally {
    db.unsafeMode(false)
    db.pragma("synchronous = FULL")
  }
  db.exec("VACUUM")
  db.pragma("wal_checkpoint(TRUNCATE)")
}

/** Records in one SQLite file. @param path created when missing; its directory must exist */
export async function sqliteRecords(path: string): Promise<RecordStore> {
  const db = prepare(path)
  const sql = {
    published: db.prepare("SELECT published FROM progress").pluck(),
    begin: db.prepare("INSERT INTO progress VALUES (1, ?) ON CONFLICT DO NOTHING"),
    advance: db.prepare("UPDATE progress SET published = ?"),
    head: db.prepare("SELECT note FROM head").pluck(),
    setHead: db.prepare("INSERT INTO head VALUES (1, ?) ON CONFLICT DO UPDATE SET note = excluded.note"),
    leaves: db.prepare("SELECT leaf FROM leaf ORDER BY position").pluck(),
    size: db.prepare("SELECT count(*) FROM leaf").pluck(),
    addLeaf: db.prepare("INSERT INTO leaf VALUES (?, ?)"),
    files: db.prepare("SELECT position, type, bytes FROM file ORDER BY position"),
    addFile: db.prepare("INSERT INTO file VALUES (?, ?, ?)"),
    dropFile: db.prepare("DELETE FROM file WHERE position = ?"),
    addKey: db.prepare("INSERT INTO bucket_key VALUES (?, ?)"),
    key: db.prepare("SELECT wrapped FROM bucket_key WHERE bucket = ?").pluck(),
    dropKeys: db.prepare("DELETE FROM bucket_key WHERE bucket <= ?"),
    isSpent: db.prepare("SELECT 1 FROM spent WHERE tag = ?").pluck(),
    spend: db.prepare("INSERT INTO spent VALUES (?, ?)"),
    dropTags: db.prepare("DELETE FROM spent WHERE bucket <= ?"),
    stage: db.prepare("INSERT INTO staged VALUES (?, ?, ?)"),
    staged: db.prepare("SELECT leaf FROM staged WHERE bucket = ? ORDER BY place").pluck(),
    unstage: db.prepare("DELETE FROM staged WHERE bucket = ?"),
  }
  const head = (): Uint8Array | undefined => {
    const note = sql.head.get()
    return note === undefined ? undefined : bytes(note)
  }
  const published = (): number | undefined => sql.published.get() as number | undefined
  const requireOpen = (bucket: number): void => {
    const newest = published()
    if (newest !== undefined && bucket <= newest) throw rival(`bucket ${bucket}`)
  }
  const size = (): number => sql.size.get() as number
  const stagedLeaves = (bucket: number): Uint8Array[] => sql.staged.all(bucket).map(bytes)
  return {
    async published() {
      return published()
    },
    async begin(bucket) {
      sql.begin.run(bucket)
    },
    async leaves() {
      return sql.leaves.all().map(bytes)
    },
    async files() {
      const rows = sql.files.all() as { position: number; type: number; bytes: Buffer }[]
      return rows.map(row => ({ position: row.position, type: typeOf(row.type), bytes: bytes(row.bytes) }))
    },
    async head() {
      return head()
    },
    async moveHead(from, to) {
      db.transaction(() => {
        const before = head()
        const isThere = before === undefined || from === undefined ? before === from : equal(before, from)
        if (!isThere) throw rival("the head")
        sql.setHead.run(to)
      })()
    },
    async append(leaf, file, keys, position) {
      db.transaction(() => {
        if (position !== size()) throw rival("the log")
        sql.addLeaf.run(position, leaf)
        sql.addFile.run(position, LEAF_TYPES[file.type], file.bytes)
        for (const key of keys) sql.addKey.run(key.bucket, key.wrapped)
      })()
    },
    async bucketKey(bucket) {
      const wrapped = sql.key.get(bucket)
      return wrapped === undefined ? undefined : bytes(wrapped)
    },
    async spent(tags) {
      return tags.filter(tag => sql.isSpent.get(tag) !== undefined)
    },
    async stage(bucket, leaves, tags) {
      db.transaction(() => {
        requireOpen(bucket)
        if (stagedLeaves(bucket).length > 0) throw rival(`bucket ${bucket}`)
        leaves.forEach((leaf, place) => {
          sql.stage.run(bucket, place, leaf)
        })
        for (const tag of tags) sql.spend.run(tag, bucket)
      })()
    },
    async staged(bucket) {
      return stagedLeaves(bucket)
    },
    async publish(bucket) {
      db.transaction(() => {
        requireOpen(bucket)
        for (const leaf of stagedLeaves(bucket)) sql.addLeaf.run(size(), leaf)
        sql.unstage.run(bucket)
        sql.advance.run(bucket)
      })()
    },
    async forget({ keysThrough, tagsThrough, files }) {
      db.transaction(() => {
        sql.dropKeys.run(keysThrough)
        sql.dropTags.run(tagsThrough)
        for (const position of files) sql.dropFile.run(position)
      })()
      rebuild(db)
    },
    async close() {
      db.close()
    },
  }
}
