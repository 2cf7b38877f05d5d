import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createInterface, type Interface } from "node:readline"
import { rounds } from "./rounds.ts"
import type { Bench, Table } from "./run.ts"

const CODES = 100_000
const RUNS = rounds(3)
const SECONDS = 10
const REDEEM_MS = 1500

interface Figures {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly refused: number
  readonly used: number
}

const start = (file: string, ...args: string[]): ChildProcess =>
  spawn(process.execPath, [new URL(file, import.meta.url).pathname, ...args], { stdio: ["pipe", "pipe", "inherit"] })
const nextLine = async (lines: Interface): Promise<string> => ((await once(lines, "line")) as [string])[0]

export const bench: Bench = {
  title: `Health authority over loopback, SQLite file, native Ed25519; every answer at ${REDEEM_MS} ms; load from a second process, a quarter each of good, spent, wrong and cover requests`,
  async run() {
    // On the disk of the repository: a memory file system would make durable writes free.
    mkdirSync("data", { recursive: true })
    const directory = mkdtempSync(join("data", "bench-"))
    const redeem: (string | number)[][] = []
    let issued: { wallMs: number; cpuMs: number } | undefined
    try {
      const server = start("redeem/server.js", directory, String(CODES))
      const lines = createInterface(server.stdout!)
      const { port, ...took } = JSON.parse(await nextLine(lines)) as { port: number; wallMs: number; cpuMs: number }
      issued = took
      const cpuMs = async (): Promise<number> => {
        server.stdin!.write("\n")
        return Number(await nextLine(lines))
      }
      let used = 1
      for (const connections of [1500, 1600])
        for (let run = 0; run < RUNS; run++) {
          const before = { cpu: await cpuMs(), wall: performance.now() }
          const load = start(
            "redeem/load.js",
            String(port),
            String(connections),
            String(SECONDS),
            join(directory, "codes"),
            String(used),
          )
          const figures = JSON.parse(await nextLine(createInterface(load.stdout!))) as Figures
          used += figures.used
          const share = ((await cpuMs()) - before.cpu) / (performance.now() - before.wall)
          const { perSecond, p50, p99, max, refused } = figures
          redeem.push([
            connections,
            ...[perSecond, p50, p99, max].map(Math.round),
            refused,
            `${Math.round(100 * share)} %`,
          ])
        }
      server.stdin!.end()
      await once(server, "exit")
    } finally {
      rmSync(directory, { recursive: true })
    }
    const tables: Table[] = [
      {
        title: `redeem, ${RUNS} runs of ${SECONDS} s each; cpu: of one core, by the authority`,
        columns: ["connections", "per second", "p50 ms", "p99 ms", "max ms", "refused", "cpu"],
        rows: redeem,
      },
      {
        title: "bulk issue",
        columns: ["codes", "wall s", "cpu s"],
        rows: [[CODES, issued.wallMs / 1000, issued.cpuMs / 1000]],
      },
    ]
    return tables
  },
}
