import { gaen, type Random, time, uniform, weighted } from "../crypto/index.ts"
import { type ExportKey, KeyTable, type ReportType } from "./export-keys.ts"

/**
 * How made-up reports look: public numbers, chosen once and never taken from the keys that they hide. Weights are
 * whole numbers, and how often something is drawn is its weight's share of the sum.
 */
export interface ExportPaddingProfile {
  /** By the number of days revealed, from 1. */
  readonly days: readonly number[]
  /** By the days between the onset of symptoms and the report, from 0. */
  readonly onsetDaysAgo: readonly number[]
  readonly reportType?: ReportType
  readonly transmissionRisk?: number
}

/** Up to 14 days revealed, onset mostly two or three days before the report. */
export const EXPORT_PADDING: ExportPaddingProfile = {
  days: [1, 2, 4, 7, 9, 9, 8, 8, 8, 8, 8, 9, 9, 10],
  onsetDaysAgo: [6, 14, 21, 20, 14, 10, 7, 5, 3],
  reportType: "confirmed-test",
}

/**
 * Made-up keys as whole reports of phones that cut their running period short when they report: `count` in all, the
 * last report broken off. A server stores them with the real ones, unmarked, before it writes a file: padding that is
 * drawn anew for each file can be told from keys that stay.
 * @param reported when the reports are made: unix seconds, the end not included
 */
export function drawExportPadding(
  count: number,
  profile: ExportPaddingProfile,
  reported: { readonly from: number; readonly to: number },
  random: Random,
): KeyTable {
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`count: expected a whole number, got ${count}`)
  const first = time.interval(reported.from)
  const choices = time.interval(reported.to - 1) - first + 1
  if (choices < 1) throw new RangeError("reported: expected at least one interval between from and to")
  const table = new KeyTable(count)
  for (let row = 0; row < count; ) {
    const last = first + uniform(random, choices)
    const today = last - (last % gaen.ROLLING_PERIOD)
    const days = 1 + weighted(profile.days, random)
    const onset = weighted(profile.onsetDaysAgo, random)
    for (let age = 0; age < days && row < count; age++)
      table.set(row++, madeUp(today, last, age, onset, profile, random))
  }
  return table
}

function madeUp(
  today: number,
  last: number,
  age: number,
  onset: number,
  { reportType, transmissionRisk }: ExportPaddingProfile,
  random: Random,
): ExportKey {
  return {
    tek: random.bytes(gaen.KEY_BYTES),
    rollingStart: today - age * gaen.ROLLING_PERIOD,
    rollingPeriod: age === 0 ? last - today + 1 : gaen.ROLLING_PERIOD,
    daysSinceOnset: onset - age,
    ...(reportType === undefined ? {} : { reportType }),
    ...(transmissionRisk === undefined ? {} : { transmissionRisk }),
  }
}
