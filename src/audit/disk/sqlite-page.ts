/** What one cell of a b-tree page says. */
export interface Cell {
  /** Place of the cell in its page. */
  readonly at: number
  readonly end: number
  /** The page of smaller keys, in interior pages. */
  readonly child?: number
  readonly rowid?: number
  /** Bytes of the record in all, and those of them that lie in the page. */
  readonly payload: number
  readonly local: Uint8Array
  readonly overflow?: number
}

export interface BtreePage {
  readonly kind: "table-interior" | "table-leaf" | "index-interior" | "index-leaf"
  /** In the order of their keys. */
  readonly cells: readonly Cell[]
  readonly right?: number
  /** Stretches that hold no cell: the gap behind the pointers, free blocks and fragments. */
  readonly unallocated: readonly (readonly [from: number, to: number])[]
}

const KINDS: Readonly<Record<number, BtreePage["kind"]>> = {
  2: "index-interior",
  5: "table-interior",
  10: "index-leaf",
  13: "table-leaf",
}
/** A free block begins with the place of the next one and its own length. */
const FREE_BLOCK_HEAD = 4

export const u16At = (page: Uint8Array, at: number): number => page[at]! * 256 + page[at + 1]!
export const u32At = (page: Uint8Array, at: number): number => u16At(page, at) * 65_536 + u16At(page, at + 2)

/** @returns the value, exact up to 2⁵³, and the place behind it */
export function varint(page: Uint8Array, at: number): readonly [value: number, next: number] {
  let value = 0
  for (let i = 0; i < 8; i++) {
    const byte = page[at + i] ?? 0
    value = value * 128 + (byte & 127)
    if (byte < 128) return [value, at + i + 1]
  }
  return [value * 256 + (page[at + 8] ?? 0), at + 9]
}

/** How much of a record lies in its page (SQLite file format, "B-tree cell format"). */
function localBytes(payload: number, usable: number, isTableLeaf: boolean): number {
  const most = isTableLeaf ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23
  if (payload <= most) return payload
  const least = Math.floor(((usable - 12) * 32) / 255) - 23
  const wanted = least + ((payload - least) % (usable - 4))
  return wanted <= most ? wanted : least
}

/**
 * @param head where the page's header begins: 100 in the first page of a file
 * @returns undefined for what is no b-tree page
 */
export function parsePage(page: Uint8Array, head: number, usable: number): BtreePage | undefined {
  const kind = KINDS[page[head] ?? 0]
  if (kind === undefined) return undefined
  const isInterior = kind.endsWith("interior")
  const count = u16At(page, head + 3)
  const pointers = head + (isInterior ? 12 : 8)
  if (pointers + 2 * count > page.length) return undefined
  const cells: Cell[] = []
  for (let i = 0; i < count; i++) {
    const at = u16At(page, pointers + 2 * i)
    if (at < pointers || at >= usable) return undefined
    cells.push(parseCell(page, at, kind, usable))
  }
  return {
    kind,
    cells,
    ...(isInterior ? { right: u32At(page, head + 8) } : {}),
    unallocated: between(cells, freeHeads(page, head), pointers + 2 * count, usable),
  }
}

function parseCell(page: Uint8Array, at: number, kind: BtreePage["kind"], usable: number): Cell {
  let next = at
  let child: number | undefined
  if (kind.endsWith("interior")) {
    child = u32At(page, at)
    next += 4
  }
  if (kind === "table-interior") {
    const [rowid, end] = varint(page, next)
    return { at, end, child: child!, rowid, payload: 0, local: new Uint8Array() }
  }
  const [payload, afterLength] = varint(page, next)
  next = afterLength
  let rowid: number | undefined
  if (kind === "table-leaf") [rowid, next] = varint(page, next)
  const length = localBytes(payload, usable, kind === "table-leaf")
  const spills = length < payload
  const end = next + length + (spills ? 4 : 0)
  return {
    at,
    // SQLite gives no cell fewer than four bytes.
    end: Math.max(end, at + 4),
    ...(child === undefined ? {} : { child }),
    ...(rowid === undefined ? {} : { rowid }),
    payload,
    local: page.subarray(next, next + length),
    ...(spills ? { overflow: u32At(page, next + length) } : {}),
  }
}

function freeHeads(page: Uint8Array, head: number): number[] {
  const heads: number[] = []
  for (let at = u16At(page, head + 1); at > 0 && at + FREE_BLOCK_HEAD <= page.length; at = u16At(page, at)) {
    if (heads.length > 0 && at <= heads.at(-1)!) break
    heads.push(at)
  }
  return heads
}

/** What lies between the cells, without the heads of free blocks. */
function between(cells: readonly Cell[], free: readonly number[], start: number, end: number): [number, number][] {
  const taken = [
    ...cells.map(cell => [cell.at, cell.end] as const),
    ...free.map(at => [at, at + FREE_BLOCK_HEAD] as const),
  ].sort((a, b) => a[0] - b[0])
  const gaps: [number, number][] = []
  let at = start
  for (const [from, to] of taken) {
    if (from > at) gaps.push([at, from])
    at = Math.max(at, to)
  }
  if (end > at) gaps.push([at, end])
  return gaps
}

export type Value = null | number | string | Uint8Array

/**
 * A record's values (SQLite file format, "Record format"). Integers beyond 2⁵³ lose their last digits.
 * @throws RangeError for a record that ends before its values
 */
export function parseRecord(record: Uint8Array): Value[] {
  const [headBytes, first] = varint(record, 0)
  if (headBytes > record.length) throw new RangeError("a record ends in its head")
  const values: Value[] = []
  let at = headBytes
  for (let head = first; head < headBytes; ) {
    const [type, next] = varint(record, head)
    head = next
    const length = type >= 12 ? Math.floor((type - 12) / 2) : (BYTES[type] ?? 0)
    if (at + length > record.length) throw new RangeError("a record ends in a value")
    values.push(decode(type, record.subarray(at, at + length)))
    at += length
  }
  return values
}

const BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0]
const [FLOAT, ZERO, ONE] = [7, 8, 9]

function decode(type: number, bytes: Uint8Array): Value {
  if (type === 0) return null
  if (type === ZERO || type === ONE) return type - ZERO
  if (type === FLOAT) return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0)
  if (type >= 12) return type % 2 === 0 ? bytes : text(bytes)
  let value = bytes[0]! > 127 ? -1 : 0
  for (const byte of bytes) value = value * 256 + byte
  return value
}

/** UTF-8 as it is, one character a byte: enough for names and for what is looked for. */
export function text(bytes: Uint8Array): string {
  let out = ""
  for (let at = 0; at < bytes.length; at += 4096) out += String.fromCharCode(...bytes.subarray(at, at + 4096))
  return out
}
