import { fromBase64 } from "../crypto/index.ts"
import {
  configError,
  DESIGNS,
  type DesignName,
  LindungError,
  type NoteKey,
  parseNoteKey,
  parseWitnessKey,
  problemOfPolicy,
  type WitnessPolicy,
} from "../protocol/index.ts"
import type { Ports } from "./ports.ts"
import { checkRule, type Problem, type RiskRule, type RuleConfig } from "./risk/index.ts"

export interface Config {
  readonly server: {
    /** Base URL of the static tree; a CDN may serve it. */
    readonly files: string
    /** Base URL of the ingest; its host sees uploads and nothing else. */
    readonly uploads: string
    /** The log's key, as a C2SP note key: `name+keyid+base64`. */
    readonly logKey: string
    /** Ed25519 key of the receipts, base 64. */
    readonly receiptKey: string
    /**
     * Witnesses as C2SP keys of type 4, and how many of them must have cosigned a head before the phone believes it.
     * Without them the log could show this phone a history of its own.
     */
    readonly witnesses?: { readonly keys: readonly string[]; readonly quorum: number }
    /** Design gaen alone: P-256 keys whose archives are taken, 65 bytes each, base 64. During a change, two. */
    readonly exportKeys?: readonly string[]
  }
  readonly authority: {
    readonly url: string
    /** Ed25519 key of the tokens, base 64. */
    readonly publicKey: string
    /** When a permission passes hands: with a code, or with what the phone shows at the test (protocol §5). */
    readonly mechanism: "simple" | "activated" | "data-bound"
  }
  readonly design?: DesignName
  /** Name of a preset, a rule as data, or a rule of the app's own. */
  readonly risk: string | RuleConfig | RiskRule
  readonly cover: { readonly meanDays: number; readonly catchUpHours: number } | "off"
  readonly retention: { readonly contactDays: number; readonly exposureDays: number }
  readonly sync: { readonly minIntervalHours: number }
}

export type { Problem }

type Check = (value: unknown) => string | undefined

const url: Check = value =>
  typeof value === "string" && /^https?:\/\/[^\s/?#]+[^\s?#]*$/.test(value) && !value.endsWith("/")
    ? undefined
    : "expected an http(s) URL without query and without a slash at the end"
const key: Check = value =>
  typeof value === "string" && fromBase64(value)?.length === 32 ? undefined : "expected 32 bytes in base 64"
const EXPORT_KEYS = 10
const exportKeys: Check = value =>
  Array.isArray(value) && value.length >= 1 && value.length <= EXPORT_KEYS && value.every(isPoint)
    ? undefined
    : `expected 1 to ${EXPORT_KEYS} uncompressed P-256 points of 65 bytes in base 64`
const isPoint = (value: unknown): boolean => {
  const point = typeof value === "string" ? fromBase64(value) : undefined
  return point?.length === 65 && point[0] === 4
}
const oneOf =
  (...values: readonly string[]): Check =>
  value =>
    values.includes(value as string) ? undefined : `expected one of ${values.join(", ")}`
const between =
  (low: number, high: number): Check =>
  value =>
    typeof value === "number" && value >= low && value <= high ? undefined : `expected a number from ${low} to ${high}`
const noteKey: Check = value => {
  try {
    parseNoteKey(String(value))
    return undefined
  } catch {
    return "expected an Ed25519 key of a log as name+keyid+base64"
  }
}

const witnesses: Check = value => {
  const { keys, quorum } = (value ?? {}) as { keys?: unknown; quorum?: unknown }
  if (!Array.isArray(keys) || typeof quorum !== "number") return "expected a list of keys and a quorum"
  try {
    return problemOfPolicy({ witnesses: keys.map(text => parseWitnessKey(String(text))), quorum })
  } catch (error) {
    return (error as Error).message
  }
}

/** Of fields that not every configuration has. */
const optional =
  (check: Check): Check =>
  value =>
    value === undefined ? undefined : check(value)
const rule: Check = value => {
  const checked = checkRule(value)
  return checked.ok ? undefined : "expected the name of a preset, or a rule as docs/exposure-rules.md has it"
}
const isGaen = (config: object): boolean => (config as Partial<Config>).design === "gaen"
const hasCover = (config: object): boolean => (config as Partial<Config>).cover !== "off"

/** Each field with its check, and when it is looked at. */
const CHECKS = {
  "server.files": [url],
  "server.uploads": [url],
  "server.logKey": [noteKey],
  "server.receiptKey": [key],
  "server.witnesses": [optional(witnesses)],
  "server.exportKeys": [exportKeys, isGaen],
  "authority.url": [url],
  "authority.publicKey": [key],
  "authority.mechanism": [oneOf("simple", "activated", "data-bound")],
  design: [optional(oneOf(...DESIGNS.map(({ name }) => name)))],
  risk: [rule],
  "cover.meanDays": [between(1, 30), hasCover],
  "cover.catchUpHours": [between(0, 168), hasCover],
  "retention.contactDays": [between(14, 14)],
  "retention.exposureDays": [between(10, 60)],
  "sync.minIntervalHours": [between(0, 24)],
} as const satisfies Readonly<Record<string, readonly [Check, ((config: object) => boolean)?]>>

export type ConfigPath = keyof typeof CHECKS

/** The fields of a configuration, each with what is wrong with a value: a sentence that begins with "expected". */
export const configFields = Object.entries<readonly [Check, ((config: object) => boolean)?]>(CHECKS).map(
  ([path, [problemOf, applies = () => true]]) => ({ path: path as ConfigPath, problemOf, applies }),
)

const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value)

