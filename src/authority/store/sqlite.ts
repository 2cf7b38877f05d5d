import type { Database } from "better-sqlite3"
import { type Random, uniform } from "../../crypto/index.ts"
import type { Mechanism } from "../../protocol/index.ts"
import { answers, outcomeOf, UNSPENT } from "./rule.ts"
import { AUDIT, auditTable } from "./sqlite-audit.ts"
import { BATCHES, batchTable } from "./sqlite-batches.ts"
import { openFile, rebuild } from "./sqlite-file.ts"
import { type Attempt, type CodeRow, type CodeStore, type Grant, HASH_BYTES, KnownCode, REPEAT_HOURS } from "./store.ts"

/*
 * codes
 *   code                 keyed hash of the code, or of commitment and lock
 *   mechanism            1, 2 or 3; 0 marks a decoy
 *   contagious_from_day  -1 while the code is dead
 *   expires_hour
 *   commitment           keyed hash of the commitment it was spent for; zeros while unspent
 *   noise                fresh with every write: SQLite leaves a page alone whose bytes would not change
 *
 * A request with a wrong code must cost a written row, as one with a good code does, and must not fill the disk. So the
 * table holds a fixed number of decoy rows under random keys, spread among the real ones as their hashes are; a
 * request that is not good overwrites one of them, drawn at random, with random bytes.
 *
 * The log of transactions is cut after each: its frames would show which requests were good, and in which order. A row
 * that was written lies in its page where the last one ended, so the file is rebuilt: by their order, whoever knows the
 * order of the patients would know which of them used the code.
 *
 * batches, audit: see sqlite-batches.ts and sqlite-audit.ts.
 */
const SCHEMA_VERSION = 2
const CODES = `
  CREATE TABLE codes (
    code BLOB PRIMARY KEY,
    mechanism INTEGER NOT NULL,
    contagious_from_day INTEGER NOT NULL,
    expires_hour INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    noise BLOB NOT NULL
  ) WITHOUT ROWID, STRICT`
/** How long a change waits for another process: nobody is answered meanwhile. */
const BUSY_MS = 500
const DEAD = -1
const DECOYS = 256
/** Up to this size the file is rebuilt with every write; a larger one once an hour, when it is pruned. */
const SMALL_PAGES = 256
const NOISE_BYTES = 8

interface StoredRow {
  mechanism: Mechanism
  contagious_from_day: number
  expires_hour: number
  commitment: Uint8Array
}

/**
 * Codes in one SQLite file, which is made with mode 0600 when it is missing. Its log holds old pages until it is cut, so each change cuts it.
 * @throws LindungError schema-newer for a file of a later version, storage-corrupt for one that is not a database
 */
export const sqliteCodeStore = (path: string, random: Random): Promise<CodeStore> =>
  openFile(path, { name: "code", schemaVersion: SCHEMA_VERSION, timeout: BUSY_MS, migrate }, database =>
    codeStore(database, fillDecoys(database, random), random),
  )

function migrate(database: Database, version: number): void {
  if (version === 0) database.exec(CODES)
  database.exec(BATCHES)
  database.exec(AUDIT)
}

/** The keys of the decoys, made where there are too few. */
function fillDecoys(database: Database, random: Random): Uint8Array[] {
  const insert = database.prepare("INSERT INTO codes VALUES (?, 0, 0, 0, ?, ?)")
  return database
    .transaction(() => {
      const keys = database.prepare("SELECT code FROM codes WHERE mechanism = 0").pluck().all() as Uint8Array[]
      while (keys.length < DECOYS) {
        const key = random.bytes(HASH_BYTES)
        insert.run(key, random.bytes(HASH_BYTES), random.bytes(NOISE_BYTES))
        keys.push(key)
      }
      return keys
    })
    .immediate()
}

