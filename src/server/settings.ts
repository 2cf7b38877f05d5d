import type { z } from "zod"
import { fromHex } from "../crypto/index.ts"
import { LindungError, type ParameterSet, parseParameters, parseWitnessKey, type Setting } from "../protocol/index.ts"
import {
  fields,
  type IngestConfig,
  ingestSchema,
  invalid,
  type PublisherConfig,
  problems,
  publisherSchema,
  type ServerConfig,
  schema,
} from "./config.ts"

/** What the program that runs a key server, or half of one, needs beside its configuration. */
export interface ServerSettings<Config = ServerConfig> {
  readonly config: Config
  /** Where its files are. */
  readonly data: string
  readonly host: string
  readonly port: number
}

const PREFIX = "LINDUNG_SERVER_"
const PARAMETERS_FILE = `${PREFIX}PARAMETERS_FILE`
const DATA = `${PREFIX}DATA`

/** logSeed → LINDUNG_SERVER_LOG_SEED */
const variable = (path: string): string =>
  path === "parameters" ? PARAMETERS_FILE : PREFIX + path.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()

const settingOf = (name: string): string =>
  name
    .slice(PREFIX.length)
    .toLowerCase()
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

const key = (text: string): unknown => (/^[0-9a-fA-F]{64}$/.test(text) ? fromHex(text) : undefined)
const number = (text: string): unknown => (/^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN)
/** The key, a space, the URL. */
function witnessIn(text: string): unknown {
  const [key = "", url = ""] = text.trim().split(/\s+/)
  try {
    return { key: parseWitnessKey(key), url }
  } catch (error) {
    if (error instanceof LindungError) return undefined
    throw error
  }
}
const READ: Readonly<Record<string, (text: string) => unknown>> = {
  logSeed: key,
  receiptSeed: key,
  wrappingKey: key,
  authorityKeys: text => text.split(",").map(part => key(part.trim())),
  uploadsPerMinute: number,
  proxies: number,
  exportKeys: text =>
    text.split(",").map(part => {
      const [id, version, secretKey = ""] = part.trim().split(":")
      return { id, version, secretKey: key(secretKey) }
    }),
  alsoLogSeeds: text => text.split(",").map(part => key(part.trim())),
  witnesses: text => text.split(",").map(witnessIn),
  witnessQuorum: number,
}

/** What an operator is told of each field of the configuration. */
const MEANINGS: Readonly<Record<keyof typeof fields.shape, Pick<Setting, "what" | "unit" | "section" | "secret">>> = {
  logName: {
    what: "the log's name: origin of its checkpoints, name of its key; apps pin it",
    section: "log.md#3-checkpoint",
  },
  logSeed: { what: "Ed25519 seed of the log's key; apps pin the key", section: "log.md#8-keys", secret: true },
  receiptSeed: {
    what: "Ed25519 seed of the receipts for uploads; apps pin the key",
    section: "upload.md#4-ingest",
    secret: true,
  },
  wrappingKey: {
    what: "encrypts the keys of buckets at rest; never on the disk that holds the data",
    section: "upload.md#1-ingest-keys",
    secret: true,
  },
  authorityKeys: {
    what: "Ed25519 keys of the authorities whose tokens count; logged",
    section: "authorisation.md#1-token",
  },
  parameters: { what: "file of the parameter sets, one canonical set a line; logged", section: "parameters.md" },
  uploadsPerMinute: {
    what: "from one address (IPv6: one /56), which many phones may share; 0 for no limit",
    unit: "uploads a minute",
    section: "upload.md#4-ingest",
  },
  proxies: { what: "in front, whose X-Forwarded-For is believed", unit: "proxies", section: "upload.md#4-ingest" },
  exportRegion: { what: "design gaen: the region that its archives name", section: "batch.md" },
  exportKeys: {
    what: "design gaen: keys that sign archives, newest first; apps pin them",
    section: "batch.md",
    secret: true,
  },
  alsoLogSeeds: {
    what: "seeds of log keys that are coming or going; they sign each head beside the first",
    section: "log.md#8-keys",
    secret: true,
  },
  witnesses: { what: "who is asked to cosign each head", section: "log.md#7-witnesses" },
  witnessQuorum: {
    what: "how many of them must have cosigned a head before it is shown; at least as many as apps require",
    unit: "witnesses",
    section: "log.md#7-witnesses",
  },
}

const LISTEN = "expected host:port"
const DIRECTORY = "expected a directory"
const READABLE = "expected the path of a readable file"

