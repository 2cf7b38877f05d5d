import { ascii, fromAscii, sha256, time } from "../crypto/index.ts"
import { DESIGNS, type DesignName, type Lengths } from "./design.ts"
import { malformed } from "./wire.ts"

/** How made-up reports look (protocol §7). Public, and never drawn from real ones. Integers: relative weights. */
export interface PaddingProfile {
  /** Weight of a report whose first revealed day is 0, 1 … 13 days before the bucket's. */
  readonly firstDayAge: readonly number[]
  /** For each UTC hour, in thousandths: how often a slot that starts in it is revealed. */
  readonly revealedByHour: readonly number[]
  /** Weight of a night (all slots redacted) that starts in UTC hour 0 … 23. */
  readonly nightStartHour: readonly number[]
  /** Weight of a night of 0, 1 … hours. */
  readonly nightHours: readonly number[]
}

/** Everything that phones and servers must agree on (protocol §10). */
export interface ParameterSet extends Lengths {
  readonly version: 1
  /** First bucket whose envelopes and batches are made under this set. */
  readonly validFromBucket: number
  readonly bucketSeconds: number
  readonly retentionDays: number
  readonly coverMeanDays: number
  readonly coverCatchUpHours: number
  readonly codeValidHours: number
  readonly activationHours: number
  readonly fingerprintBits: number
  readonly minPaddingReports: number
  readonly maxEnvelopes: number
  readonly designs: readonly DesignName[]
  readonly riskRule: { readonly id: string; readonly [number: string]: string | number | readonly number[] }
  readonly paddingProfile: PaddingProfile
  /** Allowed entry counts of a batch, ascending, by design. */
  readonly paddingSizes: { readonly [design: string]: readonly number[] }
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** No set is deeper than four; a hostile one may be deeper than the stack. */
const MAX_DEPTH = 16

/** Programs spell fractions and huge numbers differently: two readers would disagree on whether a set is canonical. */
const isBroken = (value: unknown): boolean => typeof value === "number" && !Number.isSafeInteger(value)

/** JSON with sorted keys and no white space: one spelling for one value. */
function canonical(value: Json, depth = 0): string {
  if (depth > MAX_DEPTH) throw malformed("parameter set", "nested too deep")
  if (Array.isArray(value)) return `[${value.map(item => canonical(item, depth + 1)).join(",")}]`
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, depth + 1)}`).join(",")}}`
  }
  if (isBroken(value)) throw malformed("parameter set", "a number is not whole")
  return JSON.stringify(value)
}

/** The bytes that are hashed and logged: canonical JSON in ASCII. */
export const encodeParameters = (parameters: ParameterSet): Uint8Array<ArrayBuffer> =>
  ascii(canonical(parameters as unknown as Json))

export const parametersHash = (parameters: ParameterSet): Uint8Array => sha256(encodeParameters(parameters))

/** Hard bounds that a phone pins, whatever a server publishes. Inclusive. */
const BOUNDS: Readonly<Record<string, readonly [number, number]>> = {
  version: [1, 1],
  validFromBucket: [0, 2 ** 32 - 1],
  bucketSeconds: [time.SECONDS_PER_BUCKET, time.SECONDS_PER_BUCKET],
  retentionDays: [14, 14],
  coverMeanDays: [1, 30],
  coverCatchUpHours: [0, 168],
  codeValidHours: [1, 336],
  activationHours: [1, 72],
  fingerprintBits: [16, 64],
  minPaddingReports: [20, 10_000],
  maxEnvelopes: [1, 10_000_000],
}

const MAX_PARAMETER_BYTES = 65_536
const MAX_SIZES = 200

const isCount = (x: unknown): x is number => typeof x === "number" && Number.isSafeInteger(x) && x >= 0

function isWeights(x: unknown, length: number): x is number[] {
  return Array.isArray(x) && x.length === length && x.every(w => isCount(w) && w <= 1e6) && x.some(w => w > 0)
}

