import { gaen, requireBytes, requireU32 } from "../crypto/index.ts"

/** ReportType of the published field list, where it says how a diagnosis came about. */
export const REPORT_TYPES = [
  "unknown",
  "confirmed-test",
  "confirmed-clinical-diagnosis",
  "self-report",
  "recursive",
  "revoked",
] as const
export type ReportType = (typeof REPORT_TYPES)[number]

/** A key as a person handles it; a file of them is a {@link KeyTable}. */
export interface ExportKey {
  /** 16 bytes. */
  readonly tek: Uint8Array
  /** The first interval, u32; most systems align it to midnight UTC, some do not. */
  readonly rollingStart: number
  /** 1 … 144 intervals. */
  readonly rollingPeriod: number
  /** 0 … 8, deprecated by the format, still in most archives. */
  readonly transmissionRisk?: number
  readonly reportType?: ReportType
  /** Of symptoms, on the key's day; negative before. */
  readonly daysSinceOnset?: number
}

/** Stands in the column for "not given". */
export const ABSENT_BYTE = 255
export const ABSENT_DAYS = -32_768
const MAX_RISK = 8
const MAX_DAYS = 32_767

/**
 * Keys in columns, 26 bytes a key: a nation's archive in flat arrays, where an object for each key would take ten
 * times as much. Rows keep the order of the file, repeats included.
 */
export class KeyTable {
  readonly length: number
  /** TEKs of 16 bytes, end to end. */
  readonly teks: Uint8Array<ArrayBuffer>
  readonly rollingStarts: Uint32Array
  readonly rollingPeriods: Uint8Array
  readonly #risks: Uint8Array
  readonly #reportTypes: Uint8Array
  readonly #daysSinceOnset: Int16Array

  constructor(length: number) {
    requireU32("length", length)
    this.length = length
    this.teks = new Uint8Array(length * gaen.KEY_BYTES)
    this.rollingStarts = new Uint32Array(length)
    this.rollingPeriods = new Uint8Array(length)
    this.#risks = new Uint8Array(length).fill(ABSENT_BYTE)
    this.#reportTypes = new Uint8Array(length).fill(ABSENT_BYTE)
    this.#daysSinceOnset = new Int16Array(length).fill(ABSENT_DAYS)
  }

  static from(keys: readonly ExportKey[]): KeyTable {
    const table = new KeyTable(keys.length)
    keys.forEach((key, row) => {
      table.set(row, key)
    })
    return table
  }

  /** @throws TypeError or RangeError naming the field that does not fit */
  set(row: number, key: ExportKey): void {
    if (!Number.isInteger(row) || row < 0 || row >= this.length)
      throw new RangeError(`row: expected 0 to ${this.length - 1}, got ${row}`)
    const { tek, rollingStart, rollingPeriod, transmissionRisk, reportType, daysSinceOnset } = key
    requireBytes("tek", gaen.KEY_BYTES, tek)
    requireU32("rollingStart", rollingStart)
    if (rollingStart > 0x7fffffff) throw new RangeError(`rollingStart: expected an int32, got ${rollingStart}`)
    if (!isRollingPeriod(rollingPeriod)) throw new RangeError(`rollingPeriod: expected 1 to 144, got ${rollingPeriod}`)
    if (transmissionRisk !== undefined && !isRisk(transmissionRisk))
      throw new RangeError(`transmissionRisk: expected 0 to ${MAX_RISK}, got ${transmissionRisk}`)
    if (daysSinceOnset !== undefined && !isDays(daysSinceOnset))
      throw new RangeError(`daysSinceOnset: expected ${-MAX_DAYS} to ${MAX_DAYS}, got ${daysSinceOnset}`)
    if (reportType !== undefined && !REPORT_TYPES.includes(reportType))
      throw new RangeError(`reportType: expected one of ${REPORT_TYPES.join(", ")}, got ${reportType}`)
    const type = reportType === undefined ? ABSENT_BYTE : REPORT_TYPES.indexOf(reportType)
    const days = daysSinceOnset ?? ABSENT_DAYS
    this.put(row, tek, 0, rollingStart, rollingPeriod, transmissionRisk ?? ABSENT_BYTE, type, days)
  }

  /**
   * Writes a row without looking at it: for the reader of archives, which has checked every value and makes no object
   * for a key. A TEK is copied from an offset; columns not given hold ABSENT_BYTE or ABSENT_DAYS.
   */
  put(
    row: number,
    bytes: Uint8Array,
    at: number,
    rollingStart: number,
    rollingPeriod: number,
    risk: number,
    reportType: number,
    days: number,
  ): void {
    for (let i = 0; i < gaen.KEY_BYTES; i++) this.teks[row * gaen.KEY_BYTES + i] = bytes[at + i]!
    this.rollingStarts[row] = rollingStart
    this.rollingPeriods[row] = rollingPeriod
    this.#risks[row] = risk
    this.#reportTypes[row] = reportType
    this.#daysSinceOnset[row] = days
  }

