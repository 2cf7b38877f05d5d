import { z } from "zod"
import { ecdsa, fromHex } from "../crypto/index.ts"
import {
  designByName,
  LindungError,
  type ParameterSet,
  parseParameters,
  parseWitnessKey,
  problemOfPolicy,
  problemsOf,
} from "../protocol/index.ts"
import type { ExportKey } from "./archive.ts"
import type { WitnessAt } from "./witnesses.ts"

const secret = z.custom<Uint8Array>(key => key instanceof Uint8Array && key.length === 32, "expected 32 bytes")
const count = (low: number, high: number) => z.int(`expected an integer from ${low} to ${high}`).min(low).max(high)

const parameterSet = z.custom<ParameterSet>().check(context => {
  for (const { path, message } of problemsOf(context.value))
    context.issues.push({ code: "custom", message: `${path}: ${message}`, path: [], input: context.value })
})

const isScalar = (secretKey: unknown): boolean => {
  try {
    return ecdsa.ecdsaP256.publicKey(secretKey as Uint8Array).length > 0
  } catch {
    return false
  }
}

// What other systems take for an id, a version and a region.
const NAME = /^[A-Za-z0-9_.-]{1,64}$/
const exportKey = z.custom<ExportKey>(key => {
  const { id, version, secretKey } = (key ?? {}) as ExportKey
  return NAME.test(id) && NAME.test(version) && isScalar(secretKey)
}, "expected an id, a version and a P-256 key of 32 bytes")

const MAX_WITNESSES = 16

const witness = z.custom<WitnessAt>(
  given => /^https?:\/\/\S+[^/\s]$/.test((given as WitnessAt | undefined)?.url ?? ""),
  "expected the key and the URL of each witness, the URL without a slash at the end",
)

const fields = z.strictObject({
  logName: z.string("expected a name").regex(/^[!-*,-~]{1,255}$/, "expected printable ASCII without space or +"),
  logSeed: secret,
  receiptSeed: secret,
  wrappingKey: secret,
  authorityKeys: z.array(secret, "expected a list").min(1, "expected at least one").max(16, "expected at most 16"),
  parameters: z.array(parameterSet, "expected a list").min(1, "expected at least one set"),
  uploadsPerMinute: count(0, 1e9),
  proxies: count(0, 10),
  exportRegion: z.string("expected a region").regex(NAME, "expected letters, digits, _ . and -").optional(),
  exportKeys: z.array(exportKey, "expected a list").min(1, "expected at least one").max(10, "at most 10").optional(),
  alsoLogSeeds: z.array(secret, "expected a list").max(4, "expected at most 4").optional(),
  witnesses: z.array(witness, "expected a list").max(MAX_WITNESSES, `expected at most ${MAX_WITNESSES}`).optional(),
  witnessQuorum: count(0, MAX_WITNESSES).optional(),
})

type Published = Pick<z.infer<typeof fields>, "parameters" | "exportRegion" | "exportKeys">

function checkArchives({ value, issues }: z.core.ParsePayload<Published>): void {
  const publishes = ({ designs }: ParameterSet) => designs.some(name => designByName(name)?.publishes === "archive")
  if (!value.parameters.some(publishes)) return
  for (const name of ["exportRegion", "exportKeys"] as const)
    if (value[name] === undefined)
      issues.push({ code: "custom", message: "missing, and a design publishes archives", path: [name], input: value })
}

type Witnessed = Pick<z.infer<typeof fields>, "witnesses" | "witnessQuorum">

function checkWitnesses({ value, issues }: z.core.ParsePayload<Witnessed>): void {
  const { witnesses = [], witnessQuorum } = value
  const problem =
    witnesses.length > 0 && witnessQuorum === undefined
      ? "expected a quorum, as there are witnesses"
      : problemOfPolicy({ witnesses: witnesses.map(({ key }) => key), quorum: witnessQuorum ?? 0 })
  if (problem !== undefined)
    issues.push({ code: "custom", message: problem, path: ["witnessQuorum"], input: witnessQuorum })
}