/** Every problem of a parameter set, with its path; empty when it may be used. */
export function problemsOf(x: unknown): { path: string; message: string }[] {
  if (typeof x !== "object" || x === null || Array.isArray(x)) return [{ path: "", message: "expected an object" }]
  const set = x as Record<string, unknown>
  const problems: { path: string; message: string }[] = []
  const wrong = (path: string, message: string) => problems.push({ path, message })
  for (const [path, [low, high]] of Object.entries(BOUNDS)) {
    const value = set[path]
    if (!isCount(value) || value < low || value > high) wrong(path, `expected an integer from ${low} to ${high}`)
  }
  try {
    time.requireWindowMinutes(set["windowMinutes"] as number, set["epochMinutes"] as number)
    if (time.MINUTES_PER_DAY % (set["windowMinutes"] as number) !== 0)
      wrong("windowMinutes", "expected a divisor of 1440: slots are counted by whole days")
  } catch (error) {
    wrong("windowMinutes", (error as Error).message)
  }
  const designs = set["designs"]
  const known = (name: unknown) => DESIGNS.some(design => design.name === name)
  if (
    !Array.isArray(designs) ||
    designs.length === 0 ||
    new Set(designs).size !== designs.length ||
    !designs.every(known)
  )
    wrong("designs", `expected different names of ${DESIGNS.map(design => design.name).join(", ")}`)
  const rule = set["riskRule"] as { id?: unknown } | null | undefined
  if (typeof rule !== "object" || rule === null || typeof rule.id !== "string")
    wrong("riskRule", "expected a rule with an id")
  else if (Object.values(rule).flat().some(isBroken)) wrong("riskRule", "expected whole numbers")
  const profile = set["paddingProfile"] as Record<string, unknown> | null | undefined
  if (typeof profile !== "object" || profile === null) wrong("paddingProfile", "expected an object")
  else {
    if (!isWeights(profile["firstDayAge"], 14)) wrong("paddingProfile.firstDayAge", "expected 14 weights")
    if (!isWeights(profile["nightStartHour"], 24)) wrong("paddingProfile.nightStartHour", "expected 24 weights")
    const byHour = profile["revealedByHour"]
    if (!isWeights(byHour, 24) || byHour.some(w => w > 1000))
      wrong("paddingProfile.revealedByHour", "expected 24 thousandths")
    const hours = profile["nightHours"]
    if (!Array.isArray(hours) || hours.length > 24 || !isWeights(hours, hours.length))
      wrong("paddingProfile.nightHours", "expected up to 24 weights")
  }
  const sizes = set["paddingSizes"] as Record<string, unknown> | null | undefined
  for (const design of Array.isArray(designs) ? designs.filter(known) : []) {
    const list = sizes?.[design]
    const ascending = (n: unknown, i: number, all: unknown[]) =>
      isCount(n) && (i === 0 ? n > 0 : n > (all[i - 1] as number))
    if (!Array.isArray(list) || list.length === 0 || list.length > MAX_SIZES || !list.every(ascending))
      wrong(`paddingSizes.${design}`, `expected 1 to ${MAX_SIZES} ascending counts`)
  }
  return problems
}

/** @throws LindungError format for anything but the canonical bytes of a set inside the pinned bounds */
export function parseParameters(bytes: Uint8Array): ParameterSet {
  const what = "parameter set"
  if (bytes.length > MAX_PARAMETER_BYTES) throw malformed(what, `longer than ${MAX_PARAMETER_BYTES} bytes`)
  // Printable ASCII without escapes: one spelling for one text, and no decoder needed.
  if (!bytes.every(byte => byte >= 0x20 && byte < 0x7f && byte !== 0x5c)) throw malformed(what, "not plain ASCII")
  const text = fromAscii(bytes)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw malformed(what, "not JSON")
  }
  const [problem] = problemsOf(parsed)
  if (problem !== undefined) throw malformed(what, `${problem.path}: ${problem.message}`)
  if (canonical(parsed as Json) !== text) throw malformed(what, "not in canonical form")
  return parsed as ParameterSet
}

/** The set that was in force for a bucket: the last one that had begun. */
export function parametersFor(bucket: number, sets: readonly ParameterSet[]): ParameterSet | undefined {
  return sets.reduce<ParameterSet | undefined>(
    (best, set) =>
      set.validFromBucket <= bucket && (best === undefined || set.validFromBucket >= best.validFromBucket) ? set : best,
    undefined,
  )
}

/** Batches of so many buckets are served and looked for: retentionDays. */
export const KEPT_BUCKETS = (14 * time.SECONDS_PER_DAY) / time.SECONDS_PER_BUCKET

/** So long before it holds a set is announced (protocol §10): every phone that synchronises now and then has seen it. */
const NOTICE_BUCKETS = 36
/** One that changes the designs: the span of a report, and three days. */
const LONG_NOTICE_BUCKETS = 17 * 12

/**
 * How many buckets there have to be between the leaf of a set and the first bucket for which it holds. What it changes
 * is what was in force just before it, however many sets were announced together.
 * @param sets all that are known; those that begin later do not matter
 */
export function noticeOf(set: ParameterSet, sets: readonly ParameterSet[]): number {
  const before = parametersFor(set.validFromBucket - 1, sets)
  return before === undefined || before.designs.join() === set.designs.join() ? NOTICE_BUCKETS : LONG_NOTICE_BUCKETS
}

/**
 * The sets that do not have the epochs and windows of the first one. A log of version 1 keeps these: a phone counts the
 * slots of what it stored, and of its report, by the lengths in force.
 */
export function changedLengths(sets: readonly ParameterSet[]): ParameterSet[] {
  const [first, ...later] = [...sets].sort((a, b) => a.validFromBucket - b.validFromBucket)
  return later.filter(set => set.epochMinutes !== first!.epochMinutes || set.windowMinutes !== first!.windowMinutes)
}

const NEWLINE = 0x0a

/** Each set of /v1/parameters by itself, as it is logged: there is one newline between two, and none elsewhere. */
export function splitParameterSets(file: Uint8Array): Uint8Array[] {
  const sets: Uint8Array[] = []
  let start = 0
  for (let end = file.indexOf(NEWLINE); end >= 0; end = file.indexOf(NEWLINE, start)) {
    sets.push(file.subarray(start, end))
    start = end + 1
  }
  return [...sets, file.subarray(start)]
}

/** @throws LindungError format when one of the sets is not as `parseParameters` wants it */
export const parseParameterSets = (file: Uint8Array): ParameterSet[] => splitParameterSets(file).map(parseParameters)
