import { risk } from "../../client/index.ts"
import type { Check, Verifier } from "./check.ts"
import { notificationSequences } from "./oracles-notices.ts"

interface CovidAlertFile {
  configuration: { attenuationDurationThresholds: number[]; minimumExposureDurationMinutes: number }
  cases: {
    windows: { day: number; scans: { typicalAttenuation: number; secondsSinceLastScan: number }[] }[]
    exposed: boolean
    attenuationDurations?: number[]
    matchedKeyCount?: number
    day?: number
  }[]
}

const TODAY = 18_700

export const covidAlert: Verifier = (input, check) => {
  const { configuration, cases } = input as CovidAlertFile
  const preset = risk.presets.get("covid-alert")!.rule as risk.BucketRule
  const rule: risk.BucketRule = {
    ...preset,
    thresholds: configuration.attenuationDurationThresholds,
    warning: { high: configuration.minimumExposureDurationMinutes * 60, strict: true },
  }
  for (const [i, { windows: given, exposed, attenuationDurations, matchedKeyCount, day }] of cases.entries()) {
    const last = Math.max(...given.map(window => window.day))
    const dayOf = (number: number): risk.IsoDay => risk.isoDay(TODAY - last + number)
    const windows = given.map(
      (window): risk.Window => ({
        day: dayOf(window.day),
        scans: window.scans.map(scan => ({
          min: scan.typicalAttenuation,
          typical: scan.typicalAttenuation,
          seconds: scan.secondsSinceLastScan,
        })),
        infectiousness: 1,
        reportType: 1,
        calibration: 0,
      }),
    )
    const warned = risk
      .ruleOf(rule)
      .evaluate(windows, risk.isoDay(TODAY))
      .filter(({ level }) => level === "high")
    const told = warned.at(-1)
    check.equal(`case ${i}: exposed`, told !== undefined, exposed)
    if (day !== undefined) check.equal(`case ${i}: day`, told?.day, dayOf(day))
    if (matchedKeyCount !== undefined)
      check.equal(`case ${i}: windows`, new Set(told?.parts.map(part => part.window)).size, matchedKeyCount)
    if (attenuationDurations !== undefined) {
      const seconds = attenuationDurations.map((_, bucket) =>
        told?.parts
          .filter(part => risk.bucketOf(part.attenuation, rule.thresholds, rule.comparison) === bucket)
          .reduce((total, part) => total + part.seconds, 0),
      )
      check.equal(`case ${i}: seconds by attenuation`, seconds, attenuationDurations)
    }
  }
}

interface EnxFile {
  thresholds: ThresholdRow[]
  cases: {
    thresholds?: ThresholdRow[]
    days: { ageInDays: number; byReportType: Record<string, risk.Summary> }[]
    expected: number
    age?: number
  }[]
  hexMaps: { hex: string; infectiousnessByDay: Record<string, number>; whenMissing: number }[]
  notificationSequences: {
    title: string
    steps: (number | string | null)[][]
    stays?: { index: number; age: number }
  }[]
}

type ThresholdRow = Omit<risk.Class, "level">

const REPORT_TYPES: Record<string, number> = {
  CONFIRMED_TEST: 1,
  CONFIRMED_CLINICAL_DIAGNOSIS: 2,
  SELF_REPORT: 3,
  RECURSIVE: 4,
  REVOKED: 5,
}

const classesOf = (rows: readonly ThresholdRow[]): risk.Class[] => rows.map(row => ({ ...row, level: "high" }))

function summariesOf(byReportType: Record<string, risk.Summary>): risk.Summaries {
  const rows = Object.values(byReportType)
  const total = (field: keyof risk.Summary): number => rows.reduce((all, row) => all + row[field], 0)
  return {
    total: {
      scoreSum: total("scoreSum"),
      maximumScore: Math.max(0, ...rows.map(row => row.maximumScore)),
      weightedDurationSum: total("weightedDurationSum"),
    },
    byReportType: Object.fromEntries(Object.entries(byReportType).map(([name, row]) => [REPORT_TYPES[name]!, row])),
  }
}

export const enxClassification: Verifier = (input, check) => {
  const file = input as EnxFile
  for (const [i, { thresholds, days, expected, age }] of file.cases.entries()) {
    const found = risk.classify(
      classesOf(thresholds ?? file.thresholds),
      days.map(day => ({ day: risk.isoDay(TODAY - day.ageInDays), ...summariesOf(day.byReportType) })),
    )
    check.equal(`classification ${i}`, found?.index ?? 0, expected)
    if (age !== undefined) check.equal(`classification ${i}: day`, found?.day, risk.isoDay(TODAY - age))
  }
  for (const { hex, infectiousnessByDay, whenMissing } of file.hexMaps) {
    const map = risk.onsetMapFromHex(hex)
    for (const [day, expected] of Object.entries(infectiousnessByDay))
      check.equal(`${hex}: day ${day}`, risk.infectiousness(Number(day), map), expected)
    check.equal(`${hex}: onset missing`, risk.infectiousness(undefined, map), whenMissing)
  }
  notificationSequences(file.notificationSequences, classesOf(file.thresholds), check)
}

interface TransmissionFile {
  cwa: Record<string, number[]> & {
    byDaysSinceOnset: Record<string, number[]>
    older: number[]
    daysSinceOnsetVectors: Record<string, number[]>
  }
  nhs: { cases: { onset: number | null; submission: Pair; keyDays: Pair; expected: number[] }[] }
}

type Pair = [number, number]

const SYMPTOMS: Record<string, risk.Symptoms> = {
  lastSevenDays: { onset: "last-seven-days" },
  oneToTwoWeeks: { onset: "one-to-two-weeks" },
  moreThanTwoWeeks: { onset: "more-than-two-weeks" },
  positiveNoInformation: { onset: "no-date" },
  negative: { onset: "no-symptoms" },
  noInformation: { onset: "no-information" },
}

function verifyCwaVectors({ cwa }: TransmissionFile, check: Check): void {
  for (const [days, expected] of Object.entries(cwa.byDaysSinceOnset))
    check.equal(`onset ${days} days ago`, risk.cwaTransmissionRisk({ onset: "days-ago", days: Number(days) }), expected)
  check.equal("onset 21 days ago", risk.cwaTransmissionRisk({ onset: "days-ago", days: 21 }), cwa.older)
  for (const [name, symptoms] of Object.entries(SYMPTOMS)) {
    check.equal(name, risk.cwaTransmissionRisk(symptoms), cwa[name])
    check.equal(`${name}: days`, risk.cwaDaysSinceOnset(symptoms), cwa.daysSinceOnsetVectors[name])
  }
  for (const [name, expected] of Object.entries(cwa.daysSinceOnsetVectors))
    if (/^\d+$/.test(name))
      check.equal(`${name} days`, risk.cwaDaysSinceOnset({ onset: "days-ago", days: Number(name) }), expected)
}

export const transmissionRisk: Verifier = (input, check) => {
  const file = input as TransmissionFile
  verifyCwaVectors(file, check)
  for (const [i, { onset, submission, keyDays, expected }] of file.nhs.cases.entries()) {
    const [first, last] = keyDays
    const days = Array.from({ length: last - first + 1 }, (_, offset) => first + offset)
    const levels = days.map(day => risk.nhsTransmissionRisk(day, onset ?? undefined, ...submission))
    check.equal(`England and Wales ${i}`, levels, expected)
  }
}