/** The configuration, or all its problems at once, each with its path. */
export function checkConfig(
  value: unknown,
): { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly Problem[] } {
  if (typeof value !== "object" || value === null)
    return { ok: false, problems: [{ path: "", message: "expected an object" }] }
  const problems: Problem[] = []
  for (const { path, problemOf, applies } of configFields) {
    const message = applies(value) ? problemOf(at(value, path)) : undefined
    // A rule says itself, below, which of its fields is wrong.
    if (path !== "risk" && message !== undefined) problems.push({ path, message })
  }
  const checked = checkRule((value as Record<string, unknown>)["risk"])
  if (!checked.ok)
    for (const { path, message } of checked.problems)
      problems.push({ path: path === "" ? "risk" : `risk.${path}`, message })
  return problems.length === 0 ? { ok: true, config: value as Config } : { ok: false, problems }
}

/** @throws LindungError config, with every problem; also when a port is missing that the design needs */
export function requireConfig(config: Config, { readArchive }: Pick<Ports, "readArchive">): void {
  const checked = checkConfig(config)
  if (!checked.ok) throw configError(checked.problems.map(({ path, message }) => `${path}: ${message}`))
  if (config.design === "gaen" && readArchive === undefined)
    throw new LindungError("config", "design gaen needs the port readArchive: that of lindung/client/gaen")
}

/** The exposure rule of a checked configuration. */
export function configuredRule(config: Config): RiskRule {
  const checked = checkRule(config.risk)
  if (!checked.ok) throw new RangeError("risk: not checked")
  return checked.rule
}

/** The pinned keys of a checked configuration, as bytes. */
export function pinnedKeys(config: Config): {
  log: NoteKey
  policy: WitnessPolicy
  receipts: Uint8Array
  authority: Uint8Array
  exports: readonly Uint8Array[]
} {
  const { keys, quorum } = config.server.witnesses ?? { keys: [], quorum: 0 }
  return {
    log: parseNoteKey(config.server.logKey),
    policy: { witnesses: keys.map(parseWitnessKey), quorum },
    receipts: fromBase64(config.server.receiptKey)!,
    authority: fromBase64(config.authority.publicKey)!,
    exports: (config.server.exportKeys ?? []).map(text => fromBase64(text)!),
  }
}
