import type { BucketRule } from "./buckets.ts"
import type { CwaRule } from "./cwa.ts"
import type { NhsRule } from "./nhs.ts"
import type { V1Rule } from "./v1.ts"
import type { WindowCountRule } from "./window-count.ts"

/** What the rules over attenuation buckets have in common, unless they say otherwise. */
const BUCKETS = {
  kind: "buckets",
  attenuation: "typical",
  infectiousnessWeights: null,
  reportTypeWeights: null,
  minimumWindowScore: 0,
  unit: "minutes",
  rounding: "none",
  cap: "none",
  considerDays: 14,
} as const
/** Every report type counts alike, except those that were revoked. */
const NOT_REVOKED = [1, 1, 1, 1, 1, 0] as const

const SWISS = { comparison: "<", thresholds: [55, 63], weights: [1, 0.5, 0], warning: { high: 15 } } as const

/** The default of this library. */
export const exposureScore: BucketRule = {
  ...BUCKETS,
  ...SWISS,
  id: "dp3t-exposure-score",
  rounding: "up-nested",
  cap: "wall-clock",
}
export const swissCovid: BucketRule = {
  ...BUCKETS,
  ...SWISS,
  id: "swisscovid-gaen",
  rounding: "up-per-bucket",
  considerDays: 10,
}

const HANDSHAKES = { kind: "window-count", from: "first-handshake", closed: "start", txPower: 12 } as const
export const april24: WindowCountRule = {
  ...HANDSHAKES,
  id: "dp3t-prestandard-2020-04-24",
  from: "quarter-hour",
  windowMinutes: 1,
  // Received strength −80 and −85 dBm, read with the transmit power that was assumed where none was sent.
  contactAttenuation: 92,
  badAttenuation: 97,
  event: { threshold: 0.8, of: "rssi" },
  warning: { high: 10 },
  considerDays: 10,
}
export const april30: WindowCountRule = {
  ...HANDSHAKES,
  id: "dp3t-prestandard-2020-04-30",
  windowMinutes: 1,
  contactAttenuation: 54,
  badAttenuation: 64,
  event: { threshold: 0.8, of: "attenuation" },
  warning: { high: 15 },
  considerDays: 10,
}
export const may5: WindowCountRule = {
  ...HANDSHAKES,
  id: "dp3t-prestandard-2020-05-05",
  windowMinutes: 1,
  contactAttenuation: 73,
  warning: { high: 15 },
  considerDays: 10,
}
export const android: WindowCountRule = {
  ...HANDSHAKES,
  id: "dp3t-android-2020",
  windowMinutes: 5,
  contactAttenuation: 73,
  warning: { high: 3 },
  considerDays: 10,
}
export const ios: WindowCountRule = { ...android, id: "dp3t-ios-2020", from: "quarter-hour", closed: "end" }

const LFPH = {
  ...BUCKETS,
  reportTypeWeights: NOT_REVOKED,
  infectiousnessWeights: [0, 0.3, 1],
  warning: { high: 15 },
} as const
const LFPH_V2 = { comparison: "<=", warning: { low: 5, high: 15 } } as const
export const lfphNarrow1: BucketRule = {
  ...LFPH,
  id: "lfph-narrow-v1",
  comparison: "<",
  thresholds: [55, 63, 70],
  weights: [1.5, 1, 0.4, 0],
}
export const lfphWide1: BucketRule = {
  ...LFPH,
  id: "lfph-wide-v1",
  comparison: "<",
  thresholds: [55, 70, 80],
  weights: [2, 1, 0.25, 0],
  infectiousnessWeights: [0, 0.6, 2],
}
export const lfphNarrow2: BucketRule = {
  ...LFPH,
  ...LFPH_V2,
  id: "lfph-narrow-v2",
  thresholds: [55, 67, 75],
  weights: [1.75, 1, 0.33, 0],
}
export const lfphWide2: BucketRule = {
  ...LFPH,
  ...LFPH_V2,
  id: "lfph-wide-v2",
  thresholds: [55, 70, 80],
  weights: [2, 1, 0.25, 0],
}