/** What each process is told: which fields, and the variable that says where it listens. */
const PROCESSES = {
  "key-server": { shape: fields.shape, listen: "LINDUNG_INGEST_LISTEN", at: "where phones reach it" },
  ingest: { shape: ingestSchema.shape, listen: "LINDUNG_INGEST_LISTEN", at: "where phones reach it" },
  publisher: { shape: publisherSchema.shape, listen: "LINDUNG_PUBLISHER_LISTEN", at: "its health and metrics" },
} as const

/** The settings of one process of a key server, from the schema that it is started with. */
export function serverSettings(process: keyof typeof PROCESSES): readonly Setting[] {
  const { shape, listen, at } = PROCESSES[process]
  const problemOf = (field: string, text: string | undefined): string | undefined => {
    if (field === "parameters") return text === undefined || text === "" ? READABLE : undefined
    const given = text === undefined ? undefined : (READ[field] ?? String)(text)
    return (shape as Record<string, z.ZodType>)[field]!.safeParse(given).error?.issues[0]?.message
  }
  return [
    { name: listen, what: at, problemOf: text => (listenOn(text ?? "") === undefined ? LISTEN : undefined) },
    {
      name: DATA,
      what: "where its files are, from the deployment's directory; ingest and publisher share it",
      problemOf: text => ((text ?? "") === "" ? DIRECTORY : undefined),
    },
    ...Object.keys(shape).map(field => ({
      name: variable(field),
      ...MEANINGS[field as keyof typeof MEANINGS],
      problemOf: (text: string | undefined) => problemOf(field, text),
    })),
  ]
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The settings from the environment: LINDUNG_SERVER_DATA (a directory), a variable with host:port, and LINDUNG_SERVER_*,
 * one for each field of the configuration; keys as 64 hexadecimal digits, those of archives as id:version:key, lists with
 * commas, the parameter sets as a file of canonical sets, one a line. Nothing has a default, and a LINDUNG_SERVER_
 * variable that is not a setting is
 * refused, because it is likely a slip.
 * @param readText gives the text of a file named in the environment, or throws
 * @throws LindungError config naming every problem, and no value
 */
export const serverSettingsFrom = (
  environment: Environment,
  readText: (path: string) => string,
): ServerSettings<ServerConfig> => settingsFrom(schema, environment, "LINDUNG_INGEST_LISTEN", readText)

/** The same for ingest alone: only what it needs, and nothing of the publisher's. @throws LindungError config */
export const ingestSettingsFrom = (environment: Environment): ServerSettings<IngestConfig> =>
  settingsFrom(ingestSchema, environment, "LINDUNG_INGEST_LISTEN", undefined)

/** The same for the publisher alone. @throws LindungError config */
export const publisherSettingsFrom = (
  environment: Environment,
  readText: (path: string) => string,
): ServerSettings<PublisherConfig> => settingsFrom(publisherSchema, environment, "LINDUNG_PUBLISHER_LISTEN", readText)

function settingsFrom<Config>(
  parts: z.ZodType<Config>,
  environment: Environment,
  listenVariable: string,
  readText: ((path: string) => string) | undefined,
): ServerSettings<Config> {
  const lines: string[] = []
  const values = Object.entries(environment)
    .filter(([name, text]) => name.startsWith(PREFIX) && text !== undefined)
    .filter(([name]) => name !== DATA && (name !== PARAMETERS_FILE || readText === undefined))
    .map(([name, text]) => [settingOf(name), (READ[settingOf(name)] ?? String)(text!)] as const)
  let parameters: ParameterSet[] | undefined
  try {
    if (readText !== undefined) parameters = setsOf(readText(environment[PARAMETERS_FILE] ?? ""))
  } catch (error) {
    const why = error instanceof LindungError ? error.message : READABLE
    lines.push(`${PARAMETERS_FILE}: ${why}`)
  }
  const given = { ...Object.fromEntries(values), ...(readText === undefined ? {} : { parameters }) }
  const result = parts.safeParse(given)
  if (!result.success)
    lines.push(...problems(result.error, variable).filter(line => parameters ?? !line.startsWith(PARAMETERS_FILE)))
  const data = environment[DATA] ?? ""
  if (data === "") lines.push(`${DATA}: ${DIRECTORY}`)
  const listen = listenOn(environment[listenVariable] ?? "")
  if (listen === undefined) lines.push(`${listenVariable}: ${LISTEN}`)
  if (lines.length > 0 || listen === undefined || !result.success) throw invalid(lines)
  return { config: result.data, data, ...listen }
}

const setsOf = (text: string): ParameterSet[] =>
  text
    .trimEnd()
    .split("\n")
    .map(line => parseParameters(new TextEncoder().encode(line)))

function listenOn(text: string): { host: string; port: number } | undefined {
  const [, six, four, port] = /^(?:\[([0-9a-f:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? []
  const host = six ?? four
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) }
}