  /** The key's 16 bytes, as a view. */
  tek(row: number): Uint8Array<ArrayBuffer> {
    return this.teks.subarray(row * gaen.KEY_BYTES, (row + 1) * gaen.KEY_BYTES)
  }

  transmissionRisk(row: number): number | undefined {
    const risk = this.#risks[row]
    return risk === ABSENT_BYTE ? undefined : risk
  }

  reportType(row: number): ReportType | undefined {
    return REPORT_TYPES[this.#reportTypes[row] ?? ABSENT_BYTE]
  }

  /** The same as the number that the format and risk rules use: 0, unknown, where it is not given. */
  reportTypeNumber(row: number): number {
    const type = this.#reportTypes[row] ?? ABSENT_BYTE
    return type === ABSENT_BYTE ? 0 : type
  }

  daysSinceOnset(row: number): number | undefined {
    const days = this.#daysSinceOnset[row]
    return days === ABSENT_DAYS ? undefined : days
  }

  row(row: number): ExportKey {
    if (!Number.isInteger(row) || row < 0 || row >= this.length)
      throw new RangeError(`row: expected 0 to ${this.length - 1}, got ${row}`)
    const transmissionRisk = this.transmissionRisk(row)
    const reportType = this.reportType(row)
    const daysSinceOnset = this.daysSinceOnset(row)
    return {
      tek: this.tek(row).slice(),
      rollingStart: this.rollingStarts[row]!,
      rollingPeriod: this.rollingPeriods[row]!,
      ...(transmissionRisk === undefined ? {} : { transmissionRisk }),
      ...(reportType === undefined ? {} : { reportType }),
      ...(daysSinceOnset === undefined ? {} : { daysSinceOnset }),
    }
  }

  /** Order of two rows: by TEK, then by every other column, so that equal rows are the only ones without an order. */
  compare(a: number, b: number): number {
    const A = a * gaen.KEY_BYTES
    const B = b * gaen.KEY_BYTES
    for (let i = 0; i < gaen.KEY_BYTES; i++) {
      const difference = this.teks[A + i]! - this.teks[B + i]!
      if (difference !== 0) return difference
    }
    return (
      this.rollingStarts[a]! - this.rollingStarts[b]! ||
      this.rollingPeriods[a]! - this.rollingPeriods[b]! ||
      this.#risks[a]! - this.#risks[b]! ||
      this.#reportTypes[a]! - this.#reportTypes[b]! ||
      this.#daysSinceOnset[a]! - this.#daysSinceOnset[b]!
    )
  }

  /** Rows sorted by their bytes, which are random: the order says nothing about when or from whom a key came. */
  sorted(): Uint32Array {
    return new Uint32Array(this.length).map((_, row) => row).sort((a, b) => this.compare(a, b))
  }

  /**
   * The rows without repeats, sorted. Real archives repeat keys, sometimes thousands of times; a repeat must not make
   * an exposure count twice. Two rows are one key when TEK, start and period agree; the first by the other columns
   * stands for both.
   */
  distinct(): Uint32Array {
    const rows = this.sorted()
    return rows.filter((row, i) => i === 0 || !this.sameKey(rows[i - 1]!, row))
  }

  private sameKey(a: number, b: number): boolean {
    for (let i = 0; i < gaen.KEY_BYTES; i++)
      if (this.teks[a * gaen.KEY_BYTES + i] !== this.teks[b * gaen.KEY_BYTES + i]) return false
    return this.rollingStarts[a] === this.rollingStarts[b] && this.rollingPeriods[a] === this.rollingPeriods[b]
  }

  /** A table of some rows, in the order given. */
  pick(rows: ArrayLike<number>): KeyTable {
    const out = new KeyTable(rows.length)
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      if (row >= this.length) throw new RangeError(`rows: expected 0 to ${this.length - 1}, got ${row}`)
      out.teks.set(this.tek(row), i * gaen.KEY_BYTES)
      out.rollingStarts[i] = this.rollingStarts[row]!
      out.rollingPeriods[i] = this.rollingPeriods[row]!
      out.#risks[i] = this.#risks[row]!
      out.#reportTypes[i] = this.#reportTypes[row]!
      out.#daysSinceOnset[i] = this.#daysSinceOnset[row]!
    }
    return out
  }

  /** Both tables, one after the other. */
  concat(other: KeyTable): KeyTable {
    const out = new KeyTable(this.length + other.length)
    for (const [table, at] of [
      [this, 0],
      [other, this.length],
    ] as const) {
      out.teks.set(table.teks, at * gaen.KEY_BYTES)
      out.rollingStarts.set(table.rollingStarts, at)
      out.rollingPeriods.set(table.rollingPeriods, at)
      out.#risks.set(table.#risks, at)
      out.#reportTypes.set(table.#reportTypes, at)
      out.#daysSinceOnset.set(table.#daysSinceOnset, at)
    }
    return out
  }
}

export const isRollingPeriod = (value: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= gaen.ROLLING_PERIOD
export const isRisk = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= MAX_RISK
export const isDays = (value: number): boolean => Number.isInteger(value) && Math.abs(value) <= MAX_DAYS
