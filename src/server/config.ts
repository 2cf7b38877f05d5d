import { z } from "zod"
import { ecdsa } from "../crypto/index.ts"
import { configError, designByName, type ParameterSet, problemOfPolicy, problemsOf } from "../protocol/index.ts"
import type { ExportKey } from "./archive.ts"
import type { WitnessAt } from "./witnesses.ts"

const isKey = (key: unknown): boolean => key instanceof Uint8Array && key.length === 32
const DIGITS = "32 bytes, as 64 hexadecimal digits"
const secret = z.custom<Uint8Array>(isKey, `expected ${DIGITS}`)
function count(low: number, high: number) {
  const expected = `expected an integer from ${low} to ${high}`
  return z.int(expected).min(low, expected).max(high, expected)
}

/** One message says all that is expected of a list: it is also what `lindung config --explain` shows. */
const list = <Item>(low: number, high: number, isItem: (item: unknown) => boolean, of: string) =>
  z.custom<Item[]>(
    items => Array.isArray(items) && items.length >= low && items.length <= high && items.every(isItem),
    `expected ${low} to ${high}, with commas, each ${of}`,
  )

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
function isExportKey(key: unknown): boolean {
  const { id, version, secretKey } = (key ?? {}) as ExportKey
  return NAME.test(id) && NAME.test(version) && isScalar(secretKey)
}

const MAX_WITNESSES = 16

const isWitness = (given: unknown): boolean =>
  /^https?:\/\/\S+[^/\s]$/.test((given as WitnessAt | undefined)?.url ?? "")

const LOG_NAME = "expected 1 to 255 printable ASCII letters, no space or +"
const REGION = "expected 1 to 64 letters, digits, _ . and -"

export const fields = z.strictObject({
  logName: z.string(LOG_NAME).regex(/^[!-*,-~]{1,255}$/, LOG_NAME),
  logSeed: secret,
  receiptSeed: secret,
  wrappingKey: secret,
  authorityKeys: list<Uint8Array>(1, 16, isKey, DIGITS),
  parameters: z.array(parameterSet, "expected a list").min(1, "expected at least one set"),
  uploadsPerMinute: count(0, 1e9),
  proxies: count(0, 10),
  exportRegion: z.string(REGION).regex(NAME, REGION).optional(),
  exportKeys: list<ExportKey>(1, 10, isExportKey, "id:version: and a P-256 key of 64 hexadecimal digits").optional(),
  alsoLogSeeds: list<Uint8Array>(0, 4, isKey, DIGITS).optional(),
  witnesses: list<WitnessAt>(
    0,
    MAX_WITNESSES,
    isWitness,
    "its key, a space, its URL without a slash at the end",
  ).optional(),
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

export const schema = fields.check(checkArchives, checkWitnesses)

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
export const ingestSchema = fields.pick(FOR_INGEST)
export const publisherSchema = fields.omit(FOR_INGEST).check(checkArchives, checkWitnesses)
export type IngestConfig = Pick<ServerConfig, keyof typeof FOR_INGEST>
export type PublisherConfig = Omit<ServerConfig, keyof typeof FOR_INGEST>

/** Every problem, with the setting's name and without its value. */
export function problems(error: z.ZodError, name: (path: string) => string): string[] {
  return error.issues.flatMap(issue => {
    if (issue.code === "unrecognized_keys") return issue.keys.map(key => `${name(key)}: not a setting`)
    return [`${name(String(issue.path[0] ?? ""))}: ${issue.message}`]
  })
}

function check<Config>(config: Config, parts: z.ZodType): Config {
  const result = parts.safeParse(config)
  if (!result.success) throw configError(problems(result.error, path => path))
  return config
}

/** @throws LindungError config naming every problem, and no value */
export const checkServerConfig = (config: ServerConfig): ServerConfig => check(config, schema)
/** @throws LindungError config */
export const checkIngestConfig = (config: IngestConfig): IngestConfig => check(config, ingestSchema)
/** @throws LindungError config */
export const checkPublisherConfig = (config: PublisherConfig): PublisherConfig => check(config, publisherSchema)
