/**
 * What two parties must agree on: messages, files, the log, parameters, errors. Pure: no clock, no dice, no I/O.
 * @module
 */
export * from "./add-checkpoint.ts"
export { type ArchiveBatch, encodeArchiveBatch, isArchiveOf, type KeyBatch, withKeys } from "./archive-batch.ts"
export * from "./authority-keys.ts"
export * from "./batch.ts"
export { type BatchHeader, SALT_BYTES } from "./batch-header.ts"
export * from "./checkpoint.ts"
export {
  type Cosignature,
  cosign,
  cosignatures,
  problemOfPolicy,
  requireQuorum,
  takeCosignature,
  type WitnessPolicy,
} from "./cosignature.ts"
export * from "./cross-origin.ts"
export { defaultParameters } from "./defaults.ts"
export * from "./design.ts"
export * from "./envelope.ts"
export * from "./errors.ts"
export {
  archiveEntry,
  dayOfKey,
  encodeExposureKey,
  isDeadBy,
  onsetByte,
  parseArchiveEntry,
  parseExposureKey,
  parseOnsetByte,
} from "./exposure-key.ts"
export { encodeFilterBatch, type FilterBatch, type FilterKind, mayContain } from "./filter-batch.ts"
export * from "./ingest-keys.ts"
export { encodeLeaf, LEAF_BYTES, LEAF_TYPES, type Leaf, type LeafType, leafOf, parseLeaf } from "./leaf.ts"
export {
  contradictionOf,
  encodeMisbehaviour,
  isAfter,
  MAX_MISBEHAVIOUR_BYTES,
  type Misbehaviour,
  type ProvenLeaf,
  type Verdict,
  verifyMisbehaviour,
} from "./misbehaviour.ts"
export {
  encodeNoteKey,
  encodeWitnessKey,
  MAX_NOTE_BYTES,
  type NoteKey,
  type NoteSignature,
  parseNote,
  parseNoteKey,
  parseSignatureLines,
  parseWitnessKey,
} from "./note.ts"
export { drawPadding, type PaddingEntry, paddingSizes } from "./padding.ts"
export * from "./parameters.ts"
export * from "./ports.ts"
export * from "./receipt.ts"
export * from "./redeem.ts"
export {
  commitment,
  encodeSlots,
  leaf as slotLeaf,
  R_BYTES,
  type Report,
  redact,
  SLOT_LEAF_BYTES,
  type Slot,
  spentTag,
} from "./report.ts"
export { encodeBatch, type Group, type SecretBatch } from "./secret-batch.ts"
export { fieldOf, keyIn, type Setting, variableOf, wholeIn } from "./setting.ts"
export { encodeTest, LOCK_BYTES, parseTest, type TestFacts, testLock } from "./test-text.ts"
export * from "./tile.ts"
export * from "./token.ts"
export * from "./tree.ts"
export { malformed, Reader } from "./wire.ts"
