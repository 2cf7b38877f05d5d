import type { BucketRule } from "./buckets.ts"
import type { CwaRule } from "./cwa.ts"
import type { NhsRule } from "./nhs.ts"
import { type OnsetMap, onsetMap, span } from "./onset.ts"
import type { RuleConfig } from "./rule.ts"
import type { V1Rule } from "./v1.ts"
import type { WindowCountRule } from "./window-count.ts"

/** A rule somebody really used, or recommends, and where its numbers come from. */
export interface Preset {
  readonly rule: RuleConfig
  readonly what: string
  readonly source: readonly string[]
  /** Infectiousness by days since onset, where the rule looks at it. */
  readonly onset?: OnsetMap
}

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
const DP3T_GAEN = ["DP-3T/dp3t-config-backend-ch", "DP-3T/dp3t-sdk-android@6566ceb", "DP-3T/dp3t-sdk-ios@002a66e"]

/** The default of this library. */
const exposureScore: BucketRule = {
  ...BUCKETS,
  ...SWISS,
  id: "dp3t-exposure-score",
  rounding: "up-nested",
  cap: "wall-clock",
}
const swissCovid: BucketRule = {
  ...BUCKETS,
  ...SWISS,
  id: "swisscovid-gaen",
  rounding: "up-per-bucket",
  considerDays: 10,
}

