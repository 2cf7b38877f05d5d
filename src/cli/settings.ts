import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseEnv } from "node:util"
import { authorityConfigFrom, authoritySettings, portalConfigFrom, portalSettings } from "../authority/index.ts"
import { configError, LindungError, type Setting } from "../protocol/index.ts"
import { ingestConfigFrom, publisherConfigFrom, serverConfigFrom, serverSettings } from "../server/index.ts"
import { type Place, placeIn, placeSettings, withoutPlace } from "./place.ts"

export type Environment = Readonly<Record<string, string | undefined>>
type ReadText = (path: string) => string

const SERVER_DATA = "LINDUNG_SERVER_DATA"
const KEEPS = "where its files are, from the deployment's directory"
const SHARED = `${KEEPS}; ingest and publisher share it`
const INGEST = {
  listen: "LINDUNG_INGEST_LISTEN",
  listens: "where phones reach it",
  data: SERVER_DATA,
  keeps: SHARED,
}

/** Each process of a deployment: its files in `secrets/`, what it can be told, and the readers of that. */
export const PROCESSES = {
  "key-server": {
    // Phones ask ingest, so its file holds for both.
    files: ["publisher.env", "ingest.env"],
    place: INGEST,
    settings: () => serverSettings("key-server"),
    readers: { config: serverConfigFrom },
  },
  ingest: {
    files: ["ingest.env"],
    place: INGEST,
    settings: () => serverSettings("ingest"),
    readers: { config: ingestConfigFrom },
  },
  publisher: {
    files: ["publisher.env"],
    place: { ...INGEST, listen: "LINDUNG_PUBLISHER_LISTEN", listens: "its health and metrics" },
    settings: () => serverSettings("publisher"),
    readers: { config: publisherConfigFrom },
  },
  authority: {
    files: ["authority.env"],
    place: {
      listen: "LINDUNG_AUTHORITY_LISTEN",
      listens: "where phones and staff reach it",
      data: "LINDUNG_AUTHORITY_DATA",
      keeps: KEEPS,
    },
    settings: (given: Environment) => [...authoritySettings(given), ...portalSettings()],
    readers: { config: authorityConfigFrom, portalConfig: portalConfigFrom },
  },
} as const

export type ProcessName = keyof typeof PROCESSES
type Readers<Name extends ProcessName> = (typeof PROCESSES)[Name]["readers"]
type Read<Name extends ProcessName> = Place & {
  readonly [Part in keyof Readers<Name>]: Readers<Name>[Part] extends (...given: never[]) => infer Config
    ? Config
    : never
}

/** All settings of a process: where it is, and how it is. */
export const settingsFor = (name: ProcessName, given: Environment): readonly Setting[] => [
  ...placeSettings(PROCESSES[name].place),
  ...PROCESSES[name].settings(withoutPlace(PROCESSES[name].place, given)),
]

const problemsOf = (error: unknown): readonly string[] => {
  if (error instanceof LindungError && error.problems !== undefined) return error.problems
  throw error
}

/** What a process of a deployment is told, and by whom. */
export interface Given {
  readonly values: Environment
  /** By the name of the variable: `environment`, or the file. */
  readonly from: Readonly<Record<string, string>>
  readonly problems: readonly string[]
}

const knownNames = (): ReadonlySet<string> =>
  new Set((Object.keys(PROCESSES) as ProcessName[]).flatMap(name => settingsFor(name, {}).map(setting => setting.name)))

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
  const { place: names, readers } = PROCESSES[name]
  const readText = (path: string) => readFileSync(resolve(directory, path), "utf8")
  const place = placeIn(names, values)
  const lines = [...problems, ...("problems" in place ? place.problems : [])]
  const parts = Object.entries<(given: Environment, readText: ReadText) => unknown>(readers).map(([part, read]) => {
    try {
      return [part, read(withoutPlace(names, values), readText)]
    } catch (error) {
      lines.push(...problemsOf(error))
      return []
    }
  })
  if (lines.length > 0) throw configError(lines)
  return { ...place, ...Object.fromEntries(parts) } as Read<Name>
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
