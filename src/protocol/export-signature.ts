import { ecdsa, requireBytes } from "../crypto/index.ts"
import { ExportError } from "./export-error.ts"
import { decodeSignatureInfo, encodeSignatureInfo, MAX_SIGNATURES, type SignatureInfo } from "./export-file.ts"
import { FieldReader, FieldWriter } from "./export-protobuf.ts"

/** One entry of export.sig. */
export interface ExportSignature {
  readonly info: SignatureInfo
  readonly batchNumber: number
  readonly batchSize: number
  /** ASN.1 DER where it is what it should be; not checked before {@link verifySignatures}. */
  readonly signature: Uint8Array
}

/** A key that a phone trusts. Without id or version it is tried on every signature. */
export interface TrustedKey {
  /** 65 bytes, as `ecdsa.publicKeyFromPem` gives them. */
  readonly publicKey: Uint8Array
  readonly keyId?: string
  readonly keyVersion?: string
}

/** @throws ExportError naming `file` and the field */
export function decodeSignatures(file: string, sig: Uint8Array): ExportSignature[] {
  const reader = new FieldReader(file, () => "export.sig", sig)
  const out: ExportSignature[] = []
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip()
      continue
    }
    if (out.length === MAX_SIGNATURES) throw reader.error("too-large", "signatures", `more than ${MAX_SIGNATURES}`)
    out.push(decodeSignature(file, `export.sig.signatures[${out.length}]`, sig, reader.delimited("signatures")))
  }
  return out
}

function decodeSignature(
  file: string,
  path: string,
  sig: Uint8Array,
  at: { start: number; end: number },
): ExportSignature {
  const reader = new FieldReader(file, () => path, sig, at.start, at.end)
  let info: SignatureInfo = { keyVersion: "", keyId: "", algorithm: "" }
  let batchNumber = 1
  let batchSize = 1
  let signature = new Uint8Array()
  while (reader.next()) {
    if (reader.field === 1)
      info = decodeSignatureInfo(file, `${path}.signature_info`, sig, reader.delimited("signature_info"))
    else if (reader.field === 2) batchNumber = reader.int32("batch_num")
    else if (reader.field === 3) batchSize = reader.int32("batch_size")
    else if (reader.field === 4) {
      const { start, end } = reader.delimited("signature")
      signature = new Uint8Array(sig.subarray(start, end))
    } else reader.skip()
  }
  return { info, batchNumber, batchSize, signature }
}

export function encodeSignatures(signatures: readonly ExportSignature[]): Uint8Array<ArrayBuffer> {
  const out = new FieldWriter()
  for (const { info, batchNumber, batchSize, signature } of signatures) {
    const message = new FieldWriter()
    message.bytes(1, encodeSignatureInfo(info))
    message.varint(2, batchNumber)
    message.varint(3, batchSize)
    message.bytes(4, signature)
    out.bytes(1, message.view())
  }
  return out.view()
}

/**
 * Finds one signature by a trusted key over the raw bytes of export.bin: raw, because no two systems serialise alike,
 * and an archive that was decoded and encoded again has other bytes.
 * @returns that signature
 * @throws ExportError `unsigned`, `unknown-key`, `signature-encoding` or `signature-invalid`
 */
export function verifySignatures(
  file: string,
  bin: Uint8Array,
  signatures: readonly ExportSignature[],
  trusted: readonly TrustedKey[],
  curve: ecdsa.EcdsaP256 = ecdsa.ecdsaP256,
): ExportSignature {
  if (trusted.length === 0) throw new RangeError("trusted: expected at least one key")
  for (const { publicKey } of trusted) requireBytes("publicKey", ecdsa.PUBLIC_KEY_BYTES, publicKey)
  if (signatures.length === 0) throw new ExportError("unsigned", file, "export.sig.signatures", "none")
  let refused: ExportError | undefined
  for (const [i, entry] of signatures.entries()) {
    const field = `export.sig.signatures[${i}].signature`
    for (const { publicKey } of trusted.filter(key => names(key, entry.info))) {
      if (!ecdsa.isDer(entry.signature)) {
        const raw = entry.signature.length === 64 ? ", perhaps the raw r and s" : ""
        refused ??= new ExportError("signature-encoding", file, field, `${entry.signature.length} bytes${raw}, not DER`)
      } else if (curve.verify(bin, entry.signature, publicKey)) return entry
      else refused ??= new ExportError("signature-invalid", file, field, "does not verify")
    }
  }
  const ids = signatures.map(({ info }) => `"${info.keyId}" ${info.keyVersion}`.trim()).join(", ")
  throw refused ?? new ExportError("unknown-key", file, "export.sig.signatures", `signed by ${ids} only`)
}

const names = (key: TrustedKey, info: SignatureInfo): boolean =>
  (key.keyId === undefined || key.keyId === info.keyId) &&
  (key.keyVersion === undefined || key.keyVersion === info.keyVersion)

/** Makes one of the signatures of an export; the secret stays wherever the function keeps it. */
export interface ExportSigner {
  readonly info: SignatureInfo
  /** ECDSA P-256 with SHA-256 over the message, in DER. Deterministic (RFC 6979), or the file is not. */
  sign(message: Uint8Array): Uint8Array
}

const NAME = /^[A-Za-z0-9_.-]{1,64}$/

/** @throws RangeError for an id or version that other systems would not take */
export function requireSigner({ info }: ExportSigner): void {
  for (const [field, value] of [
    ["keyId", info.keyId],
    ["keyVersion", info.keyVersion],
  ] as const)
    if (!NAME.test(value))
      throw new RangeError(`${field}: expected 1 to 64 of letters, digits, _ . and -, got "${value}"`)
}