const HANDSHAKES = { kind: "window-count", from: "first-handshake", closed: "start", txPower: 12 } as const
const april24: WindowCountRule = {
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
const april30: WindowCountRule = {
  ...HANDSHAKES,
  id: "dp3t-prestandard-2020-04-30",
  windowMinutes: 1,
  contactAttenuation: 54,
  badAttenuation: 64,
  event: { threshold: 0.8, of: "attenuation" },
  warning: { high: 15 },
  considerDays: 10,
}
const may5: WindowCountRule = {
  ...HANDSHAKES,
  id: "dp3t-prestandard-2020-05-05",
  windowMinutes: 1,
  contactAttenuation: 73,
  warning: { high: 15 },
  considerDays: 10,
}
const android: WindowCountRule = {
  ...HANDSHAKES,
  id: "dp3t-android-2020",
  windowMinutes: 5,
  contactAttenuation: 73,
  warning: { high: 3 },
  considerDays: 10,
}
const ios: WindowCountRule = { ...android, id: "dp3t-ios-2020", from: "quarter-hour", closed: "end" }

const LFPH = {
  ...BUCKETS,
  reportTypeWeights: NOT_REVOKED,
  infectiousnessWeights: [0, 0.3, 1],
  warning: { high: 15 },
} as const
const LFPH_V2 = { comparison: "<=", warning: { low: 5, high: 15 } } as const
const lfphNarrow1: BucketRule = {
  ...LFPH,
  id: "lfph-narrow-v1",
  comparison: "<",
  thresholds: [55, 63, 70],
  weights: [1.5, 1, 0.4, 0],
}
const lfphWide1: BucketRule = {
  ...LFPH,
  id: "lfph-wide-v1",
  comparison: "<",
  thresholds: [55, 70, 80],
  weights: [2, 1, 0.25, 0],
  infectiousnessWeights: [0, 0.6, 2],
}
const lfphNarrow2: BucketRule = {
  ...LFPH,
  ...LFPH_V2,
  id: "lfph-narrow-v2",
  thresholds: [55, 67, 75],
  weights: [1.75, 1, 0.33, 0],
}
const lfphWide2: BucketRule = {
  ...LFPH,
  ...LFPH_V2,
  id: "lfph-wide-v2",
  thresholds: [55, 70, 80],
  weights: [2, 1, 0.25, 0],
}
const NARROW_2 = onsetMap({ ...span(-4, -3, 1), ...span(-2, 3, 2), ...span(4, 5, 1) })

const enx: BucketRule = {
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
const coronaMelder: BucketRule = {
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
const covidAlert: BucketRule = {
  ...BUCKETS,
  id: "covid-alert",
  comparison: "<=",
  thresholds: [50, 62],
  weights: [1, 1, 0],
  infectiousnessWeights: [0, 1, 1],
  unit: "weighted-seconds",
  warning: { high: 900, strict: true },
}
const covidGreen: BucketRule = {
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
const cwa2020: CwaRule = {
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
const cwa115: CwaRule = {
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

const nhs: NhsRule = {
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

const immuni: V1Rule = {
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

const DP3T_HISTORY = "DP-3T/dp3t-sdk-android history 2020"
const PRESTANDARD = ["DP-3T/dp3t-sdk-android@649576b", "DP-3T/dp3t-sdk-ios@e959d10", "DP-3T/dp3t-config-backend-ch"]
const LFPH_SOURCE = ["lfph/gaen-risk-scoring@c52b16b risk-scoring.md (CC BY 4.0)"]
const COVIDGREEN_SOURCE = ["covidgreen/react-native-exposure-notification-service@deb2129"]

/** The name of the rule that is used unless another is chosen. */
export const DEFAULT_PRESET = "dp3t-exposure-score"

const LIST: readonly Preset[] = [
  {
    rule: exposureScore,
    what: "exposure score over all contacts of a day, no second counted twice",
    source: ["DP-3T, Exposure Score Calculation", ...DP3T_GAEN],
  },
  { rule: swissCovid, what: "SwissCovid on GAEN: low and medium buckets of a day", source: DP3T_GAEN },
  { rule: april24, what: "first windowed rule of DP-3T", source: [`${DP3T_HISTORY}-04-23..24`] },
  { rule: april30, what: "attenuation instead of received strength", source: [`${DP3T_HISTORY}-04-29..30`] },
  { rule: may5, what: "one threshold", source: [`${DP3T_HISTORY}-05-05`] },
  {
    rule: { ...android, id: "dp3t-prestandard-final" },
    what: "three windows of five minutes a day, cut as on Android",
    source: PRESTANDARD,
  },
  { rule: android, what: "the same: windows from the first handshake", source: [PRESTANDARD[0]!] },
  { rule: ios, what: "the same on iOS: windows from the quarter hour", source: [PRESTANDARD[1]!] },
  {
    rule: lfphNarrow1,
    what: "LFPH, narrow net, first version",
    source: LFPH_SOURCE,
    onset: onsetMap({ ...span(-3, -3, 1), ...span(-2, 3, 2), ...span(4, 4, 1) }),
  },
  {
    rule: lfphWide1,
    what: "LFPH, wide net, first version",
    source: LFPH_SOURCE,
    onset: onsetMap({ ...span(-5, -4, 1), ...span(-3, 4, 2), ...span(5, 9, 1) }),
  },
  { rule: lfphNarrow2, what: "LFPH, narrow net, second version", source: LFPH_SOURCE, onset: NARROW_2 },
  { rule: lfphWide2, what: "LFPH, wide net, second version", source: LFPH_SOURCE, onset: NARROW_2 },
  {
    rule: enx,
    what: "Exposure Notifications Express, reference app: classes of days",
    source: ["google/exposure-notifications-android@e44603b"],
  },
  {
    rule: coronaMelder,
    what: "Netherlands",
    source: [
      "minvws/nl-covid19-notification-app-backend@2a4ab58 RiskCalculationParameters.json",
      "minvws/nl-covid19-notification-app-android@2395c1f",
    ],
    onset: onsetMap(span(-2, 11, 1), 1),
  },
  {
    rule: cwa2020,
    what: "Germany, 2020",
    source: ["corona-warn-app/cwa-server@c61d55f risk-calculation-parameters.yaml"],
  },
  {
    rule: cwa115,
    what: "Germany, from app version 1.15",
    source: ["corona-warn-app/cwa-server@c61d55f risk-calculation-parameters-1.15.yaml"],
  },
  {
    rule: nhs,
    what: "England and Wales: smoothed distance",
    source: ["nhsx/riskscore-kt-public@183c20c", "ukhsa-collaboration/covid-19-app-android-ag-public issue 36"],
    onset: onsetMap({ ...span(-5, -3, 1), ...span(-2, 3, 2), ...span(4, 9, 1) }),
  },
  {
    rule: immuni,
    what: "Italy, on GAEN's first interface",
    source: ["immuni-app/immuni-app-android@2c04959 (numbers only)"],
  },
  { rule: covidAlert, what: "Canada", source: ["cds-snc/covid-alert-app@3f79e22"] },
  {
    rule: covidGreen,
    what: "module of Ireland and others; its minutes came from the server, 15 here",
    source: COVIDGREEN_SOURCE,
  },
  {
    rule: { ...covidGreen, id: "covidgreen-android-truncating", rounding: "down-per-scan" },
    what: "the same with the Android module's cut to whole minutes after every scan",
    source: COVIDGREEN_SOURCE,
  },
  {
    rule: { ...covidGreen, id: "covidgreen-ios-truncating", rounding: "down-per-weighted-scan" },
    what: "the same with the iOS module's cut of every weighted scan",
    source: COVIDGREEN_SOURCE,
  },
]

/** All presets by name, the default first. */
export const presets: ReadonlyMap<string, Preset> = new Map(LIST.map(preset => [preset.rule.id, preset]))
