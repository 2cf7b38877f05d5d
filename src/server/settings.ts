import type { z } from "zod"
import {
  configError,
  fieldOf,
  keyIn,
  LindungError,
  type ParameterSet,
  parseParameters,
  parseWitnessKey,
  type Setting,
  variableOf,
  wholeIn,
} from "../protocol/index.ts"
import {
  fields,
  type IngestConfig,
  ingestSchema,
  type PublisherConfig,
  problems,
  publisherSchema,
  type ServerConfig,
  schema,
} from "./config.ts"

type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = "LINDUNG_SERVER_"
const PARAMETERS_FILE = `${PREFIX}PARAMETERS_FILE`

const variable = (field: string): string => (field === "parameters" ? PARAMETERS_FILE : variableOf(PREFIX, field))

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
  logSeed: keyIn,
  receiptSeed: keyIn,
  wrappingKey: keyIn,
  authorityKeys: text => text.split(",").map(part => keyIn(part.trim())),
  uploadsPerMinute: wholeIn,
  proxies: wholeIn,
  exportKeys: text =>
    text.split(",").map(part => {
      const [id, version, ...secretKey] = part.trim().split(":")
      return { id, version, secretKey: keyIn(secretKey.join(":")) }
    }),
  alsoLogSeeds: text => text.split(",").map(part => keyIn(part.trim())),
  witnesses: text => text.split(",").map(witnessIn),
  witnessQuorum: wholeIn,
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

const READABLE = "expected the path of a readable file"

/** Which fields each process is told. */
const SHAPES = { "key-server": fields.shape, ingest: ingestSchema.shape, publisher: publisherSchema.shape } as const

/** The settings of one process of a key server, from the schema that it is started with. */
export function serverSettings(process: keyof typeof SHAPES): readonly Setting[] {
  const shape: Readonly<Record<string, z.ZodType>> = SHAPES[process]
  const problemOf = (field: string, text: string | undefined): string | undefined => {
    if (field === "parameters") return text === undefined || text === "" ? READABLE : undefined
    const given = text === undefined ? undefined : (READ[field] ?? String)(text)
    return shape[field]!.safeParse(given).error?.issues[0]?.message
  }
  return Object.keys(shape).map(field => ({
    name: variable(field),
    ...MEANINGS[field as keyof typeof MEANINGS],
    problemOf: (text: string | undefined) => problemOf(field, text),
  }))
}

/**
 * The configuration from LINDUNG_SERVER_* variables, one for each field; keys as 64 hexadecimal digits, those of archives as
 * id:version:key, lists with commas, the parameter sets as a file of canonical sets, one a line. Nothing has a default, and
 * a variable that is not a setting is refused, because it is likely a slip.
 * @param readText gives the text of a file named in the environment, or throws
 * @throws LindungError config naming every problem, and no value
 */
export const serverConfigFrom = (environment: Environment, readText: (path: string) => string): ServerConfig =>
  configFrom(schema, environment, readText)

/** The same for ingest alone: only what it needs, and nothing of the publisher's. @throws LindungError config */
export const ingestConfigFrom = (environment: Environment): IngestConfig => configFrom(ingestSchema, environment)

/** The same for the publisher alone. @throws LindungError config */
export const publisherConfigFrom = (environment: Environment, readText: (path: string) => string): PublisherConfig =>
  configFrom(publisherSchema, environment, readText)

function configFrom<Config>(
  parts: z.ZodType<Config>,
  environment: Environment,
  readText?: (path: string) => string,
): Config {
  const lines: string[] = []
  const values = Object.entries(environment)
    .filter(([name, text]) => name.startsWith(PREFIX) && text !== undefined)
    .filter(([name]) => name !== PARAMETERS_FILE || readText === undefined)
    .map(([name, text]) => [fieldOf(PREFIX, name), (READ[fieldOf(PREFIX, name)] ?? String)(text!)] as const)
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
  if (lines.length > 0 || !result.success) throw configError(lines)
  return result.data
}

const setsOf = (text: string): ParameterSet[] =>
  text
    .trimEnd()
    .split("\n")
    .map(line => parseParameters(new TextEncoder().encode(line)))
