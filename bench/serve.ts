import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { designByName, envelopeBytes, PATHS } from "../src/protocol/index.ts"
import { openKeyServer } from "../src/server/index.ts"
import { rounds } from "./rounds.ts"
import type { Bench } from "./run.ts"
import { BUCKET, config, filePorts, freshDirectory, parameters } from "./serve/deployment.ts"

const RUNS = rounds(5)
const SECONDS = 5

interface Figures {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly refused: number
}

const start = (file: string, ...args: string[]): ChildProcess =>
  spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  })

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = await once(createInterface(child.stdout!), "line")
  return line as string
}

async function load(port: string, connections: number, what: string): Promise<Figures> {
  return JSON.parse(await firstLine(start("serve/load.js", port, String(connections), String(SECONDS), what)))
}

/** The run with the most answers: whatever else the machine does makes figures worse, never better. */
const best = (runs: readonly Figures[]): Figures => runs.reduce((a, b) => (b.perSecond > a.perSecond ? b : a))

export const bench: Bench = {
  title: `Key server over loopback, load from a second process; best of ${RUNS} runs of ${SECONDS} s, sealed envelopes of ${envelopeBytes(designByName("hybrid")!, parameters)} bytes`,
  async run() {
    const directory = freshDirectory()
    const rows: Record<string, string | number>[] = []
    try {
      // A batch to download: that of a bucket that had no reports.
      const ports = await filePorts(directory)
      const before = await openKeyServer(config(), { ...ports, clock: () => (BUCKET - 1) * 7200 + 1 })
      await before.closeBucket(BUCKET - 1)
      await before.close()
      const server = start("serve/server.js", directory)
      const port = await firstLine(server)
      const measure = async (what: string, name: string, connections: number): Promise<void> => {
        const runs: Figures[] = []
        for (let i = 0; i < RUNS; i++) runs.push(await load(port, connections, what))
        const { perSecond, p50, p99, max, refused } = best(runs)
        rows.push({
          what: name,
          connections,
          "per second": Math.round(perSecond),
          "p50 ms": Number(p50.toFixed(1)),
          "p99 ms": Number(p99.toFixed(1)),
          "max ms": Number(max.toFixed(1)),
          refused,
          "all runs": runs.map(run => `${Math.round(run.perSecond)}/s p99 ${run.p99.toFixed(0)}`).join(", "),
        })
      }
      for (const connections of [192, 256, 320]) await measure("uploads", "uploads, durable", connections)
      const batch = PATHS.batch("hybrid", BUCKET - 1)
      await measure(batch, "batch, Buffer route", 32)
      await measure(`/static${batch}`, "batch, express.static", 32)
      server.stdin!.end()
      await once(server, "exit")
    } finally {
      rmSync(directory, { recursive: true })
    }
    return rows
  },
}
