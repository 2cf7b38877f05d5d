import { ascii, base64, concat, equal, fromAscii, fromBase64, fromHex, hex, sha256 } from "../crypto/index.ts"
import { malformed } from "./wire.ts"

/*
 * C2SP signed note
 *
 *   <text, its last newline included>
 *   \n
 *   — <key name> <base64(key id ‖ signature)>\n   (one or more)
 *
 * key id = first four bytes of H(name ‖ 0x0A ‖ type ‖ public key); type 1 is a log's Ed25519 key, 4 that of a witness.
 */

/** A key that signs notes: its name and public key, written `name+keyid+base64(type ‖ key)`. */
export interface NoteKey {
  readonly name: string
  readonly publicKey: Uint8Array
}

export const LOG_KEY = 1
export const WITNESS_KEY = 4
type NoteKeyType = typeof LOG_KEY | typeof WITNESS_KEY

export interface NoteSignature {
  readonly name: string
  /** Four bytes. */
  readonly id: Uint8Array
  readonly signature: Uint8Array
}

const NEWLINE = Uint8Array.of(0x0a)
export const MAX_NOTE_BYTES = 16_384
const MAX_SIGNATURES = 64
// U+2014 EM DASH in UTF-8: the only character outside ASCII, and TextDecoder is not everywhere.
const DASH = Uint8Array.of(0xe2, 0x80, 0x94)
const NAME = /^[!-*,-~]{1,255}$/
const MAX_KEY_TEXT = 512

const keyId = ({ name, publicKey }: NoteKey, type: NoteKeyType): Uint8Array =>
  sha256(ascii(name), NEWLINE, Uint8Array.of(type), publicKey).slice(0, 4)

const encodeKey = (key: NoteKey, type: NoteKeyType): string =>
  `${key.name}+${hex(keyId(key, type))}+${base64(concat(Uint8Array.of(type), key.publicKey))}`

function parseKey(text: string, type: NoteKeyType, whose: string): NoteKey {
  const short = text.length <= MAX_KEY_TEXT ? text : ""
  const [, name = "", id = "", data = ""] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/.exec(short) ?? []
  const bytes = fromBase64(data)
  if (!NAME.test(name) || bytes?.length !== 33 || bytes[0] !== type)
    throw malformed("note key", `expected name+keyid+base64 of the Ed25519 key of a ${whose}`)
  const key = { name, publicKey: bytes.subarray(1) }
  if (!equal(keyId(key, type), fromHex(id))) throw malformed("note key", "the key id does not fit name and key")
  return key
}

export const encodeNoteKey = (key: NoteKey): string => encodeKey(key, LOG_KEY)
/** @throws LindungError format */
export const parseNoteKey = (text: string): NoteKey => parseKey(text, LOG_KEY, "log")
export const encodeWitnessKey = (key: NoteKey): string => encodeKey(key, WITNESS_KEY)
/** @throws LindungError format */
export const parseWitnessKey = (text: string): NoteKey => parseKey(text, WITNESS_KEY, "witness")

/** The line that says of a text: signed by this key. */
export function signatureLine(key: NoteKey, type: NoteKeyType, signature: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!NAME.test(key.name)) throw new RangeError("name: expected printable ASCII without space or +")
  return concat(DASH, ascii(` ${key.name} ${base64(concat(keyId(key, type), signature))}\n`))
}

/** A text and the first of its signature lines. */
export const encodeNote = (body: Uint8Array, line: Uint8Array): Uint8Array<ArrayBuffer> => concat(body, NEWLINE, line)

/** Whether the line bears the key's name and id; what it says is yet to be verified. */
export const isBy = (line: NoteSignature, key: NoteKey, type: NoteKeyType): boolean =>
  line.name === key.name && equal(line.id, keyId(key, type))

/** Signature lines, one after the other. @throws LindungError format */
export function parseSignatureLines(bytes: Uint8Array): NoteSignature[] {
  if (bytes.length > MAX_NOTE_BYTES) throw malformed("note", "too long")
  const lines: NoteSignature[] = []
  let start = 0
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== 0x0a) continue
    if (!DASH.every((byte, k) => bytes[start + k] === byte)) throw malformed("note", "a signature line without dash")
    if (lines.length === MAX_SIGNATURES) throw malformed("note", `more than ${MAX_SIGNATURES} signatures`)
    lines.push(parseLine(fromAscii(bytes.subarray(start + DASH.length, i))))
    start = i + 1
  }
  if (start !== bytes.length || lines.length === 0) throw malformed("note", "damaged signature lines")
  return lines
}

function parseLine(text: string): NoteSignature {
  const [, name = "", data = ""] = /^ ([^ ]+) ([^ ]+)$/.exec(text) ?? []
  const bytes = fromBase64(data)
  if (!NAME.test(name) || bytes === undefined || bytes.length < 5) throw malformed("note", "a damaged signature line")
  return { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) }
}

/** The text of a note with its last newline, and its signatures, none of them verified. @throws LindungError format */
export function parseNote(note: Uint8Array): { body: Uint8Array; signatures: NoteSignature[] } {
  if (note.length > MAX_NOTE_BYTES) throw malformed("note", "too long")
  let gap = -1
  for (let i = 1; i < note.length && gap < 0; i++) if (note[i] === 0x0a && note[i - 1] === 0x0a) gap = i
  if (gap < 0) throw malformed("note", "no blank line before the signatures")
  return { body: note.subarray(0, gap), signatures: parseSignatureLines(note.subarray(gap + 1)) }
}
