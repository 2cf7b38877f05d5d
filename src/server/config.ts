import { z } from "zod"
import { type ParameterSet, problemsOf } from "../protocol/index.ts"

/** A configuration that cannot be used: every problem at once. */
export class ConfigError extends TypeError {
  override readonly name = "ConfigError"
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the configuration is not valid:\n${problems.map(problem => `  ${problem}`).join("\n")}`)
    this.problems = problems
  }
}

const bytes = (length: number) =>
  z.custom<Uint8Array>(value => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`)

const parameterSet = z.custom<ParameterSet>().check(context => {
  for (const { path, message } of problemsOf(context.value))
    context.issues.push({ code: "custom", message, path: path.split("."), input: context.value })
})

const schema = z.strictObject({
  logName: z.string().regex(/^[!-*,-~]{1,255}$/, "expected printable ASCII without space or +"),
  logSeed: bytes(32),
  receiptSeed: bytes(32),
  wrappingKey: bytes(32),
  authorityKeys: z.array(bytes(32)).min(1).max(16),
  parameters: z.array(parameterSet).min(1),
  uploadsPerMinute: z.number().int().min(0).max(1e9),
  proxies: z.number().int().min(0).max(10),
})

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
}

/** @throws ConfigError naming every problem */
export function checkServerConfig(config: ServerConfig): ServerConfig {
  const checked = schema.safeParse(config)
  if (checked.success) return config
  throw new ConfigError(checked.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`))
}
