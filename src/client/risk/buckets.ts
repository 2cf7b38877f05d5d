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

/** The scans of a day that count, and what becomes of every scan: undefined until its seconds are known. */
interface Weighed {
  readonly entries: Entry[]
  readonly buckets: number[]
  /** Of bucket, infectiousness and report type together. */
  readonly weights: number[]
  readonly parts: (Part | undefined)[]
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

/** Adds the scans of one window. */
function weigh(rule: BucketRule, { window, entries }: WindowOfDay, into: Weighed): void {
  const factor = windowFactor(rule, window)
  const before = into.parts.length
  const countedBefore = into.entries.length
  for (const entry of entries) {
    const dropped = entry.dropped ?? (typeof factor === "string" ? factor : undefined)
    if (dropped !== undefined) {
      into.parts.push(droppedPart(entry, dropped))
      continue
    }
    const bucket = bucketOf(entry.attenuation, rule.thresholds, rule.comparison)
    into.parts.push(undefined)
    into.entries.push(entry)
    into.buckets.push(bucket)
    into.weights.push(rule.weights[bucket]! * (factor as number))
  }
  if (rule.minimumWindowScore === 0 || into.entries.length === countedBefore) return
  const contributions = into.entries.slice(countedBefore).map((e, i) => e.seconds * into.weights[countedBefore + i]!)
  const score = sum(contributions) / secondsPerUnit(rule)
  if (score >= rule.minimumWindowScore) return
  for (const list of [into.entries, into.buckets, into.weights]) list.length = countedBefore
  const small = `window scores ${round(score)}, less than ${rule.minimumWindowScore}`
  for (const [i, entry] of entries.entries()) into.parts[before + i] ??= droppedPart(entry, small)
}

const MINUTE = 60
const secondsPerUnit = ({ unit }: BucketRule): number => (unit === "minutes" ? MINUTE : 1)
const round = (value: number): number => Math.round(value * 100) / 100

/** Seconds per distinct key. Whole seconds add up exactly in any order; others are put in order first. */
function secondsBy(keys: readonly number[], seconds: Float64Array): Map<number, number> {
  const totals = new Map<number, number>()
  if (seconds.every(Number.isInteger)) {
    for (let i = 0; i < keys.length; i++) totals.set(keys[i]!, (totals.get(keys[i]!) ?? 0) + seconds[i]!)
    return totals
  }
  for (const key of new Set(keys)) totals.set(key, sum(Array.from(seconds.filter((_, i) => keys[i] === key))))
  return totals
}

/** The score in minutes. */
function minutesOf(rule: BucketRule, { buckets, weights }: Weighed, seconds: Float64Array): number {
  switch (rule.rounding) {
    case "none":
      return sum(Array.from(secondsBy(weights, seconds), ([weight, s]) => (s * weight) / MINUTE))
    case "up-per-bucket":
      return sum(Array.from(secondsBy(buckets, seconds), ([b, s]) => rule.weights[b]! * Math.ceil(s / MINUTE)))
    case "up-nested": {
      const times = [...secondsBy(weights, seconds)].filter(([weight]) => weight > 0).sort(([a], [b]) => b - a)
      let reached = 0
      const terms = times.map(([weight, time], i) => {
        reached += time
        return (weight - (times[i + 1]?.[0] ?? 0)) * Math.ceil(reached / MINUTE)
      })
      return sum(terms)
    }
    case "down-per-scan":
      return sum(weights.map((weight, i) => Math.trunc(Math.floor(seconds[i]! / MINUTE) * weight)))
    case "down-per-weighted-scan":
      return sum(weights.map((weight, i) => Math.trunc((seconds[i]! / MINUTE) * weight)))
  }
}

/** In weighted seconds nothing is divided that would have to be multiplied again. */
function scoreOf(rule: BucketRule, weighed: Weighed, seconds: Float64Array): number {
  if (rule.unit === "minutes") return minutesOf(rule, weighed, seconds)
  if (rule.rounding !== "none") return minutesOf(rule, weighed, seconds) * MINUTE
  return sum(Array.from(secondsBy(weighed.weights, seconds), ([weight, s]) => s * weight))
}

export function evaluateBuckets(rule: BucketRule, windows: readonly Window[], today: IsoDay): DayResult[] {
  const perUnit = secondsPerUnit(rule)
  return byDay(windows, today, rule.attenuation, rule.considerDays).map(({ day, windows: ofDay }) => {
    const weighed: Weighed = { entries: [], buckets: [], weights: [], parts: [] }
    for (const window of ofDay) weigh(rule, window, weighed)
    const { entries, weights, parts } = weighed
    const given = new Float64Array(entries.length)
    for (let i = 0; i < entries.length; i++) given[i] = entries[i]!.seconds
    const seconds = rule.cap === "none" ? given : capAtWallClock(entries, weights)
    let place = 0
    for (let i = 0; i < parts.length; i++) {
      if (parts[i] !== undefined) continue
      const { window, attenuation } = entries[place]!
      const weight = weights[place]!
      const [whole, left] = [given[place]!, seconds[place]!]
      const contributes = (left * weight) / perUnit
      if (left === whole) parts[i] = { window, seconds: whole, attenuation, weight, contributes }
      else if (left > 0) parts[i] = { window, seconds: whole, attenuation, weight, contributes, counted: left }
      else parts[i] = { ...droppedPart(entries[place]!, SAME_TIME), weight }
      place++
    }
    const score = scoreOf(rule, weighed, seconds)
    const level = levelOfDay(rule, ofDay, score)
    return { day, level, score, unit: rule.unit, parts: parts as Part[] }
  })
}

const SAME_TIME = "the same time as another contact that counts"

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
