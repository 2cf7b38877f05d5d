import { Inflate, zipSync } from "fflate"
import { MAX_ARCHIVE_BYTES } from "./archive-batch.ts"
import { ExportError, type ExportErrorCode } from "./export-error.ts"

/** Bounds that hold before anything is inflated. The largest real exports have 600,000 keys: 17 MB, packed 11 MB. */
export interface ExportLimits {
  /** Bytes of the zip file. */
  readonly packedBytes: number
  /** Bytes of export.bin. */
  readonly unpackedBytes: number
}

export const EXPORT_LIMITS: ExportLimits = { packedBytes: MAX_ARCHIVE_BYTES, unpackedBytes: 64 * 2 ** 20 }
/** export.sig: ten signatures take 2 KB. */
const SIGNATURE_MEMBER_BYTES = 65_536
/** Real archives have two or three members; those packed by hand with a Mac up to seven. */
const MAX_MEMBERS = 64
/** Deflate makes at most 1,032 bytes of one: a piece of this size gives at most 34 MB before the count is looked at. */
const PIECE_BYTES = 32_768

const END_RECORD = 0x06054b50
const END_RECORD_BYTES = 22
const MAX_COMMENT_BYTES = 65_535
const CENTRAL_ENTRY = 0x02014b50
const CENTRAL_ENTRY_BYTES = 46
const LOCAL_ENTRY = 0x04034b50
const LOCAL_ENTRY_BYTES = 30
const ENCRYPTED = 1
const STORED = 0
const DEFLATED = 8

interface Member {
  readonly name: string
  readonly method: number
  readonly flags: number
  readonly checksum: number
  readonly packed: number
  readonly unpacked: number
  readonly localEntry: number
}

/** The two members of an export. Whatever else is in the archive is never inflated. */
export interface Members {
  readonly bin: Uint8Array<ArrayBuffer>
  readonly sig: Uint8Array<ArrayBuffer>
}

/**
 * export.bin and export.sig of an archive. Sizes come from the central directory: most servers write their archives
 * as a stream, with sizes of 0 in front of the data.
 * @throws ExportError
 */
export function unzipExport(file: string, zip: Uint8Array, limits: ExportLimits): Members {
  const fail = (code: ExportErrorCode, field: string, detail: string, cause?: unknown) =>
    new ExportError(code, file, field, detail, cause)
  if (zip.length > limits.packedBytes)
    throw fail("too-large", "zip", `${zip.length} bytes, at most ${limits.packedBytes} are read`)
  const view = new DataView(zip.buffer, zip.byteOffset, zip.length)
  const members = centralDirectory(view, fail)
  const pick = (name: string, limit: number): Uint8Array<ArrayBuffer> => {
    const found = members.filter(member => member.name === name)
    const [member] = found
    if (member === undefined) {
      const others = members.map(other => other.name).filter(other => other !== "export.bin" && other !== "export.sig")
      if (others.length === 0) throw fail("member-missing", name, "not in the archive")
      throw fail("member-name", name, `not in the archive; ${others.length} members have other names`)
    }
    if (found.length > 1) throw fail("member-repeated", name, `${found.length} members have this name`)
    if (member.unpacked > limit)
      throw fail("too-large", name, `${member.unpacked} bytes unpacked, at most ${limit} are read`)
    return unpack(view, zip, member, fail)
  }
  return { bin: pick("export.bin", limits.unpackedBytes), sig: pick("export.sig", SIGNATURE_MEMBER_BYTES) }
}

type Fail = (code: ExportErrorCode, field: string, detail: string, cause?: unknown) => ExportError

function endRecord(view: DataView, fail: Fail): number {
  const last = view.byteLength - END_RECORD_BYTES
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--)
    if (view.getUint32(at, true) === END_RECORD && view.getUint16(at + 20, true) === last - at) return at
  const begun = view.byteLength >= 4 && view.getUint32(0, true) === LOCAL_ENTRY
  throw begun
    ? fail("truncated", "zip", "begins as an archive but has no end of central directory")
    : fail("not-a-zip", "zip", "no end of central directory")
}

