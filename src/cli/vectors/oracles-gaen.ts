import { risk } from "../../client/index.ts"
import { fromHex, gaen, hex } from "../../crypto/index.ts"
import type { Check, Verifier } from "./check.ts"

interface RpiFile {
  tek: string
  rpik: string
  aemk: string
  metadata: string
  rollingStartIntervalNumber: number
  rows: { i: number; interval: number; rpi: string; aem: string }[]
}

export const rpiAem: Verifier = (input, check) => {
  const file = input as RpiFile
  const tek = fromHex(file.tek)
  const [rpik, aemk] = [gaen.rpik(tek), gaen.aemk(tek)]
  check.equal("RPIK", hex(rpik), file.rpik)
  check.equal("AEMK", hex(aemk), file.aemk)
  for (const row of file.rows) {
    check.equal(`interval ${row.i}`, row.interval, file.rollingStartIntervalNumber + row.i)
    const rpi = gaen.rpi(rpik, row.interval)
    check.equal(`RPI ${row.i}`, hex(rpi), row.rpi)
    check.equal(`AEM ${row.i}`, hex(gaen.aem(aemk, rpi, fromHex(file.metadata))), row.aem)
  }
}

interface SightingRow {
  epochSeconds: number
  rssi: number
  previousScanEpochSeconds: number
  txPower: number
  calibrationConfidence: number
}

interface GaenCase {
  id: string
  about: string
  config: string
  minimumWindowScore: number
  reportTypeWeights: number[]
  infectiousnessWhenMissing: 0 | 1 | 2
  reportTypeWhenMissing: number
  keys: {
    rollingStartIntervalNumber: number
    transmissionRiskLevel: number
    reportType: number
    daysSinceOnsetOfSymptoms: number
    sightings: SightingRow[]
  }[]
  expected: {
    keys: {
      windows: {
        epochSeconds: number
        reportType: number
        infectiousness: number
        calibrationConfidence: number
        scanInstances: { minAttenuation: number; typicalAttenuation: number; secondsSinceLastScan: number }[]
      }[]
      v1: {
        maxRiskScore: number
        totalRiskScore: number
        attenuationDurations: number[]
        records: {
          durationSeconds: number
          attenuationValue: number
          riskScore: number
          attenuationDurations: number[]
        }[]
      } | null
    }[]
    dailySummaries: { daysSinceEpoch: number; summary: SummaryRow; reports: Record<string, SummaryRow> }[]
  }
}

interface SummaryRow {
  maximumScore: number
  scoreSum: number
  weightedDurationSum: number
}

interface GaenFile {
  now: number
  configs: {
    name: string
    thresholds: number[]
    weights: number[]
    infect: [number, number]
    map: (0 | 1 | 2)[]
  }[]
  v1: {
    attenuationScores: number[]
    daysScores: number[]
    durationScores: number[]
    transmissionScores: number[]
    minimumRiskScore: number
    thresholds: [number, number]
  }
  cases: GaenCase[]
}

const sightingsOf = (rows: readonly SightingRow[]): risk.Sighting[] =>
  rows.map(row => ({
    at: row.epochSeconds,
    rssi: row.rssi,
    txPower: row.txPower,
    calibration: row.calibrationConfidence,
    previousScan: row.previousScanEpochSeconds === 0 ? undefined : row.previousScanEpochSeconds,
  }))

