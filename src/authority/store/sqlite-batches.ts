import type { Database } from "better-sqlite3"
import type { Batch } from "./store.ts"

/** batches: one row a bulk order, while its codes live. */
export const BATCHES = `
  CREATE TABLE batches (
    id BLOB PRIMARY KEY,
    order_hash BLOB NOT NULL,
    salt BLOB NOT NULL,
    issued_hour INTEGER NOT NULL,
    expires_hour INTEGER NOT NULL,
    done INTEGER NOT NULL
  ) WITHOUT ROWID, STRICT`

interface StoredBatch {
  readonly id: Uint8Array
  readonly order_hash: Uint8Array
  readonly salt: Uint8Array
  readonly issued_hour: number
  readonly expires_hour: number
  readonly done: number
}

/** The bulk orders of an open file. */
export function batchTable(database: Database) {
  const find = database.prepare<[Uint8Array], StoredBatch>("SELECT * FROM batches WHERE id = ?")
  const insert = database.prepare("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)")
  const advance = database.prepare("UPDATE batches SET done = done + ? WHERE id = ? AND done = ?")
  const expire = database.prepare("DELETE FROM batches WHERE expires_hour <= ?")
  return {
    find(id: Uint8Array): Batch | undefined {
      const row = find.get(id)
      if (row === undefined) return undefined
      const { order_hash, salt, issued_hour, expires_hour, done } = row
      const bytes = (from: Uint8Array) => new Uint8Array(from)
      return {
        id,
        order: bytes(order_hash),
        salt: bytes(salt),
        issuedHour: issued_hour,
        expiresHour: expires_hour,
        done,
      }
    },
    insert({ id, order, salt, issuedHour, expiresHour, done }: Batch): void {
      insert.run(id, order, salt, issuedHour, expiresHour, done)
    },
    /** @returns whether these lines are still to be stored */
    advance: (id: Uint8Array, done: number, lines: number): boolean => advance.run(lines, id, done).changes === 1,
    expire(hour: number): void {
      expire.run(hour)
    },
  }
}
