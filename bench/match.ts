import { spawnSync } from "node:child_process"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { workerMatcher } from "../src/client/node/index.ts"
import { kernel } from "../src/crypto/index.ts"
import { noble, nodeHex, nodeTyped } from "./match/contestants.ts"
import { DAYS, firstKeys, gaenScene, lowCostScene, type Scene } from "./match/scene.ts"
import { rounds } from "./rounds.ts"
import type { Bench, Table } from "./run.ts"

const ROUNDS = rounds(5)
const HEARD = 20_000
const NATION = 30_000

interface Contestant {
  readonly name: string
  /** day keys it is timed with */
  readonly dayKeys: number
  /** the number of candidates */
  match(scene: Scene, keys: kernel.PublishedKeys): Promise<number> | number
}

function finish<T>(steps: Generator<number, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** A back end of the kernel; the tables of a scene are built once, as a client does. */
function oneThread(backend: kernel.BackendName): Contestant["match"] {
  const matcher = kernel.createMatcher({ backend })
  const searches = new WeakMap<Scene, kernel.Search<kernel.PublishedKeys, { key: number }>>()
  return (scene, keys) => {
    const search = searches.get(scene) ?? matcher.search(scene.design, scene.heard)
    searches.set(scene, search)
    return finish(search.match(keys)).length
  }
}

const closers: (() => Promise<void>)[] = []
function threads(workers: number): Contestant["match"] {
  const matcher = workerMatcher({ workers })
  closers.push(() => matcher.close())
  const searches = new WeakMap<Scene, kernel.AsyncSearch<kernel.PublishedKeys, { key: number }>>()
  return async (scene, keys) => {
    const search = searches.get(scene) ?? (await matcher.search(scene.design, scene.heard))
    searches.set(scene, search)
    return (await search.match(keys))?.length ?? 0
  }
}

/** Each contestant in turn, round after round; the shortest time of each, so that other work on the machine is left out. */
async function compare(title: string, scene: Scene, contestants: readonly Contestant[]): Promise<Table> {
  const best = contestants.map(() => Number.POSITIVE_INFINITY)
  const found = new Set<number>()
  for (let round = -1; round < ROUNDS; round++)
    for (const [i, { dayKeys, match }] of contestants.entries()) {
      const keys = firstKeys(scene, Math.round(dayKeys / scene.daysPerKey))
      const began = performance.now()
      found.add(await match(scene, keys))
      const microseconds = (1000 * (performance.now() - began)) / (keys.first.length * scene.daysPerKey)
      // Round −1 builds tables and warms up.
      if (round >= 0) best[i] = Math.min(best[i]!, microseconds)
    }
  return {
    title,
    columns: ["", "µs a day key", "times SIMD"],
    rows: contestants.map(({ name }, i) => [name, best[i]!, best[i]! / best[0]!]),
    wrong: found.size !== 1 || found.has(0),
  }
}

/** Milliseconds of the fastest of some runs, after one that warms up. */
async function fastest(runs: number, run: () => Promise<number> | number): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let i = -1; i < runs; i++) {
    const began = performance.now()
    await run()
    if (i >= 0) best = Math.min(best, performance.now() - began)
  }
  return best
}

function inItsOwnProcess(workers: number, chains: number, observations: number) {
  const script = fileURLToPath(new URL("./match/one-match.js", import.meta.url))
  const { stdout } = spawnSync(process.execPath, [script, String(workers), String(chains), String(observations)], {
    encoding: "utf8",
  })
  return JSON.parse(stdout) as { readyMs: number; megabytesBefore: number; megabytesPeak: number }
}

async function run(): Promise<readonly Table[]> {
  const simd = oneThread("simd")
  const one = threads(1)
  const two = threads(2)
  const contestants: Contestant[] = [
    { name: "SIMD", dayKeys: 56_000, match: simd },
    { name: "pure JavaScript", dayKeys: 28_000, match: oneThread("js") },
    { name: "SIMD, 1 worker", dayKeys: 112_000, match: one },
    { name: "SIMD, 2 workers", dayKeys: 112_000, match: two },
    { name: "node:crypto, typed tables", dayKeys: 28_000, match: nodeTyped },
    { name: "node:crypto, hex strings in a Map", dayKeys: 7_000, match: nodeHex },
    { name: "@noble, typed tables", dayKeys: 7_000, match: noble },
  ]
  const lowCost = await compare(`low-cost, ${HEARD} observations`, lowCostScene(8_000, HEARD), contestants)
  const gaen = await compare(`GAEN, ${HEARD} observations`, gaenScene(112_000, HEARD), contestants)

  const perKey: number[] = []
  const crowds = [5_000, 20_000, 140_000]
  for (const observations of crowds) {
    const scene = lowCostScene(4_000, observations)
    perKey.push((1000 * (await fastest(ROUNDS, () => simd(scene, scene.keys)))) / (4_000 * DAYS))
  }
  const crowd: Table = {
    title: "low-cost, SIMD, by the number of observations",
    columns: ["observations", "µs a day key", "times the first"],
    rows: crowds.map((observations, i) => [String(observations), perKey[i]!, perKey[i]! / perKey[0]!]),
  }

  const nation = lowCostScene(NATION, HEARD)
  const ways: [string, Contestant["match"]][] = [
    ["one thread", simd],
    ["1 worker", one],
    ["2 workers", two],
  ]
  const seconds: [string, number][] = []
  for (const [name, match] of ways) seconds.push([name, (await fastest(3, () => match(nation, nation.keys))) / 1000])
  const whole: Table = {
    title: `a nation's day: ${NATION * DAYS} low-cost day keys, ${HEARD} observations`,
    columns: ["", "seconds", "times faster than one thread"],
    rows: seconds.map(([name, s]) => [name, s, seconds[0]![1] / s]),
  }

  const cold = Array.from({ length: 3 }, () => inItsOwnProcess(1, 32, HEARD)).map(({ readyMs }) => readyMs)
  const memory = [1, 2].map(workers => inItsOwnProcess(workers, NATION, 140_000))
  const costs: Table = {
    title: "in a process of its own",
    columns: ["", "", "unit"],
    rows: [
      [`cold start: compile, and tables of ${HEARD} observations`, Math.min(...cold), "ms"],
      ["resident, before the match (Node, keys and observations included)", memory[0]!.megabytesBefore, "MB"],
      ["resident at most, one thread", memory[0]!.megabytesPeak, "MB"],
      ["resident at most, 2 workers", memory[1]!.megabytesPeak, "MB"],
    ],
  }
  await Promise.all(closers.map(close => close()))
  return [lowCost, gaen, crowd, whole, costs]
}

export const bench: Bench = {
  title: `matching; ${cpus()[0]?.model ?? "?"}, ${cpus().length} processors, Node ${process.versions.node}; shortest of ${ROUNDS} rounds`,
  run,
}
