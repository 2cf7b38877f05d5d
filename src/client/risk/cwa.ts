import { type Attenuation, byDay, droppedPart, sum, type WindowOfDay } from "./days.ts"
import type { DayResult, IsoDay, Level, Part, Window } from "./window.ts"

/** Bounds are included unless said otherwise. */
export interface Range {
  readonly min: number
  readonly max: number
  readonly minExclusive?: boolean
  readonly maxExclusive?: boolean
}

export const inRange = (value: number, range: Range): boolean =>
  (range.minExclusive ? value > range.min : value >= range.min) &&
  (range.maxExclusive ? value < range.max : value <= range.max)

/** The rule of the German Corona-Warn-App: minutes by attenuation, times a transmission risk value, per window and day. */
export interface CwaRule {
  readonly kind: "cwa"
  readonly id: string
  readonly attenuation: Attenuation
  /** A window with these minutes at this attenuation does not count. */
  readonly minutesFilters: readonly { readonly attenuation: Range; readonly dropIfMinutes: Range }[]
  /** The published app looks at its first filter only, by a return out of a loop. */
  readonly firstFilterOnly: boolean
  /** A window with a transmission risk level in one of these does not count. */
  readonly levelFilters: readonly Range[]
  /** First range that fits; 0 outside all. */
  readonly weights: readonly { readonly attenuation: Range; readonly weight: number }[]
  /** Transmission risk level = infectiousness offset + report type offset. */
  readonly encoding: {
    readonly infectiousness: { readonly standard: number; readonly high: number }
    readonly reportType: {
      readonly recursive: number
      readonly selfReport: number
      readonly clinicalDiagnosis: number
      readonly confirmedTest: number
    }
  }
  /** Transmission risk value: level × multiplier, or from a table, 0 where it has no entry. */
  readonly value: { readonly multiplier: number } | { readonly byLevel: Readonly<Partial<Record<number, number>>> }
  /** First range that fits; a window outside all does not count. */
  readonly windowLevels: readonly { readonly minutes: Range; readonly level: "low" | "high" }[]
  readonly dayLevels: readonly { readonly minutes: Range; readonly level: "low" | "high" }[]
  /** Round the sum of a day to tenths of a minute before it is judged. */
  readonly roundDayToTenths: boolean
  readonly considerDays: number
}

export interface JudgedWindow {
  readonly index: number
  readonly calibration: number
  readonly transmissionRiskLevel: number
  /** Weighted minutes × transmission risk value. */
  readonly normalizedTime: number
  readonly level: "low" | "high"
}

function transmissionRiskLevel({ encoding }: CwaRule, window: Window): number | undefined {
  const { reportType } = encoding
  const offset = [
    undefined,
    reportType.confirmedTest,
    reportType.clinicalDiagnosis,
    reportType.selfReport,
    reportType.recursive,
  ][window.reportType]
  if (offset === undefined) return undefined
  return offset + (window.infectiousness === 2 ? encoding.infectiousness.high : encoding.infectiousness.standard)
}

const transmissionRiskValue = ({ value }: CwaRule, level: number): number =>
  "multiplier" in value ? level * value.multiplier : (value.byLevel[level] ?? 0)

function weightOf({ weights }: CwaRule, attenuation: number): number {
  for (const range of weights) if (inRange(attenuation, range.attenuation)) return range.weight
  return 0
}

/** The window's judgement, or why it does not count. */
function judge(
  rule: CwaRule,
  { index, window, entries }: WindowOfDay,
  weights: readonly number[],
): JudgedWindow | string {
  const filters = rule.firstFilterOnly ? rule.minutesFilters.slice(0, 1) : rule.minutesFilters
  for (const { attenuation, dropIfMinutes } of filters) {
    const filtered: number[] = []
    for (const entry of entries)
      if (entry.dropped === undefined && inRange(entry.attenuation, attenuation)) filtered.push(entry.seconds)
    const minutes = sum(filtered) / 60
    if (inRange(minutes, dropIfMinutes)) return `${tenths(minutes)} minutes at the filtered attenuation`
  }
  const trl = transmissionRiskLevel(rule, window)
  if (trl === undefined) return `report type ${window.reportType}`
  if (rule.levelFilters.some(range => inRange(trl, range))) return `transmission risk level ${trl}`
  const minutes =
    sum(entries.map(({ seconds, dropped }, i) => (dropped === undefined ? seconds * weights[i]! : 0))) / 60
  const normalizedTime = transmissionRiskValue(rule, trl) * minutes
  const level = rule.windowLevels.find(entry => inRange(normalizedTime, entry.minutes))?.level
  if (level === undefined) return `window of ${tenths(normalizedTime)} minutes has no level`
  return { index, calibration: window.calibration, transmissionRiskLevel: trl, normalizedTime, level }
}

/** As the app does it: half a tenth goes up. */
const tenths = (minutes: number): number => Math.round(minutes * 10) / 10

export interface CwaDay extends DayResult {
  readonly windows: readonly JudgedWindow[]
}

export function evaluateCwa(rule: CwaRule, windows: readonly Window[], today: IsoDay): CwaDay[] {
  return byDay(windows, today, rule.attenuation, rule.considerDays).map(({ day, windows: ofDay }) => {
    const judged: JudgedWindow[] = []
    const parts = ofDay.flatMap((window): readonly Part[] => {
      const weights = window.entries.map(entry => weightOf(rule, entry.attenuation))
      const result = window.dropped ?? judge(rule, window, weights)
      if (typeof result === "string") return window.entries.map(entry => droppedPart(entry, entry.dropped ?? result))
      judged.push(result)
      const factor = transmissionRiskValue(rule, result.transmissionRiskLevel)
      return window.entries.map((entry, i): Part => {
        if (entry.dropped !== undefined) return droppedPart(entry, entry.dropped)
        const weight = weights[i]! * factor
        const { seconds, attenuation } = entry
        return { window: entry.window, seconds, attenuation, weight, contributes: (seconds * weight) / 60 }
      })
    })
    const exact = sum(judged.map(({ normalizedTime }) => normalizedTime))
    const score = rule.roundDayToTenths ? tenths(exact) : exact
    const level: Level = rule.dayLevels.find(entry => inRange(score, entry.minutes))?.level ?? "none"
    return { day, level: judged.length === 0 ? "none" : level, score, unit: "minutes", parts, windows: judged }
  })
}

/** What the app shows of all days together. */
export interface CwaTotals {
  readonly level: "low" | "high"
  readonly mostRecentDay: { readonly low: IsoDay | undefined; readonly high: IsoDay | undefined }
  readonly days: { readonly low: number; readonly high: number }
  /** Windows of one day, level and calibration count as one encounter. */
  readonly encounters: { readonly low: number; readonly high: number }
}

export function cwaTotals(results: readonly CwaDay[]): CwaTotals {
  const counted = results.filter(({ level }) => level !== "none")
  const of = (level: Level): readonly CwaDay[] => counted.filter(day => day.level === level)
  const encounters = (level: Level): number =>
    counted.reduce((total, { windows }) => {
      const alike = windows.filter(window => window.level === level)
      return total + new Set(alike.map(w => `${w.transmissionRiskLevel}_${w.calibration}`)).size
    }, 0)
  return {
    level: of("high").length > 0 ? "high" : "low",
    mostRecentDay: { low: of("low").at(-1)?.day, high: of("high").at(-1)?.day },
    days: { low: of("low").length, high: of("high").length },
    encounters: { low: encounters("low"), high: encounters("high") },
  }
}
