// npm run bench -- NAME [--json]: runs bench/NAME.ts and prints its table, or the same rows as JSON.
import { readdirSync } from "node:fs"
import { table } from "../src/cli/output.ts"

/** What a bench file exports: rows with the same columns, and what a reader must know to believe them. */
export interface Bench {
  readonly title: string
  run(): Promise<readonly Record<string, string | number>[]>
}

const [name, ...options] = process.argv.slice(2)
const names = readdirSync(new URL(".", import.meta.url))
  .flatMap(file => /^([a-z-]+)\.js$/.exec(file)?.[1] ?? [])
  .filter(file => file !== "run" && file !== "binary-fuse")
if (name === undefined || !names.includes(name)) {
  console.error(`npm run bench -- NAME [--json], NAME one of: ${names.join(", ")}`)
  process.exit(2)
}
const { bench } = (await import(`./${name}.js`)) as { bench: Bench }
const rows = await bench.run()
const columns = Object.keys(rows[0] ?? {})
if (options.includes("--json")) console.log(JSON.stringify({ bench: name, title: bench.title, rows }, undefined, 2))
else console.log(`${bench.title}\n\n${table([columns, ...rows.map(row => columns.map(column => row[column] ?? ""))])}`)
