import { type BtreePage, type Cell, parsePage, parseRecord, text, u16At, u32At, type Value } from "./sqlite-page.ts"

/** A row and where it lies, in the order of the keys. */
export interface Row {
  readonly values: readonly Value[]
  readonly page: number
  readonly at: number
}

export interface Table {
  readonly name: string
  readonly sql: string
  /** False for a table whose rows carry a number that grows with each. */
  readonly isWithoutRowid: boolean
  /** As the rows have them: those of the key first where there is no row number. */
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

/** Bytes of a file that belong to no row. */
export interface Slack {
  readonly page: number
  readonly from: number
  readonly what: "unallocated" | "free page" | "no page of any table"
  readonly bytes: Uint8Array
}

export interface SqliteFile {
  readonly pageBytes: number
  readonly pages: number
  readonly freePages: number
  /** Counts write transactions where there is no write-ahead log. */
  readonly changeCounter: number
  readonly usesWal: boolean
  /** Counts changes of the schema, and how often the file was rebuilt. */
  readonly schemaCounter: number
  /** The schema's version, as its program numbers it. */
  readonly version: number
  readonly tables: readonly Table[]
  /** Indices, views, triggers. */
  readonly others: readonly { readonly type: string; readonly name: string }[]
  /** Stretches outside rows in which something other than zero stands. */
  readonly slack: readonly Slack[]
}

const MAGIC = "SQLite format 3\0"
const HEADER_BYTES = 100
/** A b-tree is not deeper; a chain of pages that is longer runs in a circle. */
const MAX_DEPTH = 32

export const isSqlite = (file: Uint8Array): boolean => text(file.subarray(0, MAGIC.length)) === MAGIC

/**
 * A database file as it lies on the disk, page by page, without SQLite: also what is in no table any more.
 * @see https://www.sqlite.org/fileformat2.html
 * @throws RangeError for what is not whole
 */
export function readSqlite(file: Uint8Array): SqliteFile {
  if (!isSqlite(file)) throw new RangeError("not an SQLite file")
  const pageBytes = u16At(file, 16) === 1 ? 65_536 : u16At(file, 16)
  if (pageBytes < 512 || file.length % pageBytes !== 0) throw new RangeError("not a whole number of pages")
  const reader = new PageReader(file, pageBytes, pageBytes - file[20]!)
  const tables: Table[] = []
  const others: { type: string; name: string }[] = []
  for (const { values } of reader.rows(1)) {
    const [type, name, , root, sql] = values as [string, string, string, number, string]
    if (type !== "table") others.push({ type, name })
    if (type === "table") tables.push(tableOf(name, sql, reader.rows(root)))
    else if (root > 0) for (const _ of reader.rows(root));
  }
  const freePages = reader.free(u32At(file, 32))
  return {
    pageBytes,
    pages: file.length / pageBytes,
    freePages,
    changeCounter: u32At(file, 24),
    usesWal: file[18] === 2,
    schemaCounter: u32At(file, 40),
    version: u32At(file, 60),
    tables,
    others,
    slack: reader.slack(),
  }
}

function tableOf(name: string, sql: string, rows: Iterable<Row>): Table {
  const isWithoutRowid = /\)[\s\w,]*WITHOUT\s+ROWID[\s\w,]*$/i.test(sql)
  return { name, sql, isWithoutRowid, columns: columnsOf(sql, isWithoutRowid), rows: [...rows] }
}

