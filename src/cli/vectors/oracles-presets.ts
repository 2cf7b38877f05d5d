import { risk } from "../../client/index.ts"
import type { Check, Verifier } from "./check.ts"

interface Row {
  id: string
  thresholds?: number[]
  weights?: number[] | { a: string; w: number }[]
  factors?: number[]
  comparison?: string
  infectiousnessByDay?: Record<string, number>
  infectiousnessWeights?: { none?: number; standard: number; high: number }
  infectiousnessWhenMissing?: number
  reportTypeWeights?: number[]
  minimumWindowScore?: number
  minimumRiskScore?: number
  alertMinutes?: number
  triggerMinutes?: number
  triggerSecondsStrictlyAbove?: number
  riskThreshold?: number
  considerDays?: number
  exposureDaysKept?: number
  daysSinceExposure?: number
  maxAgeDays?: number
  classifications?: Record<string, number>[]
  windows?: { count: number; minutes: number }
  badRssi?: number
  contactRssi?: number
  badAttenuation?: number
  contactAttenuation?: number
  eventThreshold?: number
  defaultTxPower?: number
  attenuation?: string
  minuteFilter?: { attenuation: string; dropBelowMinutes: number }
  dropTrl?: number[]
  trlMultiplier?: number
  trlValues?: Record<string, number>
  ew?: { highFrom: number }
  day?: { lowFrom: number; highFrom: number }
  attenuationScores?: number[]
  daysScores?: number[]
  durationScores?: number[]
  transmissionScores?: number[]
  exposureInfoMinimumRiskScore?: number
}

/** Compares what a row has; what it leaves out is not compared. */
type Compare = (name: string, actual: unknown, expected: unknown) => void

/** "[0,63)" as a range. */
function rangeOf(text: string): risk.Range {
  const [, min, max, close] = /^\[(\d+),(\d+)(\)|\])$/.exec(text)!
  return { min: Number(min), max: Number(max), ...(close === ")" ? { maxExclusive: true } : {}) }
}

function compareBuckets(rule: risk.BucketRule, row: Row, is: Compare): void {
  is("thresholds", rule.thresholds, row.thresholds)
  is("weights", rule.weights, row.weights ?? row.factors)
  const comparison = row.comparison?.match(/<=?/)?.[0]
  // The comparison of SwissCovid's and the Dutch text names the score as well; the first sign is about attenuation.
  if (row.minimumRiskScore === undefined) is("comparison", rule.comparison, comparison)
  if (row.infectiousnessWeights) {
    const { none = 0, standard, high } = row.infectiousnessWeights
    is("infectiousness weights", rule.infectiousnessWeights, [none, standard, high])
  }
  is("report type weights", rule.reportTypeWeights, row.reportTypeWeights)
  is("minimum window score", rule.minimumWindowScore, row.minimumWindowScore)
  is("considered days", rule.considerDays, row.considerDays ?? row.daysSinceExposure)
  if ("high" in rule.warning) {
    is("warns from", rule.warning.high, row.alertMinutes ?? row.triggerMinutes ?? row.minimumRiskScore)
    is("warns above", rule.warning.high, row.triggerSecondsStrictlyAbove)
  } else {
    const classes = rule.warning.classes.map(({ level: _, ...thresholds }) => thresholds)
    is("classes", classes, row.classifications)
  }
}

function compareCounts(rule: risk.WindowCountRule, row: Row, is: Compare): void {
  is("windows", [rule.warning.high, rule.windowMinutes], row.windows && [row.windows.count, row.windows.minutes])
  is("contact attenuation", rule.contactAttenuation, row.contactAttenuation)
  is("bad attenuation", rule.badAttenuation, row.badAttenuation)
  is("contact strength", rule.txPower - rule.contactAttenuation, row.contactRssi)
  is("bad strength", rule.txPower - (rule.badAttenuation ?? 0), row.badRssi)
  is("event threshold", rule.event?.threshold, row.eventThreshold)
  is("transmit power", rule.txPower, row.defaultTxPower)
  is("days", rule.considerDays, row.exposureDaysKept)
}

function compareCwa(rule: risk.CwaRule, row: Row, is: Compare): void {
  is("attenuation", `${rule.attenuation}Attenuation`, row.attenuation)
  const weights = row.weights as { a: string; w: number }[] | undefined
  is(
    "weights",
    rule.weights,
    weights?.map(({ a, w }) => ({ attenuation: rangeOf(a), weight: w })),
  )
  const from = (levels: risk.CwaRule["dayLevels"], level: string): unknown =>
    levels.find(entry => entry.level === level)?.minutes.min
  is("window is high from", from(rule.windowLevels, "high"), row.ew?.highFrom)
  is("day is low from", from(rule.dayLevels, "low"), row.day?.lowFrom)
  is("day is high from", from(rule.dayLevels, "high"), row.day?.highFrom)
  is("value", rule.value, row.trlValues ? { byLevel: row.trlValues } : { multiplier: row.trlMultiplier })
  is("dropped levels", rule.levelFilters, row.dropTrl && [{ min: row.dropTrl[0], max: row.dropTrl.at(-1) }])
  if (row.minuteFilter) {
    const dropIfMinutes = { min: 0, max: row.minuteFilter.dropBelowMinutes, maxExclusive: true }
    is("filters", rule.minutesFilters, [{ attenuation: rangeOf(row.minuteFilter.attenuation), dropIfMinutes }])
  }
  is("considered days", rule.considerDays, row.maxAgeDays)
}

function compare({ rule, onset }: risk.Preset, row: Row, is: Compare): void {
  const days = row.infectiousnessByDay
  if (days)
    is(
      "infectiousness by day",
      onset?.byDay,
      onset?.byDay.map((_, i) => days[String(i - 14)]),
    )
  is("infectiousness without onset", onset?.whenMissing, row.infectiousnessWhenMissing)
  if (rule.kind === "buckets") compareBuckets(rule, row, is)
  else if (rule.kind === "window-count") compareCounts(rule, row, is)
  else if (rule.kind === "cwa") compareCwa(rule, row, is)
  else if (rule.kind === "nhs") {
    const { none, standard, high } = row.infectiousnessWeights!
    is("infectiousness weights", rule.infectiousnessWeights, [none, standard, high])
    is("warns from", rule.warning.high, row.riskThreshold)
  } else {
    for (const field of ["attenuationScores", "daysScores", "durationScores", "transmissionScores"] as const)
      is(field, rule[field], row[field])
    is("minimum score", rule.minimumRiskScore, row.minimumRiskScore)
    is("warns from", rule.warning.high, row.exposureInfoMinimumRiskScore)
  }
}

export const presetNumbers: Verifier = (input, check: Check) => {
  for (const row of (input as { presets: Row[] }).presets) {
    const preset = risk.presets.get(row.id)
    check.ok(`${row.id} is a preset`, preset !== undefined && risk.checkRule(preset.rule).ok)
    if (preset === undefined) continue
    compare(preset, row, (name, actual, expected) => {
      if (expected !== undefined) check.equal(`${row.id}: ${name}`, actual, expected)
    })
  }
}
