/**
 * GAEN exports, version 1: the zip archives in which countries published their diagnosis keys. Read, verify, write.
 * Apps that do not speak GAEN do not load this file, nor the inflating library it needs.
 * @module
 */
import type { ecdsa } from "../crypto/index.ts"
import { ExportError } from "./export-error.ts"
import { decodeExport, ECDSA_SHA256, type ExportContent, encodeExport } from "./export-file.ts"
import { KeyTable } from "./export-keys.ts"
import {
  decodeSignatures,
  type ExportSignature,
  type ExportSigner,
  encodeSignatures,
  requireSigner,
  type TrustedKey,
  verifySignatures,
} from "./export-signature.ts"
import { EXPORT_LIMITS, type ExportLimits, unzipExport, zipExport } from "./export-zip.ts"

export { EXPORT_ERRORS, ExportError, type ExportErrorCode } from "./export-error.ts"
export {
  decodeExport,
  ECDSA_SHA256,
  EXPORT_HEADER,
  type ExportContent,
  encodeExport,
  MAX_SIGNATURES,
  type SignatureInfo,
} from "./export-file.ts"
export { type ExportKey, KeyTable, REPORT_TYPES, type ReportType } from "./export-keys.ts"
export { drawExportPadding, EXPORT_PADDING, type ExportPaddingProfile } from "./export-padding.ts"
export type { ExportSignature, ExportSigner, TrustedKey } from "./export-signature.ts"
export { EXPORT_LIMITS, type ExportLimits } from "./export-zip.ts"

/** An archive that was read; nothing is verified yet. */
export interface ExportArchive extends ExportContent {
  readonly file: string
  /** The raw bytes that the signatures are over. */
  readonly bin: Uint8Array
  readonly signatures: readonly ExportSignature[]
}

/**
 * Reads a zip archive as a whole or not at all.
 * @param file the name that errors carry
 * @throws ExportError for anything that is not an export; bounds hold before memory is taken
 */
export function readExport(file: string, zip: Uint8Array, limits: ExportLimits = EXPORT_LIMITS): ExportArchive {
  const { bin, sig } = unzipExport(file, zip, limits)
  const content = decodeExport(file, bin)
  return { file, bin, signatures: decodeSignatures(file, sig), ...content }
}

/**
 * @returns the signature that verifies
 * @throws ExportError of kind `signature`
 */
export function verifyExport(
  archive: ExportArchive,
  trusted: readonly TrustedKey[],
  curve?: ecdsa.EcdsaP256,
): ExportSignature {
  return verifySignatures(archive.file, archive.bin, archive.signatures, trusted, curve)
}

/** What came of several files: each one is taken whole or refused whole, whatever the others are. */
export interface ExportImport {
  readonly accepted: readonly ExportArchive[]
  readonly refused: readonly ExportError[]
}

/** Reads and verifies the files of one sync. */
export function importExports(
  files: Iterable<{ readonly file: string; readonly zip: Uint8Array }>,
  trusted: readonly TrustedKey[],
  options: { readonly limits?: ExportLimits; readonly curve?: ecdsa.EcdsaP256 } = {},
): ExportImport {
  const accepted: ExportArchive[] = []
  const refused: ExportError[] = []
  for (const { file, zip } of files) {
    try {
      const archive = readExport(file, zip, options.limits)
      verifyExport(archive, trusted, options.curve)
      accepted.push(archive)
    } catch (error) {
      if (!(error instanceof ExportError)) throw error
      refused.push(error)
    }
  }
  return { accepted, refused }
}

/** The published limit of keys in one file. */
export const MAX_KEYS_PER_FILE = 500_000

export interface ExportPlan {
  readonly keys: KeyTable
  readonly revisedKeys?: KeyTable
  /** Unix seconds. */
  readonly start: number
  /** Unix seconds; file i of a split export says end + i. */
  readonly end: number
  readonly region: string
  /** Newest key first; at most ten. */
  readonly signers: readonly ExportSigner[]
  readonly maxKeysPerFile?: number
  /** No file may have fewer: pad before writing. */
  readonly minKeysPerFile?: number
}

/**
 * The signed archives of an export. The same plan gives the same bytes: keys are sorted and repeats dropped, zips carry
 * no time. More keys than fit one file are split evenly, so that every file is as well padded as the first; each says
 * "1 of 1" and an end of its own, because Android takes files that agree in both times and the number for one.
 * @throws RangeError when a file would have fewer keys than asked for, or a signer's name would not be understood
 */
export function writeExport(plan: ExportPlan): Uint8Array<ArrayBuffer>[] {
  const { start, end, region, signers, maxKeysPerFile = MAX_KEYS_PER_FILE, minKeysPerFile = 0 } = plan
  if (!Number.isInteger(maxKeysPerFile) || maxKeysPerFile < 1)
    throw new RangeError(`maxKeysPerFile: expected at least 1, got ${maxKeysPerFile}`)
  if (signers.length === 0) throw new RangeError("signers: expected at least one")
  signers.forEach(requireSigner)
  const keys = plan.keys.distinct()
  const revisedKeys = plan.revisedKeys ?? new KeyTable(0)
  const revised = revisedKeys.distinct()
  const files = Math.max(1, Math.ceil((keys.length + revised.length) / maxKeysPerFile))
  const signatureInfos = signers.map(({ info }) => ({ ...info, algorithm: info.algorithm || ECDSA_SHA256 }))
  return Array.from({ length: files }, (_, i) => {
    const content = {
      start,
      end: end + i,
      region,
      batchNumber: 1,
      batchSize: 1,
      signatureInfos,
      keys: plan.keys.pick(keys.subarray(...slice(keys.length, files, i))),
      // From the other end, so that the odd ones of both lists do not meet in the first file.
      revisedKeys: revisedKeys.pick(revised.subarray(...slice(revised.length, files, files - 1 - i))),
    }
    const size = content.keys.length + content.revisedKeys.length
    if (size < minKeysPerFile)
      throw new RangeError(
        `keys: file ${i + 1} of ${files} would have ${size}, at least ${minKeysPerFile} are asked for`,
      )
    const bin = encodeExport(content)
    const sig = encodeSignatures(
      signers.map((signer, k) => ({
        info: signatureInfos[k]!,
        batchNumber: 1,
        batchSize: 1,
        signature: signer.sign(bin),
      })),
    )
    return zipExport({ bin, sig })
  })
}

/** Part i of n that differ by one at most: the larger ones first. */
function slice(total: number, parts: number, i: number): [number, number] {
  const at = (k: number) => k * Math.floor(total / parts) + Math.min(k, total % parts)
  return [at(i), at(i + 1)]
}
