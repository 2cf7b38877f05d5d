import {
  type Attenuation,
  byDay,
  droppedPart,
  type Entry,
  levelOf,
  sum,
  type Warning,
  type WindowOfDay,
} from "./days.ts"
import { type Classes, classOf, type Summaries, summarise } from "./summary.ts"
import { capAtWallClock } from "./wall-clock.ts"
import type { DayResult, IsoDay, Level, Part, Window } from "./window.ts"

/**
 * How seconds become minutes.
 * - `none`: seconds / 60
 * - `up-nested`: the time at each weight or above is rounded up: score = ∫₀^∞ ⌈T(w)⌉ dw, T(w) the minutes of weight ≥ w
 * - `up-per-bucket`: each bucket is rounded up for itself: score = Σ w·⌈B⌉. Moving a scan nearer can cost a minute.
 *   Only for rules that look at neither infectiousness nor report type.
 * - `down-per-scan`: every scan is cut to whole minutes, and again when it is weighted.
 * - `down-per-weighted-scan`: every weighted scan is cut to whole minutes.
 */
export type Rounding = "none" | "up-nested" | "up-per-bucket" | "down-per-scan" | "down-per-weighted-scan"

/** Seconds by attenuation, weighted and summed per UTC day: ES = w₁·B₁ + w₂·B₂ + w₃·B₃. */
export interface BucketRule {
  readonly kind: "buckets"
  readonly id: string
  readonly attenuation: Attenuation
  /** Whether an attenuation equal to a threshold belongs to the nearer bucket ("<=") or the farther one ("<"). */
  readonly comparison: "<" | "<="
  /** dB, ascending. */
  readonly thresholds: readonly number[]
  /** One more than thresholds: nearest first. */
  readonly weights: readonly number[]
  /** For none, standard, high; null where the rule does not look. */
  readonly infectiousnessWeights: readonly [number, number, number] | null
  /** For the report types 0 to 5; null where the rule does not look. */
  readonly reportTypeWeights: readonly number[] | null
  /** A window that scores less does not count, in the unit of the rule. */
  readonly minimumWindowScore: number
  readonly unit: "minutes" | "weighted-seconds"
  readonly rounding: Rounding
  /** `wall-clock`: every second of the day counts once, for the heaviest contact at that time. */
  readonly cap: "wall-clock" | "none"
  /** Either a score to reach, or classes of days. */
  readonly warning: Warning | Classes
  readonly considerDays: number
}

/** Index of the bucket of an attenuation: the first threshold it is below (or at, with "<="). */
export function bucketOf(attenuation: number, thresholds: readonly number[], comparison: "<" | "<="): number {
  for (let i = 0; i < thresholds.length; i++)
    if (comparison === "<" ? attenuation < thresholds[i]! : attenuation <= thresholds[i]!) return i
  return thresholds.length
}

interface Counted {
  readonly entry: Entry
  /** Of the bucket alone. */
  readonly bucket: number
  /** Of bucket, infectiousness and report type together. */
  readonly weight: number
}

const INFECTIOUSNESS = ["none", "standard", "high"] as const

/** The factor of a whole window, or why it does not count. */
function windowFactor(rule: BucketRule, { infectiousness, reportType }: Window): number | string {
  let factor = 1
  if (rule.infectiousnessWeights !== null) {
    const weight = rule.infectiousnessWeights[infectiousness]
    if (weight === undefined) return "unknown infectiousness"
    if (weight === 0) return `infectiousness ${INFECTIOUSNESS[infectiousness]}`
    factor *= weight
  }
  if (rule.reportTypeWeights !== null) {
    const weight = rule.reportTypeWeights[reportType]
    if (weight === undefined) return "unknown report type"
    if (weight === 0) return `report type ${reportType}`
    factor *= weight
  }
  return factor
}

/** The scans of one window that count, and the parts of those that do not. */
function weigh(
  rule: BucketRule,
  { window, entries }: WindowOfDay,
): { counted: Counted[]; parts: (Part | undefined)[] } {
  const factor = windowFactor(rule, window)
  const counted: Counted[] = []
  const parts = entries.map(entry => {
    const dropped = entry.dropped ?? (typeof factor === "string" ? factor : undefined)
    if (dropped !== undefined) return droppedPart(entry, dropped)
    const bucket = bucketOf(entry.attenuation, rule.thresholds, rule.comparison)
    counted.push({ entry, bucket, weight: rule.weights[bucket]! * (factor as number) })
    return undefined
  })
  const perUnit = rule.unit === "minutes" ? 60 : 1
  if (rule.minimumWindowScore > 0 && counted.length > 0) {
    const score = sum(counted.map(({ entry, weight }) => (entry.seconds * weight) / perUnit))
    if (score < rule.minimumWindowScore) {
      const small = `window scores ${round(score)}, less than ${rule.minimumWindowScore}`
      return { counted: [], parts: entries.map((entry, i) => parts[i] ?? droppedPart(entry, small)) }
    }
  }
  return { counted, parts }
}

const round = (value: number): number => Math.round(value * 100) / 100

/** Seconds per distinct key, exact for whole seconds whatever their order. */
function secondsBy(
  counted: readonly Counted[],
  seconds: Float64Array,
  key: (c: Counted) => number,
): Map<number, number> {
  const lists = new Map<number, number[]>()
  counted.forEach((c, i) => {
    const list = lists.get(key(c))
    if (list === undefined) lists.set(key(c), [seconds[i]!])
    else list.push(seconds[i]!)
  })
  return new Map([...lists].map(([k, list]) => [k, sum(list)]))
}

