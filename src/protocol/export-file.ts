import { ascii } from "../crypto/index.ts"
import { ExportError } from "./export-error.ts"
import { ABSENT_BYTE, ABSENT_DAYS, isDays, isRisk, isRollingPeriod, KeyTable, REPORT_TYPES } from "./export-keys.ts"
import { DELIMITED, FieldReader, FieldWriter } from "./export-protobuf.ts"

/*
 * export.bin (docs/specification/gaen-export.proto)
 *   16  "EK Export v1    "
 *   TemporaryExposureKeyExport
 */
export const EXPORT_HEADER = ascii("EK Export v1    ")
/** The object identifier of ECDSA with SHA-256. */
export const ECDSA_SHA256 = "1.2.840.10045.4.3.2"
/** The published limit. */
export const MAX_SIGNATURES = 10
const DEFAULT_PERIOD = 144
const SECONDS_LIMIT = 2 ** 32

/** Which key signed: how a phone finds it among those it knows. */
export interface SignatureInfo {
  readonly keyVersion: string
  readonly keyId: string
  readonly algorithm: string
}

/** The content of export.bin. */
export interface ExportContent {
  /** Unix seconds. */
  readonly start: number
  /** Unix seconds: no key arrived later, though keys may be valid for longer. */
  readonly end: number
  readonly region: string
  readonly batchNumber: number
  readonly batchSize: number
  readonly signatureInfos: readonly SignatureInfo[]
  readonly keys: KeyTable
  /** Keys of earlier exports whose report type has changed. */
  readonly revisedKeys: KeyTable
}

const KEYS = 7
const REVISED_KEYS = 8
const TEXT_LIMIT = 256

/** @throws ExportError naming `file` and the field; nothing of a refused file is returned */
export function decodeExport(file: string, bin: Uint8Array): ExportContent {
  const fail = (code: "header" | "truncated" | "timestamps", field: string, detail: string) =>
    new ExportError(code, file, `export.bin${field}`, detail)
  if (bin.length < EXPORT_HEADER.length) throw fail("truncated", ".header", `${bin.length} bytes in all`)
  if (!EXPORT_HEADER.every((byte, i) => bin[i] === byte))
    throw fail("header", ".header", 'the first 16 bytes are not "EK Export v1    "')
  const counts = countKeys(file, bin)
  const keys = new KeyTable(counts.keys)
  const revisedKeys = new KeyTable(counts.revisedKeys)
  const content = { region: "", batchNumber: 1, batchSize: 1, signatureInfos: [] as SignatureInfo[] }
  let start: number | undefined
  let end: number | undefined
  const rows = { keys: 0, revised_keys: 0 }
  const reader = new FieldReader(file, () => "export.bin", bin, EXPORT_HEADER.length)
  const key = new KeyReader(file, bin)
  while (reader.next()) {
    if (reader.field === 1) start = reader.fixed64("start_timestamp")
    else if (reader.field === 2) end = reader.fixed64("end_timestamp")
    else if (reader.field === 3) content.region = text(bin, reader, "region")
    else if (reader.field === 4) content.batchNumber = reader.int32("batch_num")
    else if (reader.field === 5) content.batchSize = reader.int32("batch_size")
    else if (reader.field === 6) {
      if (content.signatureInfos.length === MAX_SIGNATURES)
        throw reader.error("too-large", "signature_infos", `more than ${MAX_SIGNATURES}`)
      const at = reader.delimited("signature_infos")
      content.signatureInfos.push(decodeSignatureInfo(file, "export.bin.signature_infos", bin, at))
    } else if (reader.field === KEYS) key.read(reader.delimited("keys"), keys, "keys", rows.keys++)
    else if (reader.field === REVISED_KEYS)
      key.read(reader.delimited("revised_keys"), revisedKeys, "revised_keys", rows.revised_keys++)
    else reader.skip()
  }
  if (start === undefined || start >= SECONDS_LIMIT) throw fail("timestamps", ".start_timestamp", seconds(start))
  if (end === undefined || end >= SECONDS_LIMIT) throw fail("timestamps", ".end_timestamp", seconds(end))
  if (end < start) throw fail("timestamps", ".end_timestamp", `${start - end} seconds before start_timestamp`)
  return { start, end, ...content, keys, revisedKeys }
}

const seconds = (value: number | undefined): string => (value === undefined ? "missing" : `${value} seconds`)

/** One walk over the outer message, so that the tables are made once and in the right size. */
function countKeys(file: string, bin: Uint8Array): { keys: number; revisedKeys: number } {
  const reader = new FieldReader(file, () => "export.bin", bin, EXPORT_HEADER.length)
  let keys = 0
  let revisedKeys = 0
  while (reader.next()) {
    if (reader.wire === DELIMITED && reader.field === KEYS) keys++
    if (reader.wire === DELIMITED && reader.field === REVISED_KEYS) revisedKeys++
    reader.skip()
  }
  return { keys, revisedKeys }
}

/** Reads one TemporaryExposureKey after the other with a single reader and no objects. */
class KeyReader {
  readonly #bin: Uint8Array
  readonly #reader: FieldReader
  #list = "keys"
  #row = 0

  constructor(file: string, bin: Uint8Array) {
    this.#bin = bin
    this.#reader = new FieldReader(file, () => `export.bin.${this.#list}[${this.#row}]`, bin)
  }