/** The columns of a CREATE TABLE, as records have them. */
function columnsOf(sql: string, isWithoutRowid: boolean): string[] {
  const inside = sql.slice(sql.indexOf("(") + 1, sql.lastIndexOf(")"))
  const parts: string[] = []
  let depth = 0
  let part = ""
  for (const letter of inside) {
    if (letter === "(") depth++
    if (letter === ")") depth--
    if (letter === "," && depth === 0) {
      parts.push(part.trim())
      part = ""
    } else part += letter
  }
  parts.push(part.trim())
  const named = parts.filter(one => !/^(PRIMARY|UNIQUE|CHECK|FOREIGN|CONSTRAINT)\b/i.test(one))
  const names = named.map(one => /^["`[]?(\w+)/.exec(one)?.[1] ?? "")
  if (!isWithoutRowid) return names
  const whole = /\bPRIMARY\s+KEY\s*\(([^)]*)\)/i.exec(inside)?.[1]
  const key = whole?.split(",").map(one => /\w+/.exec(one)?.[0] ?? "") ?? [
    names[named.findIndex(one => /\bPRIMARY\s+KEY\b/i.test(one))] ?? "",
  ]
  return [...key, ...names.filter(one => !key.includes(one))]
}

class PageReader {
  readonly #file: Uint8Array
  readonly #pageBytes: number
  readonly #usable: number
  /** Stretches of each page that was met which hold no data. */
  readonly #empty = new Map<number, { what: Slack["what"]; stretches: BtreePage["unallocated"] }>()

  constructor(file: Uint8Array, pageBytes: number, usable: number) {
    this.#file = file
    this.#pageBytes = pageBytes
    this.#usable = usable
  }

  #page(number: number): Uint8Array {
    const page = this.#file.subarray((number - 1) * this.#pageBytes, number * this.#pageBytes)
    if (number < 1 || page.length === 0) throw new RangeError(`page ${number} is not in the file`)
    return page
  }

  /** The rows under a page, in the order of their keys. */
  *rows(root: number, depth = 0): Generator<Row> {
    // A page that hangs in two places would be read again for each way to it.
    if (depth > MAX_DEPTH || this.#empty.has(root)) throw new RangeError("pages run in a circle")
    const page = parsePage(this.#page(root), root === 1 ? HEADER_BYTES : 0, this.#usable)
    if (page === undefined) throw new RangeError(`page ${root} is not of a table`)
    const stretches = [...page.unallocated, [this.#usable, this.#pageBytes] as const]
    this.#empty.set(root, { what: "unallocated", stretches })
    for (const cell of page.cells) {
      if (cell.child !== undefined) yield* this.rows(cell.child, depth + 1)
      if (page.kind !== "table-interior") yield { values: parseRecord(this.#record(cell)), page: root, at: cell.at }
    }
    if (page.right !== undefined) yield* this.rows(page.right, depth + 1)
  }

  #record(cell: Cell): Uint8Array {
    if (cell.payload > this.#file.length) throw new RangeError("a record is longer than the file")
    const record = new Uint8Array(cell.payload)
    record.set(cell.local)
    let at = cell.local.length
    for (let number = cell.overflow ?? 0; at < record.length; ) {
      const page = this.#page(number)
      const part = page.subarray(4, Math.min(this.#usable, 4 + record.length - at))
      if (part.length === 0 || this.#empty.has(number)) throw new RangeError("a record runs in a circle")
      record.set(part, at)
      at += part.length
      this.#empty.set(number, { what: "unallocated", stretches: [[4 + part.length, this.#pageBytes]] })
      number = u32At(page, 0)
    }
    return record
  }

  /** Follows the list of free pages. @returns how many there are */
  free(first: number): number {
    let count = 0
    for (let trunk = first; trunk > 0 && !this.#empty.has(trunk); ) {
      const page = this.#page(trunk)
      const leaves = Math.min(u32At(page, 4), this.#usable / 4 - 2)
      this.#empty.set(trunk, { what: "free page", stretches: [[8 + 4 * leaves, this.#pageBytes]] })
      count++
      for (let i = 0; i < leaves; i++) {
        this.#empty.set(u32At(page, 8 + 4 * i), { what: "free page", stretches: [[0, this.#pageBytes]] })
        count++
      }
      trunk = u32At(page, 0)
    }
    return count
  }

  slack(): Slack[] {
    const found: Slack[] = []
    for (let number = 1; number <= this.#file.length / this.#pageBytes; number++) {
      const page = this.#page(number)
      const { what, stretches } = this.#empty.get(number) ?? {
        what: "no page of any table" as const,
        stretches: [[0, this.#pageBytes] as const],
      }
      for (const [from, to] of stretches) {
        const bytes = page.subarray(from, to)
        if (bytes.some(byte => byte !== 0)) found.push({ page: number, from, what, bytes })
      }
    }
    return found
  }
}

/** A write-ahead log: the pages that each transaction wrote, oldest first. */
export function readWal(file: Uint8Array): { readonly transactions: number; readonly frames: number } {
  const HEAD = 32
  const FRAME_HEAD = 24
  if (file.length < HEAD) return { transactions: 0, frames: 0 }
  const step = FRAME_HEAD + u32At(file, 8)
  let transactions = 0
  let frames = 0
  for (let at = HEAD; at + step <= file.length; at += step) {
    frames++
    // The last frame of a transaction has the length of the database.
    if (u32At(file, at + 4) > 0) transactions++
  }
  return { transactions, frames }
}

/**
 * The database with its write-ahead log applied, as who opens it sees it.
 * @throws RangeError for a log of no size of pages, or that says the database is longer than its pages
 */
export function withWal(database: Uint8Array, wal: Uint8Array): Uint8Array {
  const pageBytes = u32At(wal, 8)
  if (pageBytes < 512 || pageBytes > 65_536) throw new RangeError(`write-ahead log of pages of ${pageBytes} bytes`)
  const pages = new Map<number, Uint8Array>()
  let committed = new Map<number, Uint8Array>()
  let size = database.length / pageBytes
  for (let at = 32; at + 24 + pageBytes <= wal.length; at += 24 + pageBytes) {
    // Frames of an earlier round carry another salt.
    if (u32At(wal, at + 8) !== u32At(wal, 16) || u32At(wal, at + 12) !== u32At(wal, 20)) break
    pages.set(u32At(wal, at), wal.subarray(at + 24, at + 24 + pageBytes))
    if (u32At(wal, at + 4) === 0) continue
    committed = new Map(pages)
    size = u32At(wal, at + 4)
  }
  if (size > database.length / pageBytes + committed.size)
    throw new RangeError(`the write-ahead log says ${size} pages, and has fewer`)
  const whole = new Uint8Array(size * pageBytes)
  whole.set(database.subarray(0, whole.length))
  for (const [number, page] of committed) if (number <= size) whole.set(page, (number - 1) * pageBytes)
  return whole
}
