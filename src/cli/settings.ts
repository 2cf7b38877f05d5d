import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseEnv } from "node:util"
import {
  authorityConfigFrom,
  authorityPlaceFrom,
  authoritySettings,
  portalConfigFrom,
  portalSettings,
} from "../authority/index.ts"
import { LindungError, type Setting } from "../protocol/index.ts"
import { ingestSettingsFrom, publisherSettingsFrom, serverSettings, serverSettingsFrom } from "../server/index.ts"

export type Environment = Readonly<Record<string, string | undefined>>
type ReadText = (path: string) => string

const authorityFrom = (given: Environment) => ({
  ...all(
    () => ({ place: authorityPlaceFrom(given) }),
    () => ({ config: authorityConfigFrom(given) }),
    () => ({ portalConfig: portalConfigFrom(given) }),
  ),
})

/** Each process of a deployment: its files in `secrets/`, what it can be told, and how it reads that. */
export const PROCESSES = {
  "key-server": {
    // Phones ask ingest, so its file holds for both.
    files: ["publisher.env", "ingest.env"],
    settings: () => serverSettings("key-server"),
    from: serverSettingsFrom,
  },
  ingest: { files: ["ingest.env"], settings: () => serverSettings("ingest"), from: ingestSettingsFrom },
  publisher: { files: ["publisher.env"], settings: () => serverSettings("publisher"), from: publisherSettingsFrom },
  authority: {
    files: ["authority.env"],
    settings: (given: Environment) => [...authoritySettings(given), ...portalSettings()],
    from: authorityFrom,
  },
} as const

export type ProcessName = keyof typeof PROCESSES
type Read<Name extends ProcessName> = ReturnType<(typeof PROCESSES)[Name]["from"]>

const problemsOf = (error: unknown): readonly string[] => {
  if (error instanceof LindungError && error.problems !== undefined) return error.problems
  throw error
}

/** The parts of several readings together, or the problems of all of them. @throws LindungError config */
function all<A, B, C>(first: () => A, second: () => B, third: () => C): A & B & C {
  const problems: string[] = []
  const parts = [first, second, third].map((read: () => unknown) => {
    try {
      return read()
    } catch (error) {
      problems.push(...problemsOf(error))
      return {}
    }
  })
  if (problems.length > 0) throw invalid(problems)
  return Object.assign({}, ...parts)
}

function invalid(lines: readonly string[]): LindungError {
  const problems = [...new Set(lines)]
  return new LindungError("config", problems.join("; "), { problems })
}

/** What a process of a deployment is told, and by whom. */
export interface Given {
  readonly values: Environment
  /** By the name of the variable: `environment`, or the file. */
  readonly from: Readonly<Record<string, string>>
  readonly problems: readonly string[]
}

const knownNames = (): ReadonlySet<string> =>
  new Set(
    (Object.keys(PROCESSES) as ProcessName[]).flatMap(name =>
      PROCESSES[name].settings({}).map(setting => setting.name),
    ),
  )

/** Names that are nearly those of settings; others that begin with LINDUNG_ may be somebody else's. */
const SLIP = /^LINDUNG_(LISTEN$|(SERVER|INGEST|PUBLISHER|AUTHORITY|PORTAL)_)/

/** A variable of the process's own holds in place of the files'; two files that disagree are a mistake. */
export function givenTo(name: ProcessName, directory: string | undefined, environment: Environment): Given {
  const values: Record<string, string | undefined> = {}
  const from: Record<string, string> = {}
  const problems: string[] = []
  for (const file of directory === undefined ? [] : PROCESSES[name].files) {
    const where = `secrets/${file}`
    for (const [variable, text] of Object.entries(parseEnv(readSecrets(directory!, file)))) {
      if (values[variable] !== undefined && values[variable] !== text && environment[variable] === undefined)
        problems.push(`${variable}: expected the same in ${from[variable]} and ${where}, as one process has both`)
      values[variable] = text
      from[variable] = where
    }
  }
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined) continue
    values[variable] = text
    from[variable] = "environment"
  }
  const known = knownNames()
  const isSlip = (variable: string) =>
    !known.has(variable) && (from[variable] === "environment" ? SLIP.test(variable) : variable.startsWith("LINDUNG_"))
  for (const variable of Object.keys(values).filter(isSlip)) problems.push(`${variable}: not a setting`)
  return { values, from, problems }
}

function readSecrets(directory: string, file: string): string {
  try {
    return readFileSync(join(directory, "secrets", file), "utf8")
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT" && !existsSync(directory)) throw new Error(`${directory}: there is no such directory`)
    if (code === "ENOENT")
      throw new Error(`${directory}: there is no secrets/${file}; "lindung init" writes a deployment`)
    throw error
  }
}

/** The settings of a process of a deployment, as they are in force. @throws LindungError config naming every problem */
export function settingsOf<Name extends ProcessName>(
  name: Name,
  directory: string,
  environment: Environment,
): Read<Name> {
  const { values, problems } = givenTo(name, directory, environment)
  const readText = (path: string) => readFileSync(resolve(directory, path), "utf8")
  const from = PROCESSES[name].from as (given: Environment, readText: ReadText) => Read<Name>
  const lines = [...problems]
  try {
    const settings = from(values, readText)
    if (lines.length === 0) return settings
  } catch (error) {
    lines.push(...problemsOf(error))
  }
  throw invalid(lines)
}

/** One of a process's settings, as an operator is shown it. */
export interface Shown extends Omit<Setting, "problemOf"> {
  /** In force; undefined for none, and for a secret, whose presence `from` tells. */
  readonly value?: string
  /** `environment`, a file, `default`, or `nowhere`. */
  readonly from: string
  readonly expected: string
  readonly required: boolean
}

/** Hardly a setting can have this as its value, so that what is answered is what is expected. */
const IMPOSSIBLE = "\0"

export function shown(setting: Setting, text: string | undefined, from: string | undefined): Shown {
  const { problemOf, ...facts } = setting
  const value = text ?? facts.otherwise
  return {
    ...facts,
    ...(value !== undefined && { value: facts.secret === true ? "(not shown)" : value }),
    from: from ?? (facts.otherwise === undefined ? "nowhere" : "default"),
    expected: (problemOf(IMPOSSIBLE) ?? problemOf("") ?? problemOf(undefined) ?? "any text").replace(/^expected /, ""),
    required: facts.otherwise === undefined && problemOf(undefined) !== undefined,
  }
}