  read({ start, end }: { start: number; end: number }, table: KeyTable, list: string, row: number): void {
    const reader = this.#reader
    this.#list = list
    this.#row = row
    reader.enter(start, end)
    let tek = 0
    let tekBytes = 0
    let rollingStart = -1
    let rollingPeriod = DEFAULT_PERIOD
    let risk = ABSENT_BYTE
    let type = ABSENT_BYTE
    let days = ABSENT_DAYS
    while (reader.next()) {
      if (reader.field === 1) {
        tekBytes = reader.open("key_data")
        tek = reader.position - tekBytes
      } else if (reader.field === 2) {
        risk = reader.int32("transmission_risk_level")
        if (!isRisk(risk)) throw reader.error("transmission-risk", "transmission_risk_level", `${risk}, not 0 to 8`)
      } else if (reader.field === 3) rollingStart = reader.int32("rolling_start_interval_number")
      else if (reader.field === 4) rollingPeriod = reader.int32("rolling_period")
      else if (reader.field === 5) {
        type = reader.int32("report_type")
        // A type that this version does not know is "unknown", as the format asks for.
        if (REPORT_TYPES[type] === undefined) type = 0
      } else if (reader.field === 6) {
        days = reader.sint32("days_since_onset_of_symptoms")
        if (!isDays(days)) throw reader.error("days-since-onset", "days_since_onset_of_symptoms", `${days} days`)
      } else reader.skip()
    }
    if (tekBytes !== 16) throw reader.error("key-length", "key_data", `${tekBytes} bytes, not 16`)
    if (rollingStart < 0) throw reader.error("rolling-start", "rolling_start_interval_number", "missing or negative")
    if (!isRollingPeriod(rollingPeriod))
      throw reader.error("rolling-period", "rolling_period", `${rollingPeriod}, not 1 to 144`)
    table.put(row, this.#bin, tek, rollingStart, rollingPeriod, risk, type, days)
  }
}

/** A short string; bytes outside printable ASCII become "?", since it is printed in terminals and logs. */
function text(bytes: Uint8Array, reader: FieldReader, name: string): string {
  const { start, end } = reader.delimited(name)
  if (end - start > TEXT_LIMIT) throw reader.error("too-large", name, `${end - start} bytes, at most ${TEXT_LIMIT}`)
  let out = ""
  for (let i = start; i < end; i++) {
    const code = bytes[i]!
    out += code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "?"
  }
  return out
}

export function decodeSignatureInfo(
  file: string,
  path: string,
  bytes: Uint8Array,
  { start, end }: { start: number; end: number },
): SignatureInfo {
  const reader = new FieldReader(file, () => path, bytes, start, end)
  const info = { keyVersion: "", keyId: "", algorithm: "" }
  while (reader.next()) {
    if (reader.field === 3) info.keyVersion = text(bytes, reader, "verification_key_version")
    else if (reader.field === 4) info.keyId = text(bytes, reader, "verification_key_id")
    else if (reader.field === 5) info.algorithm = text(bytes, reader, "signature_algorithm")
    else reader.skip()
  }
  return info
}

export function encodeSignatureInfo({ keyVersion, keyId, algorithm }: SignatureInfo): Uint8Array<ArrayBuffer> {
  const out = new FieldWriter()
  if (keyVersion !== "") out.bytes(3, ascii(keyVersion))
  out.bytes(4, ascii(keyId))
  out.bytes(5, ascii(algorithm))
  return out.view()
}

/** export.bin, fields ascending, keys in the order of the tables. @throws RangeError for what cannot be written */
export function encodeExport(content: ExportContent): Uint8Array<ArrayBuffer> {
  const { start, end, region, batchNumber, batchSize, signatureInfos, keys, revisedKeys } = content
  for (const [name, value] of [
    ["start", start],
    ["end", end],
  ] as const)
    if (!Number.isInteger(value) || value < 0 || value >= SECONDS_LIMIT)
      throw new RangeError(`${name}: expected whole unix seconds, got ${value}`)
  if (end < start) throw new RangeError(`end: expected ${start} or later, got ${end}`)
  if (signatureInfos.length > MAX_SIGNATURES)
    throw new RangeError(`signatureInfos: expected at most ${MAX_SIGNATURES}, got ${signatureInfos.length}`)
  const out = new FieldWriter()
  out.raw(EXPORT_HEADER)
  out.fixed64(1, start)
  out.fixed64(2, end)
  out.bytes(3, ascii(region))
  out.varint(4, batchNumber)
  out.varint(5, batchSize)
  for (const info of signatureInfos) out.bytes(6, encodeSignatureInfo(info))
  writeKeys(out, KEYS, keys)
  writeKeys(out, REVISED_KEYS, revisedKeys)
  return out.view()
}

function writeKeys(out: FieldWriter, field: number, table: KeyTable): void {
  const message = new FieldWriter()
  for (let row = 0; row < table.length; row++) {
    message.clear()
    message.bytes(1, table.tek(row))
    const risk = table.transmissionRisk(row)
    if (risk !== undefined) message.varint(2, risk)
    message.varint(3, table.rollingStarts[row]!)
    // Written even where it is the default: some readers take a missing period for 0.
    message.varint(4, table.rollingPeriods[row]!)
    const type = table.reportType(row)
    if (type !== undefined) message.varint(5, REPORT_TYPES.indexOf(type))
    const days = table.daysSinceOnset(row)
    if (days !== undefined) message.sint32(6, days)
    out.bytes(field, message.view())
  }
}
