import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { createInterface, type Interface } from "node:readline"
import { openKeyServer } from "../../src/server/index.ts"
import { BUCKET, config, filePorts, freshDirectory } from "../serve/deployment.ts"
import type { Ended, Loaded, Sample } from "./figures.ts"

/** 38 million phones, of which each does something every fifth day, in two uploads (protocol §7). */
const PHONES = 38e6
export const SUSTAINED = Math.round((PHONES * 0.2 * 2) / 86_400)
export const PEAK = 5 * SUSTAINED
/**
 * Caches in front: each of a hundred asks every five seconds for one of what changes and what is new. What phones ask
 * for ends there.
 */
export const DOWNLOADS = 20

const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4096
const SAMPLE_MS = 1000

interface Started {
  readonly child: ChildProcess
  readonly lines: Interface
  readonly port: string
}

/** @param on the port; any when left out */
async function start(directory: string, on = "0"): Promise<Started> {
  const script = new URL("server.js", import.meta.url).pathname
  const child = spawn(process.execPath, [script, directory, String(BUCKET), on], { stdio: ["pipe", "pipe", "inherit"] })
  const lines = createInterface(child.stdout!)
  const [port] = (await once(lines, "line")) as [string]
  return { child, lines, port }
}

function sampleOf(pid: number): Sample {
  const [, resident = 0] = readFileSync(`/proc/${pid}/statm`, "ascii").split(" ").map(Number)
  const fields = readFileSync(`/proc/${pid}/stat`, "ascii").split(") ")[1]!.split(" ")
  return {
    residentMB: (resident * PAGE_BYTES) / 2 ** 20,
    files: readdirSync(`/proc/${pid}/fd`).length,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  }
}

export interface Phase {
  readonly uploads: number
  readonly downloads: number
  readonly seconds: number
  /** Kill the server so many seconds in, and start it again at once. */
  readonly killAfter?: number
}

export interface Ran {
  readonly loaded: Loaded
  readonly samples: readonly Sample[]
}

export interface Trial {
  readonly phases: readonly Ran[]
  readonly ended: Ended
  readonly acknowledged: number
}

/** One bucket: phases of load, one after the other, then its publication by the same server. */
export async function trial(phases: readonly Phase[], onSecond: () => void): Promise<Trial> {
  const directory = freshDirectory()
  let server: Started | undefined
  try {
    // A batch to download: that of the bucket before.
    const before = await openKeyServer(config(BUCKET), {
      ...(await filePorts(directory)),
      clock: () => BUCKET * 7200 - 1,
    })
    await before.closeBucket(BUCKET - 1)
    await before.close()
    server = await start(directory)
    const ran: Ran[] = []
    for (const phase of phases) {
      const samples: Sample[] = []
      const { port } = server
      let restarted: Promise<void> | undefined
      const script = new URL("arrivals.js", import.meta.url).pathname
      const args = [port, BUCKET, phase.uploads, phase.downloads, phase.seconds].map(String)
      const load = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] })
      const sampling = setInterval(() => {
        onSecond()
        if (restarted === undefined) samples.push(sampleOf(server!.child.pid!))
      }, SAMPLE_MS)
      const killing =
        phase.killAfter === undefined
          ? undefined
          : setTimeout(() => {
              restarted = (async () => {
                server!.child.kill("SIGKILL")
                await once(server!.child, "exit")
                server = await start(directory, port)
              })()
            }, 1000 * phase.killAfter)
      const [line] = (await once(createInterface(load.stdout), "line")) as [string]
      clearInterval(sampling)
      clearTimeout(killing)
      await restarted
      ran.push({ loaded: JSON.parse(line), samples })
    }
    server.child.stdin!.write("publish\n")
    const [line] = (await once(server.lines, "line")) as [string]
    const acknowledged = ran.reduce((sum, { loaded }) => sum + loaded.acknowledged, 0)
    return { phases: ran, ended: JSON.parse(line), acknowledged }
  } finally {
    server?.child.kill("SIGKILL")
    rmSync(directory, { recursive: true })
  }
}
