// npm run bench -- NAME [--json]: runs bench/NAME.ts and prints its tables, or the same rows as JSON.
import { readdirSync } from "node:fs"
import { table } from "../src/cli/output.ts"

export type Rows = readonly Record<string, string | number>[]

/** One of several tables of a bench. */
export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
  /** Contestants that must agree did not. */
  readonly wrong?: boolean
}

/** What a bench file exports: rows with the same columns, or tables, and what a reader must know to believe them. */
export interface Bench {
  readonly title: string
  run(): Promise<Rows | readonly Table[]>
}

const [name, ...options] = process.argv.slice(2)
const names = readdirSync(new URL(".", import.meta.url))
  .flatMap(file => /^([a-z-]+)\.js$/.exec(file)?.[1] ?? [])
  .filter(file => file !== "run")
if (name === undefined || !names.includes(name) || options.some(option => option !== "--json")) {
  console.error(`npm run bench -- NAME [--json], NAME one of: ${names.join(", ")}`)
  process.exit(2)
}
const { bench } = (await import(`./${name}.js`)) as { bench: Bench }
const tables = asTables(await bench.run())
if (options.includes("--json")) console.log(JSON.stringify({ bench: name, title: bench.title, tables }, undefined, 2))
else {
  console.log(bench.title)
  for (const { title, columns, rows } of tables)
    console.log(`\n${title === "" ? "" : `${title}\n`}${table([columns, ...rows.map(row => row.map(rounded))])}`)
}
process.exitCode = tables.some(({ wrong }) => wrong) ? 1 : 0

function asTables(result: Rows | readonly Table[]): readonly Table[] {
  if (result.every((one): one is Table => Array.isArray((one as Partial<Table>).columns))) return result
  const rows = result as Rows
  const columns = Object.keys(rows[0] ?? {})
  return [{ title: "", columns, rows: rows.map(row => columns.map(column => row[column] ?? "")) }]
}

/** Three digits are more than a noisy machine can tell. */
function rounded(cell: string | number): string | number {
  if (typeof cell !== "number" || Number.isInteger(cell)) return cell
  return Number(Math.abs(cell) >= 100 ? cell.toFixed(0) : cell.toPrecision(3))
}
