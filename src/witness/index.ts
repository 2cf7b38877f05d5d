/**
 * Those who watch a log for others: a witness, which cosigns only heads that continue the one before, and a monitor,
 * which follows a log and keeps a mirror of it.
 * @module
 */
export { type HeadStore, memoryHeads } from "./heads.ts"
export { witnessApp } from "./http/app.ts"
export { follow, type Round } from "./monitor.ts"
export { fileHeads } from "./store/files.ts"
export type { Mirror, MonitorPorts, Violation } from "./violation.ts"
export { openWitness, type Witness, type WitnessConfig, type WitnessEvent, type WitnessPorts } from "./witness.ts"
