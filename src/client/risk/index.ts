/**
 * Exposure rules as pure functions: from what was measured of infected contacts to which days warn, and why.
 * @module
 */
export { type BucketRule, bucketOf, type DailySummary, dailySummaries, type Rounding } from "./buckets.ts"
export { type CheckedRule, checkRule, type Problem } from "./check.ts"
export {
  type CwaDay,
  type CwaRule,
  type CwaTotals,
  cwaTotals,
  evaluateCwa,
  type JudgedWindow,
  type Range,
} from "./cwa.ts"
export type { Attenuation, Warning } from "./days.ts"
export { type GaenWindow, gaenWindows, type KeyFacts, type Mapping, type Sighting } from "./gaen-windows.ts"
export { gammaMedian, gammaQuantile } from "./gamma.ts"
export { type Contact, contacts, exposureDays, type Handshake, type WindowCount } from "./handshakes.ts"
export { filter as kalmanFilter, type Model, type State, type States, smooth as kalmanSmooth } from "./kalman.ts"
export { type Measured, type NhsRule, nhsScore } from "./nhs.ts"
export { infectiousness, type OnsetMap, onsetMap, onsetMapFromHex } from "./onset.ts"
export { DEFAULT_PRESET, type Preset, presets } from "./presets.ts"
export { type RuleConfig, ruleOf } from "./rule.ts"
export { type Class, type Classes, type Classification, classify, type Summaries, type Summary } from "./summary.ts"
export { cwaDaysSinceOnset, cwaTransmissionRisk, nhsTransmissionRisk, type Symptoms } from "./transmission.ts"
export { type V1Exposure, type V1Rule, type V1Scores, v1Exposures, v1Score } from "./v1.ts"
export {
  type DayResult,
  dayNumber,
  type IsoDay,
  isoDay,
  type Level,
  type Part,
  type RiskRule,
  type Scan,
  type Window,
} from "./window.ts"
export type { WindowCountRule } from "./window-count.ts"
export { type ContactFacts, CUTTING, type Cutting, exposureWindows, type Observation } from "./windows.ts"
