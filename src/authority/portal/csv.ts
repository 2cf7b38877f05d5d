import Papa from "papaparse"
import type { Body } from "./api.ts"
import type { Words } from "./language.ts"

export type BulkLine = Body<"/codes/bulk">["lines"][number]

/** A line that can be done, or why it cannot; `line` is that of the file, beginning at 1. */
export type ParsedLine =
  | { readonly line: number; readonly order: BulkLine }
  | { readonly line: number; readonly reason: string }

export interface Bounds {
  /** Whether a line has a day; without, it comes with the activation. */
  readonly days: boolean
  readonly today: string
  readonly earliestDay: string
}

const TESTS = ["pcr", "rapid", "clinical"] as const
const isTest = (text: string): text is (typeof TESTS)[number] => (TESTS as readonly string[]).includes(text)

/** A day that is in the calendar. */
function isDay(text: string): boolean {
  const second = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(second) && new Date(second).toISOString().startsWith(text)
}

function orderOf(cells: Readonly<Record<string, string>>, words: Words, bounds: Bounds): BulkLine | string {
  const test = (cells["test"] ?? "").toLowerCase()
  if (!isTest(test)) return words.bulk.test(cells["test"] ?? "")
  if (!bounds.days) return { test }
  const { onset = "", tested = "", date = "" } = cells
  const given = [onset, tested, date].filter(day => day !== "")
  const [day] = given
  if (day === undefined || given.length > 1) return words.bulk.oneDay
  if (!isDay(day)) return words.bulk.day(day)
  if (day > bounds.today || (date !== "" && day < bounds.earliestDay)) return words.bulk.outside(day)
  if (onset !== "") return { test, contagious: { by: "onset", onset } }
  if (tested !== "") return { test, contagious: { by: "test", tested } }
  return { test, contagious: { by: "date", date } }
}

/**
 * Reads a file of patients. A byte order mark, quotes, semicolons, CRLF and empty lines are all right; other columns are
 * not looked at.
 * @param from the line of the file to begin at
 * @returns the lines, or what is wrong with the file as a whole
 */
export function readCsv(text: string, from: number, words: Words, bounds: Bounds): readonly ParsedLine[] | string {
  const { data } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ""), { skipEmptyLines: false })
  const [head, ...rest] = data
  const names = head?.map(name => name.trim().toLowerCase()) ?? []
  if (!names.includes("test")) return words.bulk.columns("test")
  if (bounds.days && !["onset", "tested", "date"].some(name => names.includes(name)))
    return words.bulk.columns("onset, tested, date")
  const lines = rest
    .map((cells, at) => ({ line: at + 2, cells: cells.map(cell => cell.trim()) }))
    .filter(({ cells }) => cells.some(cell => cell !== ""))
  if (lines.length === 0) return words.bulk.empty
  const wanted = lines.filter(({ line }) => line >= from)
  if (wanted.length === 0) return words.bulk.startLine(from)
  return wanted.map(({ line, cells }) => {
    const order = orderOf(Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ""])), words, bounds)
    return typeof order === "string" ? { line, reason: order } : { line, order }
  })
}

/** Lines for the file that is saved. Everything is quoted, and nothing in it can be a formula. */
export const writeCsv = (rows: readonly (readonly string[])[]): string =>
  `\uFEFF${Papa.unparse(
    rows.map(row => [...row]),
    { quotes: true, escapeFormulae: true },
  )}\r\n`
