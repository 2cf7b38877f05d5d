import {
  ascii,
  base64,
  concat,
  equal,
  fromAscii,
  fromBase64,
  fromHex,
  hex,
  requireBytes,
  requireU32,
  sha256,
  signature,
} from "../crypto/index.ts"
import { LindungError } from "./errors.ts"
import { malformed } from "./wire.ts"

/*
 * checkpoint: a C2SP signed note with a tlog-checkpoint body and one extension line
 *
 *   <origin>\n
 *   <size>\n
 *   <base64 root>\n
 *   bucket <n>\n
 *   \n
 *   — <key name> <base64(key id ‖ Ed25519 signature of the body)>\n   (one or more; witnesses sign too)
 *
 * key id = first four bytes of H(name ‖ 0x0A ‖ 0x01 ‖ public key). The bucket is how staleness and wrong clocks are
 * judged (protocol §9).
 */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  /** The newest bucket whose batch is in the log. */
  readonly bucket: number
}

/** A key that signs notes: its name and public key, written `name+keyid+base64(0x01 ‖ key)` (C2SP signed-note). */
export interface NoteKey {
  readonly name: string
  readonly publicKey: Uint8Array
}

const ED25519 = Uint8Array.of(1)
const NEWLINE = Uint8Array.of(0x0a)
const MAX_NOTE_BYTES = 16_384
const MAX_SIGNATURES = 64
// U+2014 EM DASH in UTF-8: the only character outside ASCII, and TextDecoder is not everywhere.
const DASH = Uint8Array.of(0xe2, 0x80, 0x94)
const NAME = /^[!-*,-~]{1,255}$/
const ORIGIN = /^[!-~]+$/

const noteKeyId = ({ name, publicKey }: NoteKey): Uint8Array =>
  sha256(ascii(name), NEWLINE, ED25519, publicKey).slice(0, 4)

export const encodeNoteKey = (key: NoteKey): string =>
  `${key.name}+${hex(noteKeyId(key))}+${base64(concat(ED25519, key.publicKey))}`

/** @throws LindungError format */
export function parseNoteKey(text: string): NoteKey {
  const [, name = "", id = "", data = ""] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/.exec(text) ?? []
  const bytes = fromBase64(data)
  if (!NAME.test(name) || bytes?.length !== 33 || bytes[0] !== 1)
    throw malformed("note key", "expected name+keyid+base64 of an Ed25519 key")
  const key = { name, publicKey: bytes.subarray(1) }
  if (!equal(noteKeyId(key), fromHex(id))) throw malformed("note key", "the key id does not fit name and key")
  return key
}

function encodeBody({ origin, size, root, bucket }: Checkpoint): Uint8Array {
  if (!ORIGIN.test(origin)) throw new RangeError("origin: expected printable ASCII without space")
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`size: expected a number of leaves, got ${size}`)
  requireBytes("root", 32, root)
  requireU32("bucket", bucket)
  return ascii(`${origin}\n${size}\n${base64(root)}\nbucket ${bucket}\n`)
}

/** One signature line over a checkpoint. @param seed the 32-byte signing seed of `name` */
export function signCheckpoint(
  checkpoint: Checkpoint,
  name: string,
  seed: Uint8Array,
  curve = signature.ed25519,
): Uint8Array<ArrayBuffer> {
  if (!NAME.test(name)) throw new RangeError("name: expected printable ASCII without space or +")
  const body = encodeBody(checkpoint)
  const id = noteKeyId({ name, publicKey: curve.verifyKey(seed) })
  const line = ascii(` ${name} ${base64(concat(id, curve.sign(body, seed)))}\n`)
  return concat(body, NEWLINE, DASH, line)
}

function splitNote(note: Uint8Array): { body: Uint8Array; lines: string[] } {
  if (note.length > MAX_NOTE_BYTES) throw malformed("checkpoint", "too long")
  let gap = -1
  for (let i = 1; i < note.length && gap < 0; i++) if (note[i] === 0x0a && note[i - 1] === 0x0a) gap = i
  if (gap < 0) throw malformed("checkpoint", "no blank line before the signatures")
  const lines: string[] = []
  let start = gap + 1
  for (let i = start; i < note.length; i++) {
    if (note[i] !== 0x0a) continue
    if (!DASH.every((byte, k) => note[start + k] === byte))
      throw malformed("checkpoint", "a signature line without dash")
    lines.push(fromAscii(note.subarray(start + DASH.length, i)))
    start = i + 1
  }
  if (start !== note.length || lines.length === 0 || lines.length > MAX_SIGNATURES)
    throw malformed("checkpoint", "damaged signature lines")
  return { body: note.subarray(0, gap), lines }
}

/** The fields, unverified. @throws LindungError format */
function parseBody(body: Uint8Array): Checkpoint {
  const text = fromAscii(body)
  const match = /^([!-~]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\nbucket (0|[1-9][0-9]{0,9})\n$/.exec(text)
  const [, origin = "", size = "", root = "", bucket = ""] = match ?? []
  const rootBytes = fromBase64(root)
  if (match === null || rootBytes === undefined) throw malformed("checkpoint", "damaged body")
  const checkpoint = { origin, size: Number(size), root: rootBytes, bucket: Number(bucket) }
  if (!Number.isSafeInteger(checkpoint.size) || checkpoint.bucket >= 2 ** 32)
    throw malformed("checkpoint", "a huge number")
  return checkpoint
}

/**
 * The checkpoint, when the key signed it. Signature lines of other keys (witnesses) are passed over.
 * @throws LindungError format for a damaged note, signature when the key's signature is missing or wrong
 */
export function verifyCheckpoint(note: Uint8Array, key: NoteKey, curve = signature.ed25519): Checkpoint {
  const { body, lines } = splitNote(note)
  const checkpoint = parseBody(body)
  if (checkpoint.origin !== key.name) throw new LindungError("signature", "checkpoint: of another log")
  const id = noteKeyId(key)
  for (const line of lines) {
    const [, name = "", data = ""] = /^ ([^ ]+) ([^ ]+)$/.exec(line) ?? []
    const bytes = fromBase64(data)
    if (!NAME.test(name) || bytes === undefined || bytes.length < 5)
      throw malformed("checkpoint", "damaged signature line")
    if (name !== key.name || !equal(bytes.subarray(0, 4), id)) continue
    if (bytes.length === 4 + signature.SIGNATURE_BYTES && curve.verify(body, bytes.subarray(4), key.publicKey))
      return checkpoint
    throw new LindungError("signature", "checkpoint: the log's signature does not verify")
  }
  throw new LindungError("signature", "checkpoint: not signed by the log's key")
}
