import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { progressBar, table } from "../../src/cli/output.ts"
import { loadAverage } from "../load/tables.ts"
import { printed, type Table } from "../run.ts"
import { type Compared, compare, type First, SLOWER } from "./compare.ts"

/** Figures as they were first recorded, each with the page that has it. */
const FIRST = fileURLToPath(new URL("../../../bench/first.json", import.meta.url))

interface Measured {
  readonly bench: string
  readonly title: string
  readonly tables: readonly Table[]
  readonly seconds: number
  readonly failed: boolean
}

/** One bench, in a process of its own: what one leaves in memory or on the event loop is not the next one's. */
async function measured(name: string): Promise<Measured> {
  const began = performance.now()
  const script = fileURLToPath(new URL("../run.js", import.meta.url))
  const child = spawn(process.execPath, ["--expose-gc", script, name, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  let answer = ""
  child.stdout.setEncoding("utf8").on("data", part => {
    answer += part
  })
  const [code] = await once(child, "close")
  const seconds = (performance.now() - began) / 1000
  if (answer === "") return { bench: name, title: "", tables: [], seconds, failed: true }
  const { title, tables } = JSON.parse(answer) as { title: string; tables: Table[] }
  return { bench: name, title, tables, seconds, failed: code !== 0 }
}

const changed = ({ bench, row, column, first, now, times, page }: Compared) => [
  bench,
  `${row.join(", ")}: ${[column].flat().join(" or ")}`,
  first,
  now ?? "",
  times ?? "",
  times === undefined ? "GONE" : times > SLOWER ? "SLOWER" : "",
  page,
]

/**
 * All benches, one after the other, and beside the figures that were first recorded the ones that are slower now.
 * @returns whether contestants that must agree did not, a bench failed, or a recorded figure is not measured any more
 */
export async function all(names: readonly string[], json: boolean): Promise<boolean> {
  const before = loadAverage()
  const began = new Date().toISOString()
  const bar = progressBar("benches", names.length)
  const results: Measured[] = []
  for (const name of names) {
    results.push(await measured(name))
    bar.advance()
    if (!json) console.log(`${printed(results.at(-1)!)}\n`)
  }
  const first = JSON.parse(readFileSync(FIRST, "utf8")) as First[]
  const compared = compare(first, results)
  const machine = {
    began,
    processor: cpus()[0]?.model ?? "?",
    processors: cpus().length,
    node: process.versions.node,
    "load average before": before,
    "load average after": loadAverage(),
    seconds: Math.round(results.reduce((sum, { seconds }) => sum + seconds, 0)),
  }
  if (json) console.log(JSON.stringify({ machine, benches: results, compared }, undefined, 2))
  else {
    const rows = results.map(({ bench, seconds, failed }) => [bench, Math.round(seconds), failed ? "FAILED" : ""])
    console.log(table([["bench", "seconds", ""], ...rows]))
    console.log(`\nBeside the figures that were first recorded (times: above 1 is slower)\n`)
    const lines = compared.map(changed).map(row => row.map(cell => (typeof cell === "number" ? rounded(cell) : cell)))
    console.log(table([["bench", "figure", "first", "now", "times", "", "first recorded in"], ...lines]))
    console.log(
      `\n${Object.entries(machine)
        .map(([name, value]) => `${name}: ${value}`)
        .join("\n")}`,
    )
  }
  return results.some(({ failed }) => failed) || compared.some(({ now }) => now === undefined)
}

const rounded = (figure: number): number => Number(figure.toPrecision(3))
