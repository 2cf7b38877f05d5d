import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { bundles, parts } from "./client/bundle.ts"
import { KEYS, writeTree } from "./client/deployment.ts"
import { BATCHES, type BenchDesign } from "./client/scene.ts"
import { fill, OBSERVATIONS, type StoreName } from "./client/stored.ts"
import { rounds } from "./rounds.ts"
import type { Bench, Table } from "./run.ts"

const RUNS = rounds(5)
const STORES: readonly StoreName[] = ["SQLite", "SQLite, encrypted"]
const DESIGNS: readonly BenchDesign[] = ["hybrid", "low-cost", "unlinkable"]

interface Cost {
  readonly ms: number
  readonly cpuMs: number
  readonly megabytesBefore: number
  readonly megabytesPeak: number
}

function inItsOwnProcess<T>(script: string, ...options: string[]): T {
  const path = fileURLToPath(new URL(`./client/${script}.js`, import.meta.url))
  const { stdout, stderr, status } = spawnSync(process.execPath, [path, ...options], { encoding: "utf8" })
  if (status !== 0) throw new Error(`${script} ${options.join(" ")}: ${stderr}`)
  return JSON.parse(stdout) as T
}

/** The run that took the least: what else the machine did is in the others. */
function best<T extends Cost>(runs: number, run: () => T): T {
  const all = Array.from({ length: runs }, () => run())
  return all.reduce((least, one) => (one.ms < least.ms ? one : least))
}

function bundle(all: Awaited<ReturnType<typeof bundles>>): Table {
  const first = all[0]!
  return {
    title: "what an app bundles: esbuild, minified, gzip -9",
    columns: ["", "bytes", "gzipped", "times the first"],
    rows: all.map(({ name, bytes, gzipped }) => [name, bytes, gzipped, gzipped / first.gzipped]),
  }
}

const partsOf = (all: Awaited<ReturnType<typeof parts>>): Table => ({
  title: "of that, with the kernel: minified bytes of each part",
  columns: ["", "bytes"],
  rows: all.map(({ name, bytes }) => [name, bytes]),
})

/** Stores, each in a folder with the deployment's files. The hybrid design's of every kind; of the others one. */
async function places(design: BenchDesign): Promise<Map<StoreName, string>> {
  const made = new Map<StoreName, string>()
  for (const store of design === "hybrid" ? STORES : STORES.slice(0, 1)) {
    const folder = mkdtempSync(join(tmpdir(), "lindung-bench-"))
    writeTree(folder, design, await fill(folder, store, design))
    made.set(store, folder)
  }
  return made
}

function opening(at: ReadonlyMap<StoreName, string>): Table {
  const rows = [...at].map(([store, folder]): [string, Cost, number] => {
    const cost = best(RUNS, () => inItsOwnProcess<Cost>("phone", "open", folder, store))
    return [`open(), ${store}`, cost, statSync(join(folder, "phone.sqlite")).size]
  })
  for (const way of ["rows", "json"]) {
    const folder = at.get("SQLite")!
    const { size, ...cost } = best(RUNS, () => inItsOwnProcess<Cost & { size: number }>("contestant", way, folder))
    rows.push([way === "rows" ? "the same SQLite file, every row read" : "one JSON file, parsed", cost, size])
  }
  const least = rows[0]![1].ms
  return {
    title: `opening a store with ${OBSERVATIONS} observations, hybrid`,
    columns: ["", "ms", "processor ms", "times the first", "MB on disk"],
    rows: rows.map(([name, { ms, cpuMs }, size]) => [name, ms, cpuMs, ms / least, size / 1e6]),
  }
}

function recording(at: ReadonlyMap<StoreName, string>): Table {
  const rows: [string, number, number][] = []
  for (const [store, folder] of at)
    for (const packets of [1, 4]) {
      const one = best(3, () =>
        inItsOwnProcess<Cost & { packets: number }>("phone", "record", folder, store, String(packets)),
      )
      rows.push([
        `${store}, ${packets} of each in a scan`,
        (1000 * one.ms) / one.packets,
        (1000 * one.cpuMs) / one.packets,
      ])
    }
  for (const way of ["a transaction for each packet", "a transaction for each scan"]) {
    const one = best(3, () =>
      inItsOwnProcess<Cost & { packets: number }>("contestant", way.endsWith("scan") ? "scan" : "packet", tmpdir()),
    )
    rows.push([`SQLite, ${way}, 1 of each`, (1000 * one.ms) / one.packets, (1000 * one.cpuMs) / one.packets])
  }
  return {
    title: "recording a packet: scans of 28 people every four minutes, written durably",
    columns: ["", "µs a packet", "processor µs", "times the first"],
    rows: rows.map(([name, us, cpu]) => [name, us, cpu, us / rows[0]![1]]),
  }
}

interface Sync {
  readonly name: string
  readonly cost: Cost
  readonly cancel: number | string
}

/** Each run on a copy of the store: a sync changes it. */
function syncing(design: BenchDesign, at: ReadonlyMap<StoreName, string>): Sync[] {
  const all: Sync[] = []
  for (const [store, folder] of at) {
    const file = join(folder, "phone.sqlite")
    const fresh = readFileSync(file)
    const again = () => {
      for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true })
      writeFileSync(file, fresh)
    }
    const run = (...backend: string[]) => {
      again()
      return inItsOwnProcess<Cost>("phone", "sync", folder, store, ...backend)
    }
    if (design !== "hybrid") {
      all.push({ name: `${design}, ${store}`, cost: run(), cancel: "" })
      continue
    }
    const cost = best(3, () => run())
    again()
    const cancel = inItsOwnProcess<{ longestMs: number }>("phone", "cancel", folder, store).longestMs
    all.push({ name: `${design}, ${store}`, cost, cancel })
    if (store === "SQLite")
      all.push({ name: `${design}, ${store}, matching in pure JavaScript`, cost: run("js"), cancel: "" })
  }
  return all
}

async function run(): Promise<readonly Table[]> {
  const syncs: Sync[] = []
  let opened: Table | undefined
  let recorded: Table | undefined
  for (const design of DESIGNS) {
    const at = await places(design)
    try {
      if (design === "hybrid") opened = opening(at)
      syncs.push(...syncing(design, at))
      if (design === "hybrid") recorded = recording(at)
    } finally {
      for (const folder of at.values()) rmSync(folder, { recursive: true })
    }
  }
  const first = syncs[0]!.cost.ms
  const synced: Table = {
    title: `a sync of ${BATCHES} batches of ${KEYS} keys, ${OBSERVATIONS} observations, half of them since the last sync`,
    columns: ["", "s", "processor s", "times the first", "MB before", "MB at most", "ms to cancel, at most"],
    rows: syncs.map(({ name, cost, cancel }) => [
      name,
      cost.ms / 1000,
      cost.cpuMs / 1000,
      cost.ms / first,
      cost.megabytesBefore,
      cost.megabytesPeak,
      cancel,
    ]),
  }
  return [bundle(await bundles()), opened!, recorded!, synced, partsOf(await parts())]
}

export const bench: Bench = {
  title: `the client; ${cpus()[0]?.model ?? "?"}, ${cpus().length} processors, Node ${process.versions.node}; each in a process of its own, least of the runs`,
  run,
}
