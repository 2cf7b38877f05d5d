import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Argument, Command } from "commander"
import { checkConfig } from "../../client/index.ts"
import { LindungError, type Setting } from "../../protocol/index.ts"
import { examples } from "../output.ts"
import {
  type Environment,
  givenTo,
  PROCESSES,
  type ProcessName,
  type Shown,
  settingsFor,
  settingsOf,
  shown,
} from "../settings.ts"
import { WITNESS_SETTINGS, witnessValues } from "../witness.ts"
import { appSettings } from "./app.ts"

const APP_CONFIG = "app-config.json"
const NAMES = [...(Object.keys(PROCESSES) as ProcessName[]), "witness", "app"] as const
type Name = (typeof NAMES)[number]

/** What one process, or an app, is told. */
interface Explained {
  readonly of: Name
  readonly settings: readonly Shown[]
  /** Empty as well when no directory was given: nothing was read. */
  readonly problems: readonly string[]
}

const isProcess = (name: Name): name is ProcessName => name in PROCESSES

function problemsIn(read: () => unknown): readonly string[] {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof LindungError && error.problems !== undefined) return error.problems
    return [error instanceof Error ? error.message : String(error)]
  }
}

function explainProcess(of: ProcessName, directory: string | undefined, environment: Environment): Explained {
  const { values, from } = givenTo(of, directory, environment)
  const settings = settingsFor(of, values).map(setting => shown(setting, values[setting.name], from[setting.name]))
  return {
    of,
    settings,
    problems: directory === undefined ? [] : problemsIn(() => settingsOf(of, directory, environment)),
  }
}

const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value)

function explainApp(directory: string | undefined): Explained {
  const given: unknown = directory === undefined ? {} : JSON.parse(readFileSync(join(directory, APP_CONFIG), "utf8"))
  const settings = appSettings(given as object).map(setting => {
    const value = at(given, setting.name)
    const text = value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value)
    return shown(setting, text, text === undefined ? undefined : APP_CONFIG)
  })
  const checked = directory === undefined ? { ok: true as const } : checkConfig(given)
  const problems = checked.ok ? [] : checked.problems.map(({ path, message }) => `${path}: ${message}`)
  return { of: "app", settings, problems }
}

async function explainWitness(directory: string | undefined): Promise<Explained> {
  const { values, from } = directory === undefined ? { values: {}, from: {} } : await witnessValues(directory)
  const told = values as Record<string, string | undefined>
  const where = from as Record<string, string>
  const problems = WITNESS_SETTINGS.flatMap(({ name, problemOf }: Setting) => {
    const problem = directory === undefined ? undefined : problemOf(told[name])
    return problem === undefined ? [] : [`${name}: ${problem}`]
  })
  return { of: "witness", settings: WITNESS_SETTINGS.map(one => shown(one, told[one.name], where[one.name])), problems }
}

/** The settings of a process as they are in force, or as they may be when no directory is given. */
export async function explain(of: Name, directory: string | undefined, environment: Environment): Promise<Explained> {
  if (isProcess(of)) return explainProcess(of, directory, environment)
  return of === "app" ? explainApp(directory) : explainWitness(directory)
}

function paragraph({ name, value, from, what, unit, expected, otherwise, required, section }: Shown): string {
  const inForce = value === undefined ? (required ? "is missing" : "is not set") : `= ${value}`
  const where = from === "nowhere" ? "" : `   (${from})`
  const without = otherwise === undefined ? (required ? "no default" : "may be left out") : `default ${otherwise}`
  const lines = [
    `${name} ${inForce}${where}`,
    `  ${what}${unit === undefined ? "" : ` [${unit}]`}`,
    `  ${expected}; ${without}${section === undefined ? "" : `; docs/specification/${section}`}`,
  ]
  return lines.join("\n")
}

/** The parts of a deployment whose settings are in the directory: the halves may be on two machines. */
function partsIn(directory: string | undefined): readonly Name[] {
  if (directory === undefined) return NAMES
  const there = (name: ProcessName) => problemsIn(() => givenTo(name, directory, {})).length === 0
  const halves = (["key-server", "ingest", "publisher"] as const).filter(there)
  const servers = halves.includes("key-server") ? (["key-server"] as const) : halves
  const app = problemsIn(() => readFileSync(join(directory, APP_CONFIG))).length === 0 ? (["app"] as const) : []
  const witness = problemsIn(() => readFileSync(join(directory, "witness.json"))).length === 0
  return witness ? ["witness"] : [...servers, ...(there("authority") ? (["authority"] as const) : []), ...app]
}

interface Options {
  readonly dir?: string
  readonly explain?: boolean
  readonly json?: boolean
}

async function run(name: Name | undefined, { dir, explain: explains = false, json = false }: Options): Promise<void> {
  if (dir === undefined && !explains)
    throw new Error("give --dir to check a deployment, or --explain to read about one")
  const names = name === undefined ? partsIn(dir) : [name]
  if (names.length === 0)
    throw new Error(`${dir}: found no settings; expected what "lindung init" or "lindung witness init" writes`)
  const parts = await Promise.all(names.map(one => explain(one, dir, process.env)))
  if (json)
    console.log(JSON.stringify(explains ? parts : parts.map(({ of, problems }) => ({ of, problems })), undefined, 2))
  else
    for (const { of, settings, problems } of parts) {
      if (explains) console.log(`${of}\n\n${settings.map(paragraph).join("\n\n")}\n`)
      if (dir !== undefined && problems.length === 0) console.log(`${of}: ${settings.length} settings, nothing wrong`)
      for (const problem of problems) console.log(`${of}: ${problem}`)
    }
  if (parts.some(({ problems }) => problems.length > 0)) process.exitCode = 1
}

export function configCommand(): Command {
  return new Command("config")
    .addArgument(new Argument("[process]", "one of them; all whose settings are there when left out").choices(NAMES))
    .option(
      "--dir <directory>",
      "the deployment, or a witness's directory; the environment holds in place of its files",
    )
    .option("--explain", "each setting: its value, where that comes from, what it means, what it may be")
    .option("--json", "the same as JSON")
    .addHelpText(
      "after",
      `
Secrets are never shown. Exit codes: 0 nothing wrong, 1 a problem, 2 a mistake in the command line.
${examples(
  "lindung config --dir deployment",
  "lindung config authority --explain --dir deployment",
  "lindung config key-server --explain --json",
)}`,
    )
    .action(run)
}
