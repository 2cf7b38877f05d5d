// npm run bench -- NAME [--json]: runs bench/NAME.ts and prints its tables, or the same rows as JSON.
// npm run bench [-- all] [--json]: all of them but the soak, beside the figures that were first recorded.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
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

/** A bench's tables as they are printed. */
export function printed({ title, tables }: { readonly title: string; readonly tables: readonly Table[] }): string {
  const parts = tables.map(
    one =>
      `${one.title === "" ? "" : `${one.title}\n`}${table([one.columns, ...one.rows.map(row => row.map(rounded))])}`,
  )
  return [title, ...parts].join("\n\n")
}

const WITHIN = "LINDUNG_BENCH_WITHIN"

/** What benches make on the disk of the repository (serve/deployment.ts). */
const made = (): string[] => (existsSync("data") ? readdirSync("data").filter(name => name.startsWith("bench-")) : [])

/**
 * Runs it once more, with a folder of its own for temporary files, and takes away what is left of it, also when it is
 * interrupted: a bench that computes without a pause hears no signal, and is ended by it.
 */
async function inAFolderOfItsOwn(given: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lindung-bench-"))
  const before = made()
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1, 2), ...given], {
    stdio: "inherit",
    env: { ...process.env, TMPDIR: folder, [WITHIN]: "yes" },
  })
  const onSignal = (signal: NodeJS.Signals) => child.kill(signal)
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal)
  const [code] = (await once(child, "close")) as [number | null]
  const INTERRUPTED = 130
  process.exitCode = code ?? INTERRUPTED
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  for (const name of made().filter(one => !before.includes(one)))
    rmSync(join("data", name), { recursive: true, force: true, maxRetries: 3 })
}

async function main(given: readonly string[]): Promise<void> {
  const options = given.filter(one => one.startsWith("--"))
  const [name = "all", ...more] = given.filter(one => !one.startsWith("--"))
  // NAME.ts, and not what belongs to all of them: this file, and how often they measure.
  const names = readdirSync(new URL(".", import.meta.url))
    .flatMap(file => /^([a-z-]+)\.js$/.exec(file)?.[1] ?? [])
    .filter(file => file !== "run" && file !== "rounds")
  if (![...names, "all"].includes(name) || more.length > 0 || options.some(option => option !== "--json")) {
    console.error(`npm run bench -- NAME [--json], NAME one of: all, ${names.join(", ")}`)
    process.exitCode = 2
    return
  }
  if (process.env[WITHIN] === undefined) return await inAFolderOfItsOwn(given)
  const json = options.includes("--json")
  if (name === "all") {
    process.env["LINDUNG_BENCH_ALL"] = "yes"
    const { all } = await import("./all/all.ts")
    const failed = await all(
      names.filter(one => one !== "soak"),
      json,
    )
    process.exitCode = failed ? 1 : 0
    return
  }
  const { bench } = (await import(`./${name}.js`)) as { bench: Bench }
  const tables = asTables(await bench.run())
  if (json) console.log(JSON.stringify({ bench: name, title: bench.title, tables }, undefined, 2))
  else console.log(printed({ title: bench.title, tables }))
  process.exitCode = tables.some(({ wrong }) => wrong) ? 1 : 0
}

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

// Not awaited: all of them import this file again for the types of its tables and how they are printed.
if (process.argv[1] === fileURLToPath(import.meta.url))
  main(process.argv.slice(2)).catch(error => {
    console.error(error)
    process.exitCode = 1
  })
