import { type ConfigPath, configFields } from "../../client/index.ts"
import type { Setting } from "../../protocol/index.ts"

type Meaning = Pick<Setting, "what" | "unit" | "section">

/** What each field of an app-config.json is. It stands here and not beside the checks, which every app carries. */
const MEANINGS: Readonly<Record<ConfigPath, Meaning>> = {
  "server.files": { what: "base URL of the static tree; a cache may serve it", section: "static-tree.md" },
  "server.uploads": { what: "base URL of ingest", section: "upload.md#4-ingest" },
  "server.logKey": { what: "the log's key", section: "log.md#3-checkpoint" },
  "server.receiptKey": { what: "the key of receipts for uploads", section: "upload.md#4-ingest" },
  "server.witnesses": {
    what: "witnesses of the log, and how many of them must have cosigned; none when left out",
    section: "log.md#7-witnesses",
  },
  "server.exportKeys": { what: "design gaen: the keys whose archives are taken", section: "batch.md" },
  "authority.url": { what: "base URL of the health authority", section: "authorisation.md#2-redeeming" },
  "authority.publicKey": { what: "the key of tokens", section: "authorisation.md#1-token" },
  "authority.mechanism": { what: "when and how a permission passes hands", section: "authorisation.md#3-mechanisms" },
  design: { what: "how secrets and identifiers are made; hybrid when left out", section: "key-schedules.md" },
  risk: { what: "from matches to a warning", section: "matching.md#2-the-rule" },
  "cover.meanDays": {
    what: 'mean time between cover actions; or cover is "off"',
    unit: "days",
    section: "cover-traffic.md#schedule",
  },
  "cover.catchUpHours": {
    what: "a missed cover action is made up for within",
    unit: "hours",
    section: "cover-traffic.md#schedule",
  },
  "retention.contactDays": {
    what: "observations and secrets are kept",
    unit: "days",
    section: "matching.md#1-what-is-kept",
  },
  "retention.exposureDays": { what: "a warning is shown at most", unit: "days", section: "matching.md#1-what-is-kept" },
  "sync.minIntervalHours": { what: "between two downloads at least", unit: "hours", section: "static-tree.md" },
}

/** The fields of an app-config.json, of which some are looked at in some configurations only. */
export const appSettings = (config: object): readonly Setting[] =>
  configFields.map(({ path, problemOf, applies }) => ({
    name: path,
    ...MEANINGS[path],
    problemOf: text => (text === undefined && !applies(config) ? undefined : problemOf(jsonOr(text))),
  }))

/** Texts stand in the file in quotation marks, and here without. */
function jsonOr(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return text
  }
}