const MINUTE = 60

function score(rule: BucketRule, counted: readonly Counted[], seconds: Float64Array): number {
  switch (rule.rounding) {
    case "none": {
      const perUnit = rule.unit === "minutes" ? MINUTE : 1
      return sum([...secondsBy(counted, seconds, c => c.weight)].map(([w, s]) => (s * w) / perUnit))
    }
    case "up-per-bucket":
      return inUnit(
        rule,
        sum([...secondsBy(counted, seconds, c => c.bucket)].map(([b, s]) => rule.weights[b]! * Math.ceil(s / MINUTE))),
      )
    case "up-nested": {
      const times = [...secondsBy(counted, seconds, c => c.weight)].filter(([w]) => w > 0).sort(([a], [b]) => b - a)
      const terms: number[] = []
      let reached = 0
      for (const [i, [weight, time]] of times.entries()) {
        reached += time
        terms.push((weight - (times[i + 1]?.[0] ?? 0)) * Math.ceil(reached / MINUTE))
      }
      return inUnit(rule, sum(terms))
    }
    case "down-per-scan":
      return inUnit(rule, sum(counted.map((c, i) => Math.trunc(Math.floor(seconds[i]! / MINUTE) * c.weight))))
    case "down-per-weighted-scan":
      return inUnit(rule, sum(counted.map((c, i) => Math.trunc((seconds[i]! / MINUTE) * c.weight))))
  }
}

const inUnit = (rule: BucketRule, minutes: number): number => (rule.unit === "minutes" ? minutes : minutes * MINUTE)

/** The seconds that count: those given, or what the wall clock leaves of them. */
function secondsOf(rule: BucketRule, counted: readonly Counted[]): Float64Array {
  if (rule.cap === "none") return Float64Array.from(counted, ({ entry }) => entry.seconds)
  return capAtWallClock(
    counted.map(({ entry: { window, seconds, scan }, weight }) => ({
      window,
      weight,
      seconds,
      start: Number.isFinite(scan.start) ? scan.start : undefined,
      scanId: Number.isFinite(scan.scanId) ? scan.scanId : undefined,
    })),
  )
}

export function evaluateBuckets(rule: BucketRule, windows: readonly Window[], today: IsoDay): DayResult[] {
  return byDay(windows, today, rule.attenuation, rule.considerDays).map(({ day, windows: ofDay }) => {
    const weighed = ofDay.map(window => weigh(rule, window))
    const counted = weighed.flatMap(w => w.counted)
    const seconds = secondsOf(rule, counted)
    const total = score(rule, counted, seconds)
    const perUnit = rule.unit === "minutes" ? MINUTE : 1
    let place = 0
    const parts = weighed.flatMap(w =>
      w.parts.map((part): Part => {
        if (part !== undefined) return part
        const { entry, weight } = counted[place]!
        const left = seconds[place++]!
        const { window, seconds: given, attenuation } = entry
        const contributes = (left * weight) / perUnit
        if (left === given) return { window, seconds: given, attenuation, weight, contributes }
        if (left > 0) return { window, seconds: given, attenuation, weight, contributes, counted: left }
        return { ...droppedPart(entry, "the same time as another contact that counts"), weight }
      }),
    )
    return { day, level: levelOfDay(rule, ofDay, total), score: total, unit: rule.unit, parts }
  })
}

function levelOfDay(rule: BucketRule, ofDay: readonly WindowOfDay[], total: number): Level {
  if ("high" in rule.warning) return levelOf(total, rule.warning)
  return classOf(rule.warning.classes, summariesOf(rule, ofDay))?.level ?? "none"
}

/** A day as GAEN sums it up for an app: weighted seconds of each window, times the factors of the window. */
function summariesOf(rule: BucketRule, ofDay: readonly WindowOfDay[]): Summaries {
  return summarise(
    ofDay.flatMap(({ window, entries }) => {
      if (!(window.reportType >= 1 && window.reportType <= 4)) return []
      const usable = entries.filter(entry => entry.dropped === undefined)
      const weightedDuration = sum(
        usable.map(e => e.seconds * rule.weights[bucketOf(e.attenuation, rule.thresholds, rule.comparison)]!),
      )
      const factor =
        (rule.reportTypeWeights?.[window.reportType] ?? 1) * (rule.infectiousnessWeights?.[window.infectiousness] ?? 1)
      const score = weightedDuration * factor
      return score < rule.minimumWindowScore ? [] : [{ reportType: window.reportType, score, weightedDuration }]
    }),
  )
}

/** A UTC day with its summaries. */
export interface DailySummary extends Summaries {
  readonly day: IsoDay
}

/**
 * GAEN's daily summaries, in weighted seconds by report type. Windows whose report type is unknown or revoked are not
 * there at all; one whose infectiousness has no weight scores 0, yet its weighted duration counts.
 * @param rule in weighted seconds
 */
export function dailySummaries(rule: BucketRule, windows: readonly Window[], today: IsoDay): DailySummary[] {
  const known = windows.filter(window => window?.reportType >= 1 && window.reportType <= 4)
  return byDay(known, today, rule.attenuation, rule.considerDays)
    .filter(({ windows: ofDay }) => ofDay.some(({ dropped }) => dropped === undefined))
    .map(({ day, windows: ofDay }) => ({ day, ...summariesOf(rule, ofDay) }))
}