export const enx: BucketRule = {
  ...BUCKETS,
  id: "enx-reference-app",
  comparison: "<=",
  thresholds: [30, 50, 60],
  weights: [1.5, 1, 0.5, 0],
  infectiousnessWeights: [0, 1, 1],
  reportTypeWeights: [0, 1, 1, 1, 1, 0],
  unit: "weighted-seconds",
  warning: {
    classes: [
      { index: 1, level: "high", confirmedTestPerDaySumERV: 2700 },
      { index: 2, level: "low", confirmedTestPerDaySumERV: 1 },
      { index: 3, level: "high", clinicalDiagnosisPerDaySumERV: 2700 },
      { index: 4, level: "low", clinicalDiagnosisPerDaySumERV: 1 },
    ],
  },
}
export const coronaMelder: BucketRule = {
  ...BUCKETS,
  id: "coronamelder",
  comparison: "<=",
  thresholds: [56, 62, 73],
  weights: [1.5, 1, 0.4, 0],
  infectiousnessWeights: [0, 1, 1],
  reportTypeWeights: [0, 1, 0, 0, 0, 0],
  minimumWindowScore: 300,
  unit: "weighted-seconds",
  warning: { high: 900, strict: true },
}
export const covidAlert: BucketRule = {
  ...BUCKETS,
  id: "covid-alert",
  comparison: "<=",
  thresholds: [50, 62],
  weights: [1, 1, 0],
  infectiousnessWeights: [0, 1, 1],
  unit: "weighted-seconds",
  warning: { high: 900, strict: true },
}
export const covidGreen: BucketRule = {
  ...BUCKETS,
  id: "covidgreen-default",
  comparison: "<=",
  thresholds: [50, 70, 90],
  weights: [1, 1, 1, 1],
  warning: { high: 15 },
}

const CWA = {
  kind: "cwa",
  attenuation: "min",
  firstFilterOnly: false,
  weights: [
    { attenuation: { min: 0, max: 63, maxExclusive: true }, weight: 0.8 },
    { attenuation: { min: 63, max: 73, maxExclusive: true }, weight: 1 },
    { attenuation: { min: 73, max: 79, maxExclusive: true }, weight: 0.1 },
  ],
  encoding: {
    infectiousness: { standard: 1, high: 2 },
    reportType: { recursive: 0, selfReport: 2, clinicalDiagnosis: 4, confirmedTest: 6 },
  },
  considerDays: 10,
} as const
const FOREVER = 99_999
export const cwa2020: CwaRule = {
  ...CWA,
  id: "cwa-2020",
  minutesFilters: [
    { attenuation: { min: 0, max: 79, maxExclusive: true }, dropIfMinutes: { min: 0, max: 5, maxExclusive: true } },
  ],
  levelFilters: [{ min: 1, max: 2 }],
  value: { multiplier: 0.2 },
  windowLevels: [
    { minutes: { min: 0, max: 13, maxExclusive: true }, level: "low" },
    { minutes: { min: 13, max: FOREVER }, level: "high" },
  ],
  dayLevels: [
    { minutes: { min: 0, max: 13, maxExclusive: true }, level: "low" },
    { minutes: { min: 13, max: FOREVER }, level: "high" },
  ],
  roundDayToTenths: false,
}
export const cwa115: CwaRule = {
  ...CWA,
  id: "cwa-1.15+",
  minutesFilters: [],
  levelFilters: [],
  value: { byLevel: { 1: 0, 2: 0, 3: 0.6, 4: 0.8, 5: 1, 6: 1.2, 7: 1.4, 8: 1.6 } },
  windowLevels: [
    { minutes: { min: 0, max: 9, maxExclusive: true }, level: "low" },
    { minutes: { min: 9, max: FOREVER }, level: "high" },
  ],
  dayLevels: [
    { minutes: { min: 5, max: 9, maxExclusive: true }, level: "low" },
    { minutes: { min: 9, max: FOREVER }, level: "high" },
  ],
  roundDayToTenths: true,
}

export const nhs: NhsRule = {
  kind: "nhs",
  id: "nhs-england-wales",
  sampleSeconds: 1,
  minimumDistance: 1,
  logDistance: { coefficient: 0.1270547531082051, intercept: 4.2309333657856945, variance: 0.4947614361027773 },
  initial: { mean: 2, variance: 10 },
  stepDistance: 0.1,
  infectiousnessWeights: [0, 0.4, 1],
  warning: { high: 120 },
  considerDays: 14,
}

export const immuni: V1Rule = {
  kind: "v1",
  id: "immuni",
  attenuationScores: [0, 0, 5, 5, 5, 5, 5, 5],
  daysScores: [1, 1, 1, 1, 1, 1, 1, 1],
  durationScores: [0, 0, 0, 0, 5, 5, 5, 5],
  transmissionScores: [1, 1, 1, 1, 1, 1, 1, 1],
  minimumRiskScore: 1,
  warning: { high: 20 },
  considerDays: 14,
}
