import { run as match, type Result } from "./match.ts"

const benches: Record<string, () => Promise<Result>> = { match }

const [name = "", ...flags] = process.argv.slice(2)
const bench = benches[name]
const json = flags.includes("--json")
if (bench === undefined || flags.some(flag => flag !== "--json")) {
  console.error(`usage: npm run bench -- <${Object.keys(benches).join("|")}> [--json]`)
  process.exit(2)
}
const result = await bench()
if (json) console.log(JSON.stringify(result, null, 2))
else {
  console.log(result.about)
  for (const { title, columns, rows } of result.tables) {
    console.log(`\n${title}`)
    const cells = [columns, ...rows.map(row => row.map(cell => (typeof cell === "number" ? format(cell) : cell)))]
    const widths = columns.map((_, c) => Math.max(...cells.map(row => row[c]!.length)))
    for (const row of cells)
      console.log(
        `  ${row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join("  ")}`,
      )
  }
}
process.exitCode = result.tables.every(({ wrong }) => !wrong) ? 0 : 1

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
