import type { Table } from "../run.ts"

/** A figure as it was first recorded: which bench, the number of its table, how its row begins, and its column. */
export interface First {
  readonly bench: string
  readonly table: number
  readonly row: readonly (string | number)[]
  readonly column: string
  readonly value: number
  readonly page: string
  /** `more` where more is better, as for answers a second. */
  readonly better?: "more"
}

export interface Compared extends First {
  readonly first: number
  /** Not a number where the bench has no such figure (any more). */
  readonly now: number
  /** How many times as slow as at first. */
  readonly times: number
}

/** A shared machine is a quarter faster or slower by itself. */
export const SLOWER = 1.25

/** Each figure that was recorded, beside what it is now. */
export function compare(
  recorded: readonly First[],
  now: readonly { readonly bench: string; readonly tables: readonly Table[] }[],
): Compared[] {
  return recorded.flatMap(one => {
    const tables = now.find(({ bench }) => bench === one.bench)?.tables
    if (tables === undefined) return []
    const table = tables[one.table]
    const row = table?.rows.find(cells => one.row.every((cell, i) => cells[i] === cell))
    const figure = Number(row?.[table?.columns.indexOf(one.column) ?? -1] ?? Number.NaN)
    const times = one.better === "more" ? one.value / figure : figure / one.value
    return [{ ...one, first: one.value, now: figure, times }]
  })
}
