import type { Table } from "../run.ts"

/** A figure as it was first recorded: which bench, the number of its table, how its row begins, and its columns. */
export interface First {
  readonly bench: string
  readonly table: number
  readonly row: readonly (string | number)[]
  /**
   * Of several the least counts. On a busy machine the clock measures the neighbours too; on an idle one processor time
   * counts what the engine compiles meanwhile on the other processor.
   */
  readonly column: string | readonly string[]
  readonly value: number
  readonly page: string
  /** `more` where more is better, as for answers a second. */
  readonly better?: "more"
  /** The row is there only where LINDUNG_DATA names the data that it is measured on. */
  readonly needs?: "data"
}

export interface Compared extends First {
  readonly first: number
  /** Not there: the bench has no such figure (any more). */
  readonly now: number | undefined
  /** How many times as slow as at first. */
  readonly times: number | undefined
}

/** A shared machine is a quarter faster or slower by itself. */
export const SLOWER = 1.25

/** Each figure that was recorded, beside what it is now; but for those whose bench, or whose data, was not there. */
export function compare(
  recorded: readonly First[],
  now: readonly { readonly bench: string; readonly tables: readonly Table[] }[],
): Compared[] {
  return recorded.flatMap(one => {
    const tables = now.find(({ bench }) => bench === one.bench)?.tables
    if (tables === undefined) return []
    const figure = figureOf(one, tables[one.table])
    if (figure === undefined && one.needs === "data") return []
    return [{ ...one, first: one.value, now: figure, times: figure === undefined ? undefined : times(one, figure) }]
  })
}

function figureOf({ row, column }: First, table: Table | undefined): number | undefined {
  const cells = table?.rows.find(cells => row.every((cell, i) => cells[i] === cell))
  const found = [column].flat().map(name => cells?.[table?.columns.indexOf(name) ?? -1])
  return found.every(cell => typeof cell === "number") ? Math.min(...found) : undefined
}

const times = ({ better, value }: First, figure: number): number =>
  better === "more" ? value / figure : figure / value