const schema = fields.check(checkArchives, checkWitnesses)

/** What a key server is told. No field has a default: a forgotten key or limit is an error. */
export interface ServerConfig {
  /** The log's name: origin of its checkpoints and name of its key; printable ASCII without space or plus. */
  readonly logName: string
  /** 32-byte Ed25519 seeds: the log's, and that of upload receipts. */
  readonly logSeed: Uint8Array
  readonly receiptSeed: Uint8Array
  /** 32 bytes under which bucket keys are stored; never on the disk that holds the data. */
  readonly wrappingKey: Uint8Array
  /** Ed25519 keys of the authorities whose tokens are accepted; logged. */
  readonly authorityKeys: readonly Uint8Array[]
  /** Parameter sets in force and announced; a new one must be announced 36 buckets before it holds. */
  readonly parameters: readonly ParameterSet[]
  /** Uploads a minute from one address; 0 for no limit. Many phones may share an address. */
  readonly uploadsPerMinute: number
  /** Proxies in front, whose X-Forwarded-For is believed. */
  readonly proxies: number
  /** Design 4 alone: the region that its archives name, and the keys that sign them, newest first, up to ten. */
  readonly exportRegion?: string | undefined
  readonly exportKeys?: readonly ExportKey[] | undefined
  /** Seeds of log keys that are coming or going: they sign every head beside `logSeed`. */
  readonly alsoLogSeeds?: readonly Uint8Array[] | undefined
  /**
   * Witnesses that are asked to cosign each head, and how many of them must, or the head before stays: at least as many
   * as phones require. None when left out.
   */
  readonly witnesses?: readonly WitnessAt[] | undefined
  readonly witnessQuorum?: number | undefined
}

/** What only those that talk to phones need, and what only those that open envelopes need. */
const FOR_INGEST = { receiptSeed: true, uploadsPerMinute: true, proxies: true } as const
const ingestSchema = fields.pick(FOR_INGEST)
const publisherSchema = fields.omit(FOR_INGEST).check(checkArchives, checkWitnesses)
export type IngestConfig = Pick<ServerConfig, keyof typeof FOR_INGEST>
export type PublisherConfig = Omit<ServerConfig, keyof typeof FOR_INGEST>

/** Every problem, with the setting's name and without its value. */
function problems(error: z.ZodError, name: (path: string) => string): string[] {
  return error.issues.flatMap(issue => {
    if (issue.code === "unrecognized_keys") return issue.keys.map(key => `${name(key)}: not a setting`)
    return [`${name(String(issue.path[0] ?? ""))}: ${issue.message}`]
  })
}

const invalid = (lines: readonly string[]): LindungError => new LindungError("config", [...new Set(lines)].join("; "))

function check<Config>(config: Config, parts: z.ZodType): Config {
  const result = parts.safeParse(config)
  if (!result.success) throw invalid(problems(result.error, path => path))
  return config
}

/** @throws LindungError config naming every problem, and no value */
export const checkServerConfig = (config: ServerConfig): ServerConfig => check(config, schema)
/** @throws LindungError config */
export const checkIngestConfig = (config: IngestConfig): IngestConfig => check(config, ingestSchema)
/** @throws LindungError config */
export const checkPublisherConfig = (config: PublisherConfig): PublisherConfig => check(config, publisherSchema)

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
    const why = error instanceof LindungError ? error.message : "expected the path of a readable file"
    lines.push(`${PARAMETERS_FILE}: ${why}`)
  }
  const given = { ...Object.fromEntries(values), ...(readText === undefined ? {} : { parameters }) }
  const result = parts.safeParse(given)
  if (!result.success)
    lines.push(...problems(result.error, variable).filter(line => parameters ?? !line.startsWith(PARAMETERS_FILE)))
  const data = environment[DATA] ?? ""
  if (data === "") lines.push(`${DATA}: expected a directory`)
  const listen = listenOn(environment[listenVariable] ?? "")
  if (listen === undefined) lines.push(`${listenVariable}: expected host:port`)
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
