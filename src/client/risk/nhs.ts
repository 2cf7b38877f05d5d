import { byDay, droppedPart, type Entry, levelOf, type Warning } from "./days.ts"
import { gammaMedian } from "./gamma.ts"
import { type Model, type State, smooth } from "./kalman.ts"
import type { DayResult, IsoDay, Part, Window } from "./window.ts"

/** The rule of England and Wales: the attenuation smoothed to a distance, minutes by the inverse square of it. */
export interface NhsRule {
  readonly kind: "nhs"
  readonly id: string
  /** Seconds of one step of the smoother. */
  readonly sampleSeconds: number
  /** Nearer than this, in metres, counts like this. */
  readonly minimumDistance: number
  /** ln(attenuation) = coefficient · ln(distance) + intercept, with this variance. */
  readonly logDistance: { readonly coefficient: number; readonly intercept: number; readonly variance: number }
  /** Distance of two people before the first scan: mean and variance. */
  readonly initial: State
  /** How far they move in one step, metres (standard deviation). */
  readonly stepDistance: number
  /** For none, standard, high. */
  readonly infectiousnessWeights: readonly [number, number, number]
  /** In seconds at the minimum distance, times the weight. */
  readonly warning: Warning
  readonly considerDays: number
}

export interface Measured {
  readonly attenuation: number
  readonly seconds: number
}

const model = (rule: NhsRule): Model => ({
  initial: rule.initial,
  stepVariance: rule.stepDistance ** 2,
  observation: distance => rule.logDistance.coefficient * Math.log(distance) + rule.logDistance.intercept,
  observationVariance: rule.logDistance.variance,
})

/**
 * One value per step: ln(attenuation) where a scan ends, NaN between, and the steps after each scan. Only the time
 * between scans is known to have been spent together, so the seconds of the first are not used: one scan alone is a
 * single step.
 */
function observations({ sampleSeconds }: NhsRule, scans: readonly Measured[]): { seen: Float64Array; ends: number[] } {
  const values: number[] = []
  const ends: number[] = []
  let at = 0
  scans.forEach(({ attenuation, seconds }, i) => {
    if (i > 0) at += seconds / sampleSeconds
    while (values.length < Math.trunc(at)) values.push(Number.NaN)
    const value = Math.log(attenuation)
    values.push(Number.isFinite(value) ? value : Number.NaN)
    ends.push(values.length)
  })
  return { seen: Float64Array.from(values), ends }
}

/**
 * min(1, (minimumDistance / distance)²), distance the median of the gamma distribution with this mean and variance. The
 * smoother may end beyond 0, on the other side; and so near to 0 that no distance is left.
 */
function shareOf({ minimumDistance }: NhsRule, mean: number, variance: number): number {
  // A gamma distribution's median is less than its mean.
  if (Math.abs(mean) <= minimumDistance && variance >= 0) return 1
  const distance = gammaMedian(Math.abs(mean), variance)
  if (Number.isNaN(distance)) return 0
  const near = minimumDistance / distance
  return near >= 1 ? 1 : near * near
}

/**
 * The minutes of each scan: Σ sampleSeconds / 60 · share over its steps. */
function contributions(rule: NhsRule, scans: readonly Measured[]): number[] {
  const { seen, ends } = observations(rule, scans)
  const { mean, variance } = smooth(model(rule), seen)
  let step = 0
  return ends.map(end => {
    let shares = 0
    for (; step < end; step++) shares += shareOf(rule, mean[step]!, variance[step]!)
    return (shares * rule.sampleSeconds) / 60
  })
}

/** Minutes at the minimum distance of one window, its scans in the order of time. */
export function nhsScore(rule: NhsRule, scans: readonly Measured[]): number {
  if (scans.length === 0) return 0
  return contributions(rule, scans).reduce((total, minutes) => total + minutes, 0)
}

/** By start where every scan has one; else as given. */
function inTime(entries: readonly Entry[]): readonly Entry[] {
  if (!entries.every(({ scan }) => Number.isFinite(scan.start))) return entries
  return [...entries].sort((a, b) => a.scan.start! - b.scan.start!)
}

export function evaluateNhs(rule: NhsRule, windows: readonly Window[], today: IsoDay): DayResult[] {
  return byDay(windows, today, "typical", rule.considerDays).map(({ day, windows: ofDay }) => {
    let most = 0
    const parts = ofDay.flatMap(({ window, entries }): readonly Part[] => {
      const weight = rule.infectiousnessWeights[window.infectiousness] ?? 0
      const reason = (entry: Entry): string | undefined =>
        entry.dropped ?? (weight === 0 ? "not infectious" : entry.seconds === 0 ? "zero seconds" : undefined)
      const usable = inTime(entries.filter(entry => reason(entry) === undefined))
      const minutes = usable.length > 0 ? contributions(rule, usable) : []
      const ofScan = new Map(usable.map((entry, i) => [entry, minutes[i]! * 60 * weight]))
      most = Math.max(most, minutes.reduce((total, value) => total + value, 0) * 60 * weight)
      return entries.map(entry => {
        const why = reason(entry)
        if (why !== undefined) return droppedPart(entry, why)
        const { seconds, attenuation } = entry
        return { window: entry.window, seconds, attenuation, weight, contributes: ofScan.get(entry)! }
      })
    })
    return { day, level: levelOf(most, rule.warning), score: most, unit: "weighted-seconds", parts }
  })
}
