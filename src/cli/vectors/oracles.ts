import type { Verifier } from "./check.ts"
import { covidAlert, enxClassification, transmissionRisk } from "./oracles-apps.ts"
import { cwaRisk } from "./oracles-cwa.ts"
import { batchSignature, batchSync, ephIds, fakeTraffic } from "./oracles-dp3t.ts"
import { contacts } from "./oracles-dp3t-contacts.ts"
import { gaenExposureDays } from "./oracles-dp3t-days.ts"
import { gaenWindowsAndSummaries, rpiAem } from "./oracles-gaen.ts"
import { nhsRiskScore } from "./oracles-nhs.ts"
import { presetNumbers } from "./oracles-presets.ts"

/** Verifiers by the value of a file's "oracle" field; the files are in vectors/oracles. */
export const oracleVerifiers: Record<string, Verifier> = {
  "covid-alert-v2": covidAlert,
  "cwa-exposure-window-risk": cwaRisk,
  "cwa-gaps-derived": cwaRisk,
  "dp3t-batch-signature": batchSignature,
  "dp3t-batch-sync": batchSync,
  "dp3t-contacts": contacts,
  "dp3t-ephids": ephIds,
  "dp3t-gaen-exposure-days": gaenExposureDays,
  "enx-classification": enxClassification,
  "gaen-rpi-aem": rpiAem,
  "gaen-windows-daily-summaries-v1": gaenWindowsAndSummaries,
  "nhs-risk-score": nhsRiskScore,
  presets: presetNumbers,
  "swisscovid-fake-traffic": fakeTraffic,
  "transmission-risk": transmissionRisk,
}