function centralDirectory(view: DataView, fail: Fail): Member[] {
  const end = endRecord(view, fail)
  const count = view.getUint16(end + 10, true)
  const start = view.getUint32(end + 16, true)
  const size = view.getUint32(end + 12, true)
  if (count === 0xffff || start === 0xffffffff) throw fail("zip-unsupported", "zip", "zip64")
  if (view.getUint16(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count)
    throw fail("zip-unsupported", "zip", "an archive in several parts")
  if (count > MAX_MEMBERS) throw fail("too-large", "zip", `${count} members, at most ${MAX_MEMBERS} are looked at`)
  if (start + size > end) throw fail("zip-damaged", "zip", "the central directory lies outside the file")
  const members: Member[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_ENTRY_BYTES > start + size || view.getUint32(at, true) !== CENTRAL_ENTRY)
      throw fail("zip-damaged", "zip", `entry ${i} of the central directory is damaged`)
    const nameBytes = view.getUint16(at + 28, true)
    const next = at + CENTRAL_ENTRY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
    if (next > start + size) throw fail("zip-damaged", "zip", `entry ${i} of the central directory is damaged`)
    members.push({
      name: nameAt(view, at + CENTRAL_ENTRY_BYTES, nameBytes),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      unpacked: view.getUint32(at + 24, true),
      localEntry: view.getUint32(at + 42, true),
    })
    at = next
  }
  return members
}

// The two names that matter are ASCII; others are only counted, so that their encoding does not matter.
function nameAt(view: DataView, at: number, length: number): string {
  let name = ""
  for (let i = 0; i < Math.min(length, 64); i++) name += String.fromCharCode(view.getUint8(at + i))
  return length > 64 ? `${name}…` : name
}

function unpack(view: DataView, zip: Uint8Array, member: Member, fail: Fail): Uint8Array<ArrayBuffer> {
  const { name, method, packed, unpacked, localEntry } = member
  if ((member.flags & ENCRYPTED) !== 0) throw fail("zip-unsupported", name, "encrypted")
  if (method !== STORED && method !== DEFLATED) throw fail("zip-unsupported", name, `compression method ${method}`)
  if (localEntry + LOCAL_ENTRY_BYTES > zip.length || view.getUint32(localEntry, true) !== LOCAL_ENTRY)
    throw fail("zip-damaged", name, "its local header is not where the central directory says")
  const localName = nameAt(view, localEntry + LOCAL_ENTRY_BYTES, view.getUint16(localEntry + 26, true))
  if (localName !== name) throw fail("zip-damaged", name, "the two headers name it differently")
  const variable = view.getUint16(localEntry + 26, true) + view.getUint16(localEntry + 28, true)
  const start = localEntry + LOCAL_ENTRY_BYTES + variable
  if (start + packed > zip.length) throw fail("truncated", name, "its data lie beyond the end of the file")
  const data = zip.subarray(start, start + packed)
  const out = method === STORED ? new Uint8Array(data) : inflate(data, unpacked, name, fail)
  if (out.length !== unpacked) throw fail("zip-damaged", name, `${out.length} bytes, ${unpacked} declared`)
  if (crc32(out) !== member.checksum) throw fail("zip-damaged", name, "the checksum does not match")
  return out
}

/** Stops as soon as there is one byte more than declared, however much the rest would make. */
function inflate(data: Uint8Array, unpacked: number, name: string, fail: Fail): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(unpacked)
  let at = 0
  const stream = new Inflate(chunk => {
    if (at + chunk.length > unpacked)
      throw fail("too-large", name, `inflates to more than the ${unpacked} bytes declared`)
    out.set(chunk, at)
    at += chunk.length
  })
  try {
    for (let from = 0; from < data.length; from += PIECE_BYTES)
      stream.push(data.subarray(from, from + PIECE_BYTES), from + PIECE_BYTES >= data.length)
  } catch (error) {
    throw error instanceof ExportError ? error : fail("zip-damaged", name, "the deflated data are damaged", error)
  }
  return out.subarray(0, at)
}

/** CRC-32 of ISO 3309, as zip has it. */
function crc32(input: Uint8Array): number {
  const table = Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
    return c
  })
  let crc = 0xffffffff
  for (let i = 0; i < input.length; i++) crc = (crc >>> 8) ^ table[(crc ^ input[i]!) & 0xff]!
  return (crc ^ 0xffffffff) >>> 0
}

// The earliest time a zip can carry. Read as local time on both ways, so that the bytes are the same in every zone.
const NO_TIME = "1980-01-01T00:00:00"

/** The archive: two members, no times, no attributes; the same members give the same bytes. */
export function zipExport({ bin, sig }: { bin: Uint8Array; sig: Uint8Array }): Uint8Array<ArrayBuffer> {
  return zipSync({ "export.bin": bin, "export.sig": sig }, { level: 6, mtime: NO_TIME }) as Uint8Array<ArrayBuffer>
}
