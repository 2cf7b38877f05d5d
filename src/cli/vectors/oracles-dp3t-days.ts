import { risk, syncDueAt } from "../../client/index.ts"
import type { Check, Verifier } from "./check.ts"
import {
  addExposureDay,
  dismissExposureDays,
  type ExposureDays,
  keepExposureDays,
  NO_EXPOSURE_DAYS,
} from "./deployed-days.ts"
import { detectionBudget } from "./deployed-sync.ts"

interface Factors {
  factorLow: number
  factorMedium: number
  minMinutes: number
}

type Three = [number, number, number]

interface DaysFile {
  thresholds: { configuration: Factors; cases: { minutes: Three; reached: boolean }[] }[]
  secondsRoundedUp: { configuration: Factors; cases: { seconds: Three; reached: boolean }[] }
  iosMatches: { seconds: Three; factorLow: number; factorHigh: number; trigger: number; matches: boolean }[]
  bucketSeconds: {
    lower: number
    higher: number
    scans: { typicalAttenuation: number; secondsSinceLastScan: number }[]
    lowerBucket: number
    higherBucket: number
  }[]
  endToEnd: { title: string; status: string }[]
  syncCadence: { cases: { title: string; calls: number }[] }
  detectionBudget: { maxDetectionsPer24h: number; cases: { title: string; remaining: number; shouldDetect: boolean }[] }
  exposureDayStore: { title: string; days: number }[]
}

const TODAY = 18_500
const today = risk.isoDay(TODAY)
const swiss = risk.presets.get("swisscovid-gaen")!.rule as risk.BucketRule

const window = (day: number, scans: readonly (readonly [seconds: number, attenuation: number])[]): risk.Window => ({
  day: risk.isoDay(day),
  scans: scans.map(([seconds, attenuation]) => ({ min: attenuation, typical: attenuation, seconds })),
  infectiousness: 2,
  reportType: 1,
  calibration: 0,
})

/** Whether these seconds below, between and above the thresholds reach a day's trigger. */
function reached(seconds: Three, low: number, medium: number, minutes: number): boolean {
  const rule: risk.BucketRule = { ...swiss, weights: [low, medium, 0], warning: { high: minutes } }
  const scans = seconds.map((s, i) => [s, [50, 60, 70][i]!] as const)
  return risk.ruleOf(rule).evaluate([window(TODAY, scans)], today)[0]!.level === "high"
}

export const gaenExposureDays: Verifier = (input, check) => {
  const file = input as DaysFile
  for (const { configuration: c, cases } of file.thresholds)
    for (const { minutes, reached: expected } of cases) {
      const seconds = minutes.map(m => m * 60) as Three
      const name = `${minutes} minutes at ${c.factorLow}, ${c.factorMedium}`
      check.equal(name, reached(seconds, c.factorLow, c.factorMedium, c.minMinutes), expected)
    }
  const { configuration: c, cases } = file.secondsRoundedUp
  for (const { seconds, reached: expected } of cases)
    check.equal(`${seconds} seconds`, reached(seconds, c.factorLow, c.factorMedium, c.minMinutes), expected)
  for (const one of file.iosMatches) {
    const actual = reached(one.seconds, one.factorLow, one.factorHigh, one.trigger)
    check.equal(`iOS: ${one.seconds} at ${one.factorLow}, ${one.factorHigh}`, actual, one.matches)
  }
  for (const { lower, higher, scans, lowerBucket, higherBucket } of file.bucketSeconds)
    for (const [bucket, expected] of [lowerBucket, higherBucket].entries()) {
      const inBucket = scans.filter(s => risk.bucketOf(s.typicalAttenuation, [lower, higher], "<") === bucket)
      const seconds = inBucket.reduce((total, s) => total + s.secondsSinceLastScan, 0)
      check.equal(`seconds of bucket ${bucket}`, seconds, expected)
    }
  verifyTitles("end to end", file.endToEnd, endToEnd, ({ status }) => status, check)
  verifyTitles("sync", file.syncCadence.cases, syncCadence, ({ calls }) => calls, check)
  verifyTitles(
    "budget",
    file.detectionBudget.cases,
    budget(file.detectionBudget.maxDetectionsPer24h),
    ({ remaining, shouldDetect }) => ({ remaining, isDue: shouldDetect }),
    check,
  )
  verifyTitles("exposure days", file.exposureDayStore, dayStore, ({ days }) => days, check)
}