function codeStore(database: Database, decoys: readonly Uint8Array[], random: Random): CodeStore {
  const insert = database.prepare("INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?)")
  const find = database.prepare<[Uint8Array], StoredRow>(
    "SELECT mechanism, contagious_from_day, expires_hour, commitment FROM codes WHERE code = ?",
  )
  const spend = database.prepare("UPDATE codes SET commitment = ?, noise = ? WHERE code = ?")
  const revive = database.prepare(
    `UPDATE codes SET contagious_from_day = ?, expires_hour = ?, noise = ?
     WHERE code = ? AND mechanism > 0 AND contagious_from_day = ${DEAD} AND expires_hour > ?`,
  )
  const remove = database.prepare("DELETE FROM codes WHERE code = ? AND mechanism > 0")
  const expire = database.prepare("DELETE FROM codes WHERE mechanism > 0 AND expires_hour + ? <= ?")
  const audit = auditTable(database)
  const batches = batchTable(database)

  function addRows(rows: readonly CodeRow[]): void {
    try {
      for (const { code, mechanism, contagiousFromDay = DEAD, expiresHour } of rows)
        insert.run(code, mechanism, contagiousFromDay, expiresHour, UNSPENT, random.bytes(NOISE_BYTES))
    } catch (error) {
      if ((error as { code?: unknown }).code !== "SQLITE_CONSTRAINT_PRIMARYKEY") throw error
      throw new KnownCode("a code is known already")
    }
  }

  function redeemOne(attempt: Attempt, hour: number): Grant | undefined {
    const found = find.get(attempt.code)
    const day = found?.contagious_from_day
    const row = found && {
      mechanism: found.mechanism,
      contagiousFromDay: day === DEAD ? undefined : day,
      expiresHour: found.expires_hour,
      commitment: found.commitment,
    }
    const good = row !== undefined && answers(row, attempt, hour) ? row : undefined
    const decoy = decoys[uniform(random, decoys.length)]!
    const decoyHash = random.bytes(HASH_BYTES)
    spend.run(good ? attempt.commitment : decoyHash, random.bytes(NOISE_BYTES), good ? attempt.code : decoy)
    if (good === undefined) return undefined
    const { commitment: _, ...grant } = good
    return grant
  }

  const cut = (): void => {
    database.pragma("wal_checkpoint(TRUNCATE)")
  }
  const rebuildSmall = (): void => {
    if ((database.pragma("page_count", { simple: true }) as number) <= SMALL_PAGES) rebuild(database)
    else cut()
  }

  /** In one transaction that takes the file for writing at once, and leaves no trace of itself. */
  function inOne<Given extends unknown[], Result>(work: (...given: Given) => Result, tidy: () => void = cut) {
    const transaction = database.transaction(work)
    return async (...given: Given): Promise<Result> => {
      const result = transaction.immediate(...given)
      try {
        tidy()
      } catch {
        // It is done, and must not be said to have failed: the next change tidies up after this one too.
      }
      return result
    }
  }
  rebuild(database)
  const expireAll = database.transaction((hour: number) => {
    expire.run(REPEAT_HOURS, hour)
    batches.expire(hour)
  })

  return {
    add: inOne((rows, by) => {
      addRows(rows)
      audit.append(by)
    }, rebuildSmall),
    activate: inOne((code, { contagiousFromDay, expiresHour }, hour, by) => {
      const noise = random.bytes(NOISE_BYTES)
      const isDone = revive.run(contagiousFromDay, expiresHour, noise, code, hour).changes === 1
      audit.append(outcomeOf(by, isDone))
      return isDone
    }, rebuildSmall),
    revoke: inOne((code, by) => {
      const { changes } = remove.run(code)
      audit.append(outcomeOf(by, changes === 1))
      return changes === 1
    }, rebuildSmall),
    batch: async id => batches.find(id),
    beginBatch: inOne((batch, by) => {
      const known = batches.find(batch.id)
      if (known !== undefined) return known
      batches.insert(batch)
      audit.append(by)
      return batch
    }),
    addToBatch: inOne((id, done, rows, lines) => {
      if (batches.find(id) === undefined) throw new Error("there is no such batch")
      if (batches.advance(id, done, lines)) addRows(rows)
    }, rebuildSmall),
    redeem: inOne((attempts, hour) => attempts.map(attempt => redeemOne(attempt, hour)), rebuildSmall),
    record: inOne(by => audit.append(by)),
    entries: async (after, limit) => audit.entries(after, limit),
    head: async () => audit.head(),
    countByDay: async (firstDay, lastDay) => audit.countByDay(firstDay, lastDay),
    async prune(hour) {
      expireAll(hour)
      rebuild(database)
    },
    async close() {
      database.close()
    },
  }
}