function verifyV1(
  { now, v1 }: GaenFile,
  key: GaenCase["keys"][number],
  expected: GaenCase["expected"]["keys"][number]["v1"],
  name: string,
  check: Check,
): void {
  const daysAgo = Math.floor((now / 1000 - key.rollingStartIntervalNumber * 600) / 86_400)
  const records = risk.v1Exposures(sightingsOf(key.sightings), v1.thresholds).map(exposure => ({
    durationSeconds: exposure.durationSeconds,
    attenuationValue: exposure.attenuation,
    riskScore: risk.v1Score(v1, {
      attenuation: exposure.attenuation,
      daysAgo,
      seconds: exposure.durationSeconds,
      transmissionRiskLevel: key.transmissionRiskLevel,
    }),
    attenuationDurations: [...exposure.secondsAt],
  }))
  const scores = records.map(({ riskScore }) => riskScore)
  const actual = {
    maxRiskScore: Math.max(0, ...scores),
    totalRiskScore: scores.reduce((total, score) => total + score, 0),
    attenuationDurations: [0, 1, 2].map(i => records.reduce((total, r) => total + r.attenuationDurations[i]!, 0)),
    records,
  }
  check.equal(`${name}: V1`, records.length === 0 ? null : actual, expected)
}

function verifySummaries(file: GaenFile, one: GaenCase, windows: risk.Window[], name: string, check: Check): void {
  const config = file.configs.find(c => c.name === one.config)!
  const rule: risk.BucketRule = {
    kind: "buckets",
    id: config.name,
    attenuation: "typical",
    comparison: "<=",
    thresholds: config.thresholds,
    weights: config.weights,
    infectiousnessWeights: [0, ...config.infect],
    reportTypeWeights: [0, ...one.reportTypeWeights, 0],
    minimumWindowScore: one.minimumWindowScore,
    unit: "weighted-seconds",
    rounding: "none",
    cap: "none",
    warning: { high: 900 },
    considerDays: 28,
  }
  const today = risk.isoDay(Math.floor(file.now / 86_400_000))
  const days = risk.dailySummaries(rule, windows, today)
  const expectedDays = [...one.expected.dailySummaries].sort((a, b) => a.daysSinceEpoch - b.daysSinceEpoch)
  check.equal(
    `${name}: days`,
    days.map(({ day }) => risk.dayNumber(day)),
    expectedDays.map(day => day.daysSinceEpoch),
  )
  for (const [i, expected] of expectedDays.entries()) {
    const rows: [string, risk.Summary | undefined, SummaryRow][] = [["all", days[i]?.total, expected.summary]]
    for (const [type, row] of Object.entries(expected.reports))
      rows.push([type, days[i]?.byReportType[Number(type)], row])
    for (const [which, actual, row] of rows)
      for (const field of ["maximumScore", "scoreSum", "weightedDurationSum"] as const)
        check.close(`${name}: day ${i}, report type ${which}, ${field}`, actual?.[field] ?? 0, row[field])
  }
}

export const gaenWindowsAndSummaries: Verifier = (input, check) => {
  const file = input as GaenFile
  for (const one of file.cases) {
    const name = `${one.id} ${one.about}`
    const config = file.configs.find(c => c.name === one.config)!
    const mapping: risk.Mapping = {
      onset: { byDay: config.map, whenMissing: one.infectiousnessWhenMissing },
      reportTypeWhenMissing: one.reportTypeWhenMissing,
    }
    const all: risk.Window[] = []
    for (const [i, key] of one.keys.entries()) {
      const expected = one.expected.keys[i]!
      const windows = risk.gaenWindows(
        sightingsOf(key.sightings),
        { reportType: key.reportType, daysSinceOnset: key.daysSinceOnsetOfSymptoms },
        mapping,
      )
      all.push(...windows)
      check.equal(
        `${name}: windows of key ${i}`,
        windows.map(window => ({
          epochSeconds: window.from,
          reportType: window.reportType,
          infectiousness: window.infectiousness,
          calibrationConfidence: window.calibration,
          scanInstances: window.scans.map(scan => ({
            minAttenuation: scan.min,
            typicalAttenuation: scan.typical,
            secondsSinceLastScan: scan.seconds,
          })),
        })),
        expected.windows,
      )
      verifyV1(file, key, expected.v1, `${name}: key ${i}`, check)
    }
    verifySummaries(file, one, all, name, check)
  }
}
