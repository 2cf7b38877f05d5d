import type { Column } from "./column.ts"
import type { DiskReport } from "./findings.ts"
import type { Inventory } from "./inventory.ts"
import { readSqlite, type SqliteFile, type Table } from "./sqlite-file.ts"
import { text, type Value } from "./sqlite-page.ts"
import { exactTime, isAllowed, timedIdentifier } from "./values.ts"

/** The count of an SQLite file's schema changes that every rebuilding sets, for each version of the schema. */
const COUNTS_BY = 1000
/** Databases that are made anew with each write only up to so many pages, and then once an hour. */
const REBUILT_UP_TO: Readonly<Record<string, number>> = { "codes.sqlite": 256 }
/** Tables that SQLite makes for itself and that tell something. */
const SEQUENCE = "sqlite_sequence"

/**
 * The same rows in a file made anew from them alone (SQLite's VACUUM). A file that is the same byte for byte says
 * nothing about how it came about: neither in what order rows came nor what was deleted.
 */
export type Rebuild = (file: Uint8Array) => Uint8Array

/** Bytes of the header that count changes or name the kind of journal: the counters are looked at by themselves. */
const COUNTERS: readonly (readonly [from: number, to: number])[] = [
  [18, 20],
  [24, 28],
  [40, 44],
  [92, 100],
]

function isAsRebuilt(file: Uint8Array, rebuild: Rebuild | undefined): boolean {
  const anew = rebuild?.(file)
  if (anew === undefined || anew.length !== file.length) return false
  return file.every((byte, i) => byte === anew[i] || COUNTERS.some(([from, to]) => i >= from && i < to))
}

/**
 * What a database file says beyond its rows (free pages, deleted bytes, order on the page), and whether its rows are
 * what the inventory allows.
 * @param name of the file, as the inventory lists it
 * @param rebuild without it, bytes and places that a rebuilt file would have as well are named too
 * @returns undefined when it could not be read
 */
export function auditDatabase(
  where: string,
  name: string,
  file: Uint8Array,
  { inventory, rebuild }: { readonly inventory: Inventory; readonly rebuild?: Rebuild | undefined },
  report: DiskReport,
): SqliteFile | undefined {
  let database: SqliteFile
  try {
    database = readSqlite(file)
  } catch (error) {
    report.finding("unreadable", where, error instanceof Error ? error.message : "not a database")
    return undefined
  }
  const allowed = inventory.databases[name]
  const isClean = isAsRebuilt(file, rebuild)
  if (database.freePages > 0) report.finding("free-pages", where, `${database.freePages} of ${database.pages} pages`)
  const isHourly = database.pages > (REBUILT_UP_TO[name] ?? Number.POSITIVE_INFINITY)
  if (isHourly && !isClean)
    report.learns(
      where,
      "in which order rows were written since the last full hour, and what lay where they were moved",
    )
  for (const { page, from, what, bytes } of isClean || isHourly ? [] : database.slack)
    report.finding("deleted-data", `${where} page ${page}`, `${bytes.length} bytes from ${from} on: ${what}`)
  if (!database.usesWal)
    report.finding("transaction-counter", where, `${database.changeCounter} write transactions since it was made`)
  // Every rebuilding sets it to this; else it would say how many there were.
  if (database.schemaCounter !== COUNTS_BY * database.version)
    report.finding("transaction-counter", where, `${database.schemaCounter} changes of its schema and rebuildings`)
  for (const { type, name: other } of database.others)
    if (!other.startsWith("sqlite_autoindex_") && inventory.others[other] === undefined)
      report.finding("index-or-trigger", where, `${type} ${other}`)
  for (const table of database.tables) {
    const columns = allowed?.[table.name]
    if (table.name === SEQUENCE) report.finding("row-numbers", where, `${SEQUENCE}: how many rows there ever were`)
    else if (columns === undefined) report.finding("unlisted-table", where, table.name)
    else
      auditTable(
        `${where} ${table.name}`,
        table,
        columns,
        isHourly || inventory.ordered[table.name] !== undefined,
        isClean,
        report,
      )
  }
  return database
}

function auditTable(
  where: string,
  table: Table,
  columns: Readonly<Record<string, Column>>,
  mayBeOrdered: boolean,
  isClean: boolean,
  report: DiskReport,
): void {
  if (!table.isWithoutRowid && !mayBeOrdered) report.finding("row-numbers", where, "not WITHOUT ROWID")
  for (const [i, name] of table.columns.entries()) {
    const column = columns[name]
    if (column === undefined) {
      report.finding("unlisted-column", where, name)
      continue
    }
    for (const { values } of table.rows) auditValue(`${where}.${name}`, column, values[i] ?? null, report)
  }
  const misplaced = mayBeOrdered || isClean ? 0 : outOfOrder(table)
  if (misplaced > 0) report.finding("row-order", where, `${misplaced} of ${table.rows.length} rows`)
}

function auditValue(where: string, column: Column, value: Value, report: DiskReport): void {
  const { holds } = column
  if (!isAllowed(column, value)) report.finding("not-what-it-holds", where, `expected ${holds}`)
  if (holds === "staff") return
  const time = exactTime(value)
  if (time !== undefined) report.finding("exact-time", where, time)
  const words = typeof value === "string" ? timedIdentifier(value) : undefined
  if (words !== undefined) report.finding("identifier-with-time", where, words)
}

/**
 * Rows that do not lie where a database that was rebuilt has them: from the end of each page downward in the order of
 * their keys. A fresh row lies below those before it, whatever its key.
 */
export function outOfOrder({ rows }: Table): number {
  let count = 0
  for (const [i, { page, at }] of rows.entries()) {
    const before = rows[i - 1]
    if (before !== undefined && before.page === page && before.at <= at) count++
  }
  return count
}

/** Values of a table's rows by name. */
export function rowsOf(database: SqliteFile, name: string): Readonly<Record<string, Value>>[] {
  const table = database.tables.find(one => one.name === name)
  if (table === undefined) return []
  return table.rows.map(({ values }) =>
    Object.fromEntries(table.columns.map((column, i) => [column, values[i] ?? null])),
  )
}

/** How many rows there are of each value. */
export function tally(rows: readonly Readonly<Record<string, Value>>[], column: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const value = row[column] ?? null
    const key = value instanceof Uint8Array ? text(value) : String(value)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}
