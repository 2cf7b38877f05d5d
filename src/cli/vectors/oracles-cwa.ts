import { risk } from "../../client/index.ts"
import type { Check, Verifier } from "./check.ts"

interface Configuration {
  minutesAtAttenuationFilters: { attenuationRange: risk.Range; dropIfMinutesInRange: risk.Range }[]
  trlFilters: { dropIfTrlInRange: risk.Range }[]
  minutesAtAttenuationWeights: { attenuationRange: risk.Range; weight: number }[]
  normalizedTimePerEWToRiskLevelMapping: { normalizedTimeRange: risk.Range; riskLevel: number }[]
  normalizedTimePerDayToRiskLevelMapping: { normalizedTimeRange: risk.Range; riskLevel: number }[]
  trlEncoding: {
    infectiousnessOffsetStandard: number
    infectiousnessOffsetHigh: number
    reportTypeOffsetRecursive: number
    reportTypeOffsetSelfReport: number
    reportTypeOffsetConfirmedClinicalDiagnosis: number
    reportTypeOffsetConfirmedTest: number
  }
  transmissionRiskValueMapping?: { transmissionRiskLevel: number; transmissionRiskValue: number }[]
  transmissionRiskLevelMultiplier?: number
}

interface Case {
  title: string
  exposureWindows: {
    ageInDays: number
    reportType: number
    infectiousness: 0 | 1 | 2
    calibrationConfidence: number
    scanInstances: { minAttenuation: number; typicalAttenuation: number; secondsSinceLastScan: number }[]
  }[]
  expected: {
    totalRiskLevel: number
    ageOfMostRecentDateWithLowRisk: number | null
    ageOfMostRecentDateWithHighRisk: number | null
    numberOfDaysWithLowRisk: number
    numberOfDaysWithHighRisk: number
    totalMinimumDistinctEncountersWithLowRisk: number
    totalMinimumDistinctEncountersWithHighRisk: number
  }
}

interface CwaFile {
  sets: {
    version: string
    howToRun: { attenuation: string; roundNormalizedTimePerDayToTenths: boolean }
    configuration: Configuration
    cases: Case[]
  }[]
}

const TODAY = 19_000

function ruleOf({ version, howToRun, configuration: c }: CwaFile["sets"][number]): risk.CwaRule {
  const levels = (mapping: { normalizedTimeRange: risk.Range; riskLevel: number }[]): risk.CwaRule["dayLevels"] =>
    mapping.map(entry => ({ minutes: entry.normalizedTimeRange, level: entry.riskLevel === 2 ? "high" : "low" }))
  const encoding = c.trlEncoding
  return {
    kind: "cwa",
    id: version,
    attenuation: howToRun.attenuation === "minAttenuation" ? "min" : "typical",
    minutesFilters: c.minutesAtAttenuationFilters.map(filter => ({
      attenuation: filter.attenuationRange,
      dropIfMinutes: filter.dropIfMinutesInRange,
    })),
    firstFilterOnly: false,
    levelFilters: c.trlFilters.map(filter => filter.dropIfTrlInRange),
    weights: c.minutesAtAttenuationWeights.map(w => ({ attenuation: w.attenuationRange, weight: w.weight })),
    encoding: {
      infectiousness: { standard: encoding.infectiousnessOffsetStandard, high: encoding.infectiousnessOffsetHigh },
      reportType: {
        recursive: encoding.reportTypeOffsetRecursive,
        selfReport: encoding.reportTypeOffsetSelfReport,
        clinicalDiagnosis: encoding.reportTypeOffsetConfirmedClinicalDiagnosis,
        confirmedTest: encoding.reportTypeOffsetConfirmedTest,
      },
    },
    value: c.transmissionRiskValueMapping
      ? {
          byLevel: Object.fromEntries(
            c.transmissionRiskValueMapping.map(v => [v.transmissionRiskLevel, v.transmissionRiskValue]),
          ),
        }
      : { multiplier: c.transmissionRiskLevelMultiplier ?? 1 },
    windowLevels: levels(c.normalizedTimePerEWToRiskLevelMapping),
    dayLevels: levels(c.normalizedTimePerDayToRiskLevelMapping),
    roundDayToTenths: howToRun.roundNormalizedTimePerDayToTenths,
    considerDays: 100,
  }
}

function verifyCase(rule: risk.CwaRule, { title, exposureWindows, expected }: Case, check: Check): void {
  const windows = exposureWindows.map(
    (window): risk.Window => ({
      day: risk.isoDay(TODAY - window.ageInDays),
      infectiousness: window.infectiousness,
      reportType: window.reportType,
      calibration: window.calibrationConfidence,
      scans: window.scanInstances.map(scan => ({
        min: scan.minAttenuation,
        typical: scan.typicalAttenuation,
        seconds: scan.secondsSinceLastScan,
      })),
    }),
  )
  const totals = risk.cwaTotals(risk.evaluateCwa(rule, windows, risk.isoDay(TODAY)))
  const age = (day: risk.IsoDay | undefined): number | null => (day === undefined ? null : TODAY - risk.dayNumber(day))
  check.equal(
    `${rule.id}: ${title}`,
    {
      totalRiskLevel: totals.level === "high" ? 2 : 1,
      ageOfMostRecentDateWithLowRisk: age(totals.mostRecentDay.low),
      ageOfMostRecentDateWithHighRisk: age(totals.mostRecentDay.high),
      numberOfDaysWithLowRisk: totals.days.low,
      numberOfDaysWithHighRisk: totals.days.high,
      totalMinimumDistinctEncountersWithLowRisk: totals.encounters.low,
      totalMinimumDistinctEncountersWithHighRisk: totals.encounters.high,
    },
    expected,
  )
}

export const cwaRisk: Verifier = (file, check) => {
  for (const set of (file as CwaFile).sets) {
    const rule = ruleOf(set)
    for (const one of set.cases) verifyCase(rule, one, check)
  }
}
