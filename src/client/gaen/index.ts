/**
 * Design 4, as hundreds of millions of phones spoke it: keys of a day, identifiers with encrypted metadata, and the
 * archives of published keys. Pure: time and dice are arguments. A sub-path of its own, so that apps of the other
 * designs carry neither the archive format nor its inflating library.
 * @module
 */
export {
  type ExportArchive,
  ExportError,
  type ExportErrorCode,
  type ExportImport,
  importExports,
  KeyTable,
  readExport,
  type TrustedKey,
  verifyExport,
} from "../../protocol/export.ts"
export {
  cutShort,
  isRunning,
  type Metadata,
  newKey,
  type OwnKey,
  openMetadata,
  PAYLOAD_BYTES,
  payload,
  splitPayload,
} from "./broadcast.ts"
export { exposures, type GaenExposure, type Packet, type Sighting } from "./exposure.ts"
export { type GaenMatch, type Heard, type MatchOptions, match } from "./match.ts"
export { readArchive } from "./read.ts"
