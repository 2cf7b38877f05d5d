import { rmSync } from "node:fs"
import { readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { Command, Option } from "commander"
import type { MechanismName } from "../authority/index.ts"
import { DESIGNS, type DesignName } from "../protocol/index.ts"
import {
  addMeetings,
  afternoon,
  receive,
  SCENE_NAMES,
  type SceneName,
  seededDice,
  truthOfPackets,
  truthOfPositions,
} from "../simulator/index.ts"
import { mechanismOption } from "./init.ts"
import { readScenes } from "./measurement/index.ts"
import { examples, progressBar } from "./output.ts"
import { freshDirectory, type Plan, runExperiment } from "./start/experiment.ts"
import { add, precisionAndRecall, resultTable, rowOf, type Score, score } from "./start/results.ts"
import { keepServing } from "./start/serve.ts"
import { undoneOnSignal } from "./whole.ts"

/** 30 July 2020, 13:00 UTC: the day of the field measurement. */
const AFTERNOON = 1_596_114_000

interface Options {
  readonly scenario: SceneName | "afternoon"
  readonly design: DesignName
  readonly mechanism: MechanismName
  readonly positive: string
  readonly data?: string
  readonly seed: string
  readonly risk: string
  readonly dir: string
  readonly all?: boolean
  readonly once?: boolean
  readonly json?: boolean
}

type Scenes = Pick<Plan, "recordings" | "truth">

async function source({ data, seed, scenario }: Options): Promise<Scenes> {
  const wanted = (name: string) => scenario === "afternoon" || name === scenario
  if (data !== undefined) {
    const recordings = (await readScenes(data)).filter(({ name }) => wanted(name))
    return { recordings, truth: addMeetings(...recordings.map(truthOfPackets)) }
  }
  const dice = seededDice(seed)
  const scenes = afternoon(dice, AFTERNOON).filter(({ name }) => wanted(name))
  return { recordings: receive(scenes, dice), truth: addMeetings(...scenes.map(truthOfPositions)) }
}

async function start(options: Options): Promise<void> {
  const { design, mechanism, risk, positive, dir } = options
  const scenes = await source(options)
  const people = [...new Set(scenes.recordings.flatMap(recording => recording.people))]
  if (!people.includes(positive)) throw new Error(`--positive ${positive}: expected one of ${people.join(", ")}`)
  if (options.all) return await everyPositive(options, scenes, people)

  const packets = scenes.recordings.reduce((sum, recording) => sum + recording.packets.length, 0)
  const bar = progressBar(`playing ${packets} packets`, packets)
  const directory = await freshDirectory(dir)
  const plan: Plan = { ...scenes, design, mechanism, risk, positive, directory, redeemMillis: 1500 }
  const played = await whole(directory, () => runExperiment(plan, bar.advance))
  const { outcomes } = played
  try {
    if (options.json) {
      const rows = outcomes.map(outcome => rowOf(outcome, positive))
      console.log(JSON.stringify({ design, positive, rows, score: score(outcomes, positive) }, null, 2))
    } else {
      console.log(`${options.scenario}, ${packets} packets, design ${design}, person ${positive} tested positive\n`)
      console.log(resultTable(outcomes, positive))
      console.log(`\n${precisionAndRecall(score(outcomes, positive))}`)
      console.log(`\nWhat the servers stored, in ${directory}:\n${await stored(directory)}`)
    }
    if (!options.once && !options.json) await keepServing(played, design)
  } finally {
    await played.close()
  }
}

/** Half a run tells nothing: told to stop, it leaves none. */
const whole = <T>(directory: string, work: () => Promise<T>): Promise<T> =>
  undoneOnSignal(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }), work)

/** Radio is a poor ruler: one choice of the positive person says little. */
async function everyPositive(
  { design, mechanism, risk, dir, json, scenario }: Options,
  scenes: Scenes,
  people: string[],
): Promise<void> {
  const bar = progressBar("positive persons", people.length)
  const scores: { positive: string; score: Score }[] = []
  for (const positive of people) {
    const directory = await freshDirectory(dir)
    // The wait before an answer is the same for every request, and is not what is looked at here.
    const plan: Plan = { ...scenes, design, mechanism, risk, positive, directory, redeemMillis: 20 }
    await whole(directory, async () => {
      const played = await runExperiment(plan, () => {})
      scores.push({ positive, score: score(played.outcomes, positive) })
      await played.close()
      await rm(directory, { recursive: true })
    })
    bar.advance()
  }
  const sum = scores.map(one => one.score).reduce(add)
  if (json) console.log(JSON.stringify({ scenario, design, scores, sum }, null, 2))
  else {
    for (const one of scores) console.log(`person ${one.positive} positive: ${precisionAndRecall(one.score)}`)
    console.log(`\n${scenario}, every choice of the positive person: ${precisionAndRecall(sum)}`)
  }
}

/** Every file, with its size: there is nothing else. */
async function stored(directory: string): Promise<string> {
  const names = await readdir(directory, { recursive: true })
  const lines: string[] = []
  const totals = new Map<string, { files: number; bytes: number }>()
  for (const name of names.sort()) {
    const facts = await stat(join(directory, name))
    if (facts.isDirectory()) continue
    const group = name.includes("/") ? `${name.split("/").slice(0, -1).join("/")}/` : name
    const total = totals.get(group) ?? { files: 0, bytes: 0 }
    totals.set(group, { files: total.files + 1, bytes: total.bytes + facts.size })
  }
  for (const [group, { files, bytes }] of totals)
    lines.push(`  ${group}: ${files === 1 ? "" : `${files} files, `}${Math.round(bytes / 1024)} kB`)
  return lines.join("\n")
}

export function startCommand(): Command {
  const scenarios = ["afternoon", ...SCENE_NAMES]
  return new Command("start")
    .addOption(new Option("--scenario <name>", "which scene is played").choices(scenarios).default("afternoon"))
    .addOption(new Option("--design <name>", "key schedule").choices(DESIGNS.map(({ name }) => name)).default("hybrid"))
    .addOption(mechanismOption())
    .option("--positive <person>", "who tests positive", "7")
    .option("--data <dir>", "play the six SQLite files of the DP-3T field measurement instead of the simulation")
    .option("--seed <text>", "seed of the simulated afternoon", "1")
    .option("--risk <rule>", "exposure rule", "dp3t-exposure-score")
    .option("--dir <dir>", "where the servers' files are put, each run in a fresh run-N", "data")
    .option("--all", "every choice of the positive person; the sum of precision and recall")
    .option("--once", "end after the table")
    .option("--json", "print the rows as JSON, and end")
    .addHelpText(
      "after",
      `\nIn a clone of the repository: npm start -- with the same options.\n${examples(
        "lindung start",
        "lindung start --scenario train --design low-cost --positive 7",
        "lindung start --once --data ~/bt-measurements",
      )}`,
    )
    .action(start)
}
