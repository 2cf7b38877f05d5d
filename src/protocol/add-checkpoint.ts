import { ascii, base64, concat, fromAscii, fromBase64 } from "../crypto/index.ts"
import { MAX_NOTE_BYTES } from "./note.ts"
import { malformed } from "./wire.ts"

/*
 * C2SP tlog-witness: POST <witness>/add-checkpoint
 *
 *   old <size>\n
 *   <base64 hash>\n     (consistency proof, up to 63)
 *   \n
 *   <signed note>
 *
 * 200: signature lines of the witness · 409: its size in decimal, text/x.tlog.size, or a head of this size with another
 * root · 422: the proof does not hold · 404: an unknown log · 403: not signed by it · 400: damaged
 */
export const ADD_CHECKPOINT_PATH = "/add-checkpoint"
export const TLOG_SIZE_TYPE = "text/x.tlog.size"
const MAX_PROOF = 63
const LINE_BYTES = 45
export const MAX_ADD_CHECKPOINT_BYTES = 64 + MAX_PROOF * LINE_BYTES + MAX_NOTE_BYTES

export interface AddCheckpoint {
  /** The size of the head that the witness cosigned last; 0 for none. */
  readonly oldSize: number
  readonly proof: readonly Uint8Array[]
  readonly note: Uint8Array
}

const what = "add-checkpoint"

export function encodeAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): Uint8Array<ArrayBuffer> {
  if (proof.length > MAX_PROOF) throw new RangeError(`proof: expected up to ${MAX_PROOF} hashes, got ${proof.length}`)
  return concat(ascii(`old ${oldSize}\n${proof.map(hash => `${base64(hash)}\n`).join("")}\n`), note)
}

/** @throws LindungError format */
export function parseAddCheckpoint(bytes: Uint8Array): AddCheckpoint {
  if (bytes.length > MAX_ADD_CHECKPOINT_BYTES) throw malformed(what, `longer than ${MAX_ADD_CHECKPOINT_BYTES} bytes`)
  const lines: string[] = []
  for (let start = 0, i = 0; i < bytes.length; i++) {
    if (bytes[i] !== 0x0a) continue
    if (i === start) return { ...parseLines(lines), note: bytes.slice(i + 1) }
    if (lines.length > MAX_PROOF) throw malformed(what, `more than ${MAX_PROOF} hashes`)
    lines.push(fromAscii(bytes.subarray(start, i)))
    start = i + 1
  }
  throw malformed(what, "no blank line before the checkpoint")
}

function parseLines([first = "", ...hashes]: readonly string[]): Pick<AddCheckpoint, "oldSize" | "proof"> {
  const [, size] = /^old (0|[1-9][0-9]{0,15})$/.exec(first) ?? []
  const oldSize = Number(size)
  if (size === undefined || !Number.isSafeInteger(oldSize)) throw malformed(what, "expected a line with the old size")
  const proof = hashes.map(line => {
    const hash = fromBase64(line)
    if (hash?.length !== 32) throw malformed(what, "expected hashes of 32 bytes in base 64")
    return hash
  })
  return { oldSize, proof }
}

/** The size in the answer of a witness that has seen another head last. @throws LindungError format */
export function parseTlogSize(body: Uint8Array): number {
  const text = body.length <= 20 ? fromAscii(body) : ""
  const [, size] = /^(0|[1-9][0-9]{0,15})\n$/.exec(text) ?? []
  if (size === undefined || !Number.isSafeInteger(Number(size))) throw malformed("size of a witness", "not a number")
  return Number(size)
}
