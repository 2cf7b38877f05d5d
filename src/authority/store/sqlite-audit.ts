import type { Database } from "better-sqlite3"
import { hex } from "../../crypto/index.ts"
import { type AuditEntry, type AuditFacts, type AuditHead, chainHash, EMPTY_CHAIN } from "../audit.ts"
import { type DayCount, HASH_BYTES } from "./store.ts"

/*
 * audit: one row an act; the columns are those of audit.ts. The triggers keep this program, and whoever has no right to
 * change the schema, from touching what is written; the chain of hashes shows what anybody else does.
 */
export const AUDIT = `
  CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    minute INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    count INTEGER NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
  CREATE INDEX audit_minute ON audit (minute);
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log only grows'); END;
  CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log only grows'); END`
const MINUTES_PER_DAY = 1440

type StoredEntry = Omit<AuditEntry, "hash"> & { readonly hash: Uint8Array }

/** The audit log of an open file. */
export function auditTable(database: Database) {
  const insert = database.prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)")
  const last = database.prepare<[], StoredEntry>("SELECT * FROM audit ORDER BY number DESC LIMIT 1")
  const page = database.prepare<[number, number], StoredEntry>(
    "SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?",
  )
  const sums = database.prepare<[number, number], DayCount>(
    `SELECT minute / ${MINUTES_PER_DAY} AS day, action, sum(count) AS count FROM audit
     WHERE minute >= ? AND minute < ? GROUP BY day, action ORDER BY day, action`,
  )
  return {
    append(facts: AuditFacts): void {
      const { number, hash } = last.get() ?? { number: 0, hash: new Uint8Array(HASH_BYTES) }
      const { minute, actor, action, count } = facts
      insert.run(number + 1, minute, actor, action, count, chainHash(new Uint8Array(hash), number + 1, facts))
    },
    entries: (after: number, limit: number): AuditEntry[] =>
      page.all(after, limit).map(entry => ({ ...entry, hash: hex(new Uint8Array(entry.hash)) })),
    head(): AuditHead {
      const entry = last.get()
      return entry === undefined ? EMPTY_CHAIN : { number: entry.number, hash: hex(new Uint8Array(entry.hash)) }
    },
    countByDay: (firstDay: number, lastDay: number): DayCount[] =>
      sums.all(firstDay * MINUTES_PER_DAY, (lastDay + 1) * MINUTES_PER_DAY),
  }
}