function verifyTitles<Case extends { title: string }>(
  about: string,
  cases: readonly Case[],
  known: Readonly<Record<string, () => unknown>>,
  expected: (one: Case) => unknown,
  check: Check,
): void {
  for (const one of cases) {
    const run = known[one.title]
    if (run === undefined) check.ok(`${about}: ${one.title}`, false, "no such scenario is known")
    else check.equal(`${about}: ${one.title}`, run(), expected(one))
  }
}

function status(scans: readonly (readonly [number, number])[], daysAgo: number, considerDays: number): string {
  const [result] = risk.ruleOf({ ...swiss, considerDays }).evaluate([window(TODAY - daysAgo, scans)], today)
  return result!.level === "high" ? "EXPOSED" : "HEALTHY"
}

const times = (count: number, attenuation: number): [number, number][] =>
  Array.from({ length: count }, () => [120, attenuation])

const endToEnd: Record<string, () => string> = {
  "10 scans x 120 s at 50 dB, yesterday": () => status(times(10, 50), 1, 10),
  "5 x 120 s at 50 dB + 4 x 120 s at 60 dB, yesterday (10 + 8*0.5 = 14 < 15)": () =>
    status([...times(5, 50), ...times(4, 60)], 1, 10),
  "10 x 120 s at 50 dB, 12 days ago, consider 10 days": () => status(times(10, 50), 12, 10),
  "same 13 days ago, consider 12 days": () => status(times(10, 50), 13, 12),
  "same 13 days ago, consider 14 days": () => status(times(10, 50), 13, 14),
}

const HOUR = 3600
const FOUR_HOURS = 4 * HOUR

/** Syncs that succeed, out of those that are due at these hours; `fails` by the number of the request. */
function calls(hours: readonly number[], fails: (request: number) => boolean = () => false): number {
  let last: number | undefined
  let requests = 0
  let succeeded = 0
  for (const hour of hours) {
    const now = hour * HOUR
    if (now < syncDueAt(last, now, FOUR_HOURS) || fails(++requests)) continue
    last = now
    succeeded++
  }
  return succeeded
}

const hourly = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => from + i)

const syncCadence: Record<string, () => number> = {
  "45 hourly ticks from 03:00, every 7th HTTP request answers 503": () => calls(hourly(45, 3), n => n % 7 === 0),
  "480 hourly ticks from 20:00": () => calls(hourly(480, 20)),
  "ticks at 08:00, +19 h, +4 h, +12 h": () => calls([8, 27, 31, 43]),
  // Nothing new to hand to the system: the request is made, the call is not.
  "server answers 204": () => calls([8], () => true),
}

const budget = (perDay: number): Record<string, () => { remaining: number; isDue: boolean }> => {
  const now = 1000 * HOUR
  const hours = (first: number): number[] => Array.from({ length: 21 }, (_, i) => now - (first + i) * HOUR)
  return {
    "no call yet": () => detectionBudget([], now, perDay),
    "one call now": () => detectionBudget([now], now, perDay),
    "21 calls, one an hour, the last one now": () => detectionBudget(hours(0), now, perDay),
    "21 hourly calls, last one 24 h ago": () => detectionBudget(hours(24), now, perDay),
  }
}

const ago = (days: number): risk.IsoDay => risk.isoDay(TODAY - days)
const store = (...days: (readonly [day: number, reported: number])[]): ExposureDays =>
  days.reduce((state, [day, reported]) => addExposureDay(state, ago(day), ago(reported)), NO_EXPOSURE_DAYS)

const dayStore: Record<string, () => number> = {
  "same day added twice or three times": () => store([3, 0], [3, 0], [3, 0]).days.length,
  "day, then day-1 added: sorted ascending": () => {
    const { days } = store([3, 0], [4, 0])
    return days[0]!.day < days[1]!.day ? days.length : 0
  },
  "add, reset": () => dismissExposureDays(store([3, 0])).days.length,
  "add, reset, add the same day": () => addExposureDay(dismissExposureDays(store([3, 0])), ago(3), ago(0)).days.length,
  "add day, reset, add day-1": () => addExposureDay(dismissExposureDays(store([3, 0])), ago(4), ago(0)).days.length,
  "keep 14 days after the REPORT date: reported now for 11 days ago; reported 15 days ago for 16 days ago": () =>
    keepExposureDays(store([11, 0], [16, 15]), today, 14).days.length,
  "keep 10 days: reported now for 11 days ago; reported 11 days ago": () =>
    keepExposureDays(store([11, 0], [12, 11]), today, 10).days.length,
}
