/**
 * The key server: takes sealed envelopes, publishes one batch a bucket, and keeps the transparency log.
 * @module
 */
export type { ExportKey } from "./archive.ts"
export { Entries, makeBatch } from "./batcher.ts"
export type { IngestConfig, PublisherConfig, ServerConfig } from "./config.ts"
export { nativeCurves, nativeEd25519, nativeX25519 } from "./curves.ts"
export type { ServerEvent } from "./events.ts"
export { type InProcessAnswer, type InProcessRequest, inProcess } from "./http/in-process.ts"
export { type IngestServer, type IngestServerPorts, openIngestServer } from "./ingest-server.ts"
export { type KeyServer, openKeyServer, type ServerPorts } from "./key-server.ts"
export { type OpenedBucket, type OpeningJob, type Strongroom, strongroom } from "./opening.ts"
export type { Published } from "./publisher.ts"
export { openPublisherServer, type PublisherServer, type PublisherServerPorts } from "./publisher-server.ts"
export { type Restored, type RestorePorts, restoreRecords } from "./restore.ts"
export { type After, publishOnTime, steadily } from "./scheduler.ts"
export {
  ingestConfigFrom,
  publisherConfigFrom,
  serverConfigFrom,
  serverSettings,
} from "./settings.ts"
export { fileTree, publishedTree } from "./store/files.ts"
export { memoryEnvelopes, memoryRecords, memoryTree } from "./store/memory.ts"
export { segmentEnvelopes } from "./store/segments.ts"
export { sqliteRecords } from "./store/sqlite.ts"
export type { EnvelopeStore, LoggedFile, RecordStore, TreeStore, WrappedKey } from "./store/store.ts"
export { type AskWitness, askWitnesses, type WitnessAnswer, type WitnessAt, type Witnesses } from "./witnesses.ts"
