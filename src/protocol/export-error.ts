/** What can be wrong with an export, and which of the protocol's general errors that is. */
export const EXPORT_ERRORS = {
  /** The file, a member or a list is larger than allowed, or than it says. */
  "too-large": "format",
  /** There is no zip archive in the file. */
  "not-a-zip": "format",
  /** The file, or a message in it, ends too early. */
  truncated: "format",
  /** The archive's own structure, or a checksum, is wrong. */
  "zip-damaged": "format",
  /** Encrypted, split, zip64, or another method than stored and deflated. */
  "zip-unsupported": "format",
  /** export.bin or export.sig is not there. */
  "member-missing": "format",
  /** It is not there, but a member of another name is. */
  "member-name": "format",
  /** It is there twice: two readers could see two exports. */
  "member-repeated": "format",
  /** export.bin does not begin with "EK Export v1    ". */
  header: "format",
  /** The protocol buffer is malformed. */
  protobuf: "format",
  /** start_timestamp or end_timestamp is missing, beyond 2³² seconds, or they are in the wrong order. */
  timestamps: "format",
  /** A key that does not have 16 bytes. */
  "key-length": "format",
  /** rolling_start_interval_number is missing or negative. */
  "rolling-start": "format",
  /** rolling_period is not 1 … 144. */
  "rolling-period": "format",
  /** transmission_risk_level is not 0 … 8. */
  "transmission-risk": "format",
  /** days_since_onset_of_symptoms is beyond ±32767. */
  "days-since-onset": "format",
  /** export.sig has no signature in it. */
  unsigned: "signature",
  /** No signature names a key that is trusted. */
  "unknown-key": "signature",
  /** A signature by a trusted key's name that is not ASN.1 DER; often the raw 64 bytes of another format. */
  "signature-encoding": "signature",
  /** A well-formed signature that does not verify. */
  "signature-invalid": "signature",
} as const satisfies Record<string, "format" | "signature">

export type ExportErrorCode = keyof typeof EXPORT_ERRORS

/** An export that is refused as a whole: nothing of it was taken over. */
export class ExportError extends Error {
  override readonly name = "ExportError"
  readonly code: ExportErrorCode
  /** The file's name as the caller gave it. */
  readonly file: string
  /** Where in the file, such as `export.bin.keys[3].key_data`. */
  readonly field: string

  constructor(code: ExportErrorCode, file: string, field: string, detail: string, cause?: unknown) {
    super(`${file}: ${field}: ${detail} (${code})`, cause === undefined ? undefined : { cause })
    this.code = code
    this.file = file
    this.field = field
  }

  /** The general error that this is a case of: for a phone, a bad file and a bad signature call for different words. */
  get kind(): "format" | "signature" {
    return EXPORT_ERRORS[this.code]
  }
}
