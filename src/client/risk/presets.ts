import { type OnsetMap, onsetMap, span } from "./onset.ts"
import {
  android,
  april24,
  april30,
  coronaMelder,
  covidAlert,
  covidGreen,
  cwa115,
  cwa2020,
  enx,
  exposureScore,
  immuni,
  ios,
  lfphNarrow1,
  lfphNarrow2,
  lfphWide1,
  lfphWide2,
  may5,
  nhs,
  swissCovid,
} from "./preset-rules.ts"
import type { RuleConfig } from "./rule.ts"

/** A rule somebody really used, or recommends, and where its numbers come from. */
export interface Preset {
  readonly rule: RuleConfig
  readonly what: string
  readonly source: readonly string[]
  /** Infectiousness by days since onset, where the rule looks at it. */
  readonly onset?: OnsetMap
}

const DP3T_GAEN = ["DP-3T/dp3t-config-backend-ch", "DP-3T/dp3t-sdk-android@6566ceb", "DP-3T/dp3t-sdk-ios@002a66e"]
const NARROW_2 = onsetMap({ ...span(-4, -3, 1), ...span(-2, 3, 2), ...span(4, 5, 1) })
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
