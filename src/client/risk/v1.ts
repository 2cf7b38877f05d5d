import { byDay, droppedPart, levelOf, sum, type Warning } from "./days.ts"
import { attenuationOf, type Sighting } from "./gaen-windows.ts"
import { type DayResult, dayNumber, type IsoDay, type Part, type Window } from "./window.ts"

/** GAEN's first interface: the product of four scores out of eight each. */
export interface V1Scores {
  readonly attenuationScores: readonly number[]
  readonly daysScores: readonly number[]
  readonly durationScores: readonly number[]
  readonly transmissionScores: readonly number[]
  /** Smaller products are 0. */
  readonly minimumRiskScore: number
}

/** Attenuation above this many dB is bucket 0, then 1 …; the nearest is bucket 7. */
const ATTENUATION_ABOVE = [73, 63, 51, 33, 27, 15, 10] as const
/** At least this many days ago is bucket 0, then 1 …; the latest is bucket 7. */
const DAYS_FROM = [14, 12, 10, 8, 6, 4, 2] as const
/** At most this many minutes is bucket 0, then 1 …; the longest is bucket 7. */
const MINUTES_TO = [0, 5, 10, 15, 20, 25, 30] as const

const firstOf = (bounds: readonly number[], fits: (bound: number) => boolean): number => {
  const bucket = bounds.findIndex(fits)
  return bucket < 0 ? bounds.length : bucket
}

/**
 * attenuation score · days score · duration score · transmission score, 0 below the minimum.
 * @param exposure its transmissionRiskLevel is 1 to 8; 0 is unknown, and its score 1
 */
export function v1Score(
  scores: V1Scores,
  exposure: { attenuation: number; daysAgo: number; seconds: number; transmissionRiskLevel: number },
): number {
  const { attenuation, daysAgo, seconds, transmissionRiskLevel } = exposure
  const product =
    (scores.attenuationScores[firstOf(ATTENUATION_ABOVE, bound => attenuation > bound)] ?? 0) *
    (scores.daysScores[firstOf(DAYS_FROM, bound => daysAgo >= bound)] ?? 0) *
    (scores.durationScores[firstOf(MINUTES_TO, bound => Math.floor(seconds / 60) <= bound)] ?? 0) *
    (transmissionRiskLevel === 0 ? 1 : (scores.transmissionScores[transmissionRiskLevel - 1] ?? 0))
  return product >= scores.minimumRiskScore ? product : 0
}

const SCAN_SECONDS = 300

/** To a multiple of five minutes; half goes down. */
function inFiveMinutes(seconds: number): number {
  const rest = seconds % SCAN_SECONDS
  return rest <= SCAN_SECONDS / 2 ? seconds - rest : seconds - rest + SCAN_SECONDS
}

export interface V1Exposure {
  /** A multiple of 300. */
  readonly durationSeconds: number
  /** Mean over time, rounded, dB. */
  readonly attenuation: number
  /** Seconds below the first threshold, from it to below the second, from the second on. */
  readonly secondsAt: readonly [number, number, number]
}

interface Point {
  readonly at: number
  readonly attenuation: number
}

/** Sightings at most ten minutes apart are one exposure. */
const MAX_GAP_SECONDS = 600

/**
 * The exposures of one key: the attenuation of each packet holds until the next; half a scan interval is added at
 * either end.
 * @param sightings in the order of time
 * @param thresholds two attenuations, dB
 */
export function v1Exposures(sightings: readonly Sighting[], thresholds: readonly [number, number]): V1Exposure[] {
  const series: Point[][] = []
  for (const sighting of sightings) {
    const point: Point = { at: sighting.at, attenuation: attenuationOf(sighting) }
    const last = series.at(-1)
    if (last !== undefined && point.at - last.at(-1)!.at <= MAX_GAP_SECONDS) last.push(point)
    else series.push([point])
  }
  return series.map(exposure => {
    const [first, last] = [exposure[0]!, exposure.at(-1)!]
    const margin = SCAN_SECONDS / 2
    const seconds: [number, number, number] = [0, 0, 0]
    let weighted = 0
    // Of several packets in one second the first one holds.
    const points = exposure.filter((point, i) => point.at !== exposure[i - 1]?.at)
    points.forEach(({ at, attenuation }, i) => {
      const from = i === 0 ? at - margin : at
      const to = points[i + 1]?.at ?? at + margin
      weighted += attenuation * (to - from)
      seconds[attenuation < thresholds[0] ? 0 : attenuation < thresholds[1] ? 1 : 2] += to - from
    })
    return {
      durationSeconds: inFiveMinutes(last.at - first.at + SCAN_SECONDS),
      attenuation: Math.round(weighted / (last.at - first.at + SCAN_SECONDS)),
      secondsAt: seconds,
    }
  })
}

/** A rule over the first interface: the highest product of a day. */
export interface V1Rule extends V1Scores {
  readonly kind: "v1"
  readonly id: string
  readonly warning: Warning
  readonly considerDays: number
}

/** One window is judged as one exposure: how windows of one key hang together is not known any more. */
export function evaluateV1(rule: V1Rule, windows: readonly Window[], today: IsoDay): DayResult[] {
  const now = dayNumber(today)
  return byDay(windows, today, "typical", rule.considerDays).map(({ day, windows: ofDay }) => {
    const daysAgo = now - dayNumber(day)
    let most = 0
    const parts = ofDay.flatMap(({ entries }): readonly Part[] => {
      const usable = entries.filter(entry => entry.dropped === undefined && entry.seconds > 0)
      const seconds = sum(usable.map(entry => entry.seconds))
      const weighted = sum(usable.map(entry => entry.seconds * entry.attenuation))
      const score =
        seconds === 0
          ? 0
          : v1Score(rule, {
              attenuation: Math.round(weighted / seconds),
              daysAgo,
              seconds: inFiveMinutes(seconds),
              transmissionRiskLevel: 0,
            })
      most = Math.max(most, score)
      return entries.map(entry => {
        if (entry.dropped !== undefined) return droppedPart(entry, entry.dropped)
        const { window, attenuation, seconds: given } = entry
        const contributes = seconds === 0 ? 0 : (score * given) / seconds
        return { window, seconds: given, attenuation, weight: seconds === 0 ? 0 : score / seconds, contributes }
      })
    })
    return { day, level: levelOf(most, rule.warning), score: most, unit: "points", parts }
  })
}
