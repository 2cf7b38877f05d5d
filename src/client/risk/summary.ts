import { sum } from "./days.ts"
import type { IsoDay, Level } from "./window.ts"

/** Weighted seconds of a day ("exposure risk value", ERV). */
export interface Summary {
  readonly scoreSum: number
  readonly maximumScore: number
  readonly weightedDurationSum: number
}

/** A day as GAEN gives it to an app: all windows, and those of each report type. */
export interface Summaries {
  readonly total: Summary
  /** By report type, 1 to 4. */
  readonly byReportType: Readonly<Partial<Record<number, Summary>>>
}

interface ScoredWindow {
  readonly reportType: number
  readonly score: number
  readonly weightedDuration: number
}

function summaryOf(windows: readonly ScoredWindow[]): Summary {
  return {
    scoreSum: sum(windows.map(({ score }) => score)),
    maximumScore: windows.reduce((most, { score }) => Math.max(most, score), 0),
    weightedDurationSum: sum(windows.map(({ weightedDuration }) => weightedDuration)),
  }
}

export function summarise(windows: readonly ScoredWindow[]): Summaries {
  const types = [...new Set(windows.map(({ reportType }) => reportType))].sort()
  return {
    total: summaryOf(windows),
    byReportType: Object.fromEntries(types.map(t => [t, summaryOf(windows.filter(w => w.reportType === t))])),
  }
}

/** A class of exposure: it applies to a day when any of its thresholds is reached. A threshold of 0 is not used. */
export interface Class {
  /** 1 is the most urgent. */
  readonly index: number
  /** What the day is called by a rule that has but three levels. */
  readonly level: Level
  readonly confirmedTestPerDaySumERV?: number
  readonly clinicalDiagnosisPerDaySumERV?: number
  readonly selfReportPerDaySumERV?: number
  readonly recursivePerDaySumERV?: number
  readonly perDaySumERV?: number
  readonly perDayMaxERV?: number
  readonly weightedDurationAtAttenuation?: number
}

export interface Classes {
  readonly classes: readonly Class[]
}

/** Report types of the thresholds that are about one. */
const REPORT_TYPE_THRESHOLDS = [
  [1, "confirmedTestPerDaySumERV"],
  [2, "clinicalDiagnosisPerDaySumERV"],
  [3, "selfReportPerDaySumERV"],
  [4, "recursivePerDaySumERV"],
] as const

export const CLASS_THRESHOLDS = [
  ...REPORT_TYPE_THRESHOLDS.map(([, name]) => name),
  "perDaySumERV",
  "perDayMaxERV",
  "weightedDurationAtAttenuation",
] as const

function applies(candidate: Class, { total, byReportType }: Summaries): boolean {
  const reached = (threshold: number | undefined, value: number): boolean => !!threshold && value >= threshold
  return (
    REPORT_TYPE_THRESHOLDS.some(([type, name]) => reached(candidate[name], byReportType[type]?.scoreSum ?? 0)) ||
    reached(candidate.perDaySumERV, total.scoreSum) ||
    reached(candidate.perDayMaxERV, total.maximumScore) ||
    reached(candidate.weightedDurationAtAttenuation, total.weightedDurationSum)
  )
}

/** The most urgent class that applies to a day. */
export function classOf(classes: readonly Class[], day: Summaries): Class | undefined {
  return classes
    .filter(candidate => applies(candidate, day))
    .reduce<Class | undefined>((best, c) => (best === undefined || c.index < best.index ? c : best), undefined)
}

export interface Classification {
  readonly index: number
  /** The most recent day it applies to. */
  readonly day: IsoDay
}

/** The most urgent class over all days; undefined when none applies. */
export function classify(
  classes: readonly Class[],
  days: readonly (Summaries & { readonly day: IsoDay })[],
): Classification | undefined {
  let best: Classification | undefined
  for (const summaries of days) {
    const index = classOf(classes, summaries)?.index
    if (index === undefined) continue
    if (best === undefined || index < best.index || (index === best.index && summaries.day > best.day))
      best = { index, day: summaries.day }
  }
  return best
}
