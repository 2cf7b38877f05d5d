/**
 * The library that apps embed: it broadcasts, remembers coarsely, learns from batches and reports. Everything outside
 * is a port.
 * @module
 */
export { LindungError } from "../protocol/index.ts"
export { syncDueAt } from "./agenda.ts"
export {
  type Calibration,
  type CalibrationRow,
  type Confidence,
  calibrationFor,
  UNCALIBRATED,
} from "./calibration.ts"
export { open } from "./client.ts"
export { type Config, type ConfigPath, checkConfig, configFields, type Problem } from "./config.ts"
export type { Consent } from "./consent.ts"
export * as cover from "./cover.ts"
export type { Erasable } from "./data.ts"
export type { JournalEntry, JournalEvent } from "./journal.ts"
export type {
  Clock,
  EpochMs,
  Http,
  HttpRequest,
  HttpResponse,
  Impediment,
  KeyVault,
  Ports,
  Radio,
  ReadTx,
  Scheduler,
  Sighting,
  Store,
  TaskId,
  WriteTx,
} from "./ports.ts"
export type { Draft } from "./prepare-report.ts"
export type { PreparedTest } from "./prepare-test.ts"
export * as radio from "./radio/index.ts"
export * as risk from "./risk/index.ts"
export { type DayResult, dayNumber, type IsoDay, isoDay, type RiskRule, type Window } from "./risk/index.ts"
export type { Exposure, ReportStatus, Status, SyncResult, Tracing } from "./status.ts"
export { memoryStore } from "./store/memory.ts"
export type { Client } from "./verbs.ts"
