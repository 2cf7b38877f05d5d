import { ascii, concat, signature, u64 } from "../crypto/index.ts"
import { LindungError } from "./errors.ts"
import {
  isBy,
  type NoteKey,
  type NoteSignature,
  parseNote,
  parseSignatureLines,
  signatureLine,
  WITNESS_KEY,
} from "./note.ts"
import { Reader } from "./wire.ts"

/*
 * C2SP tlog-cosignature, Ed25519: a witness has seen this head, and every head that it saw before is part of it
 *
 *   signature = u64 time ‖ Ed25519("cosignature/v1\n" ‖ "time " ‖ time, decimal ‖ "\n" ‖ body of the note)
 */
const COSIGNATURE_BYTES = 8 + signature.SIGNATURE_BYTES

/** Which witnesses a reader of heads knows, and how many of them must have signed. */
export interface WitnessPolicy {
  readonly witnesses: readonly NoteKey[]
  readonly quorum: number
}

/** @param time unix seconds */
const message = (time: number, body: Uint8Array): Uint8Array => concat(ascii(`cosignature/v1\ntime ${time}\n`), body)

/** The line of a witness under a note. @param time unix seconds, whole @param seed the witness's 32-byte seed */
export function cosign(
  note: Uint8Array,
  name: string,
  seed: Uint8Array,
  time: number,
  curve = signature.ed25519,
): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(time) || time < 0) throw new RangeError(`time: expected whole seconds, got ${time}`)
  const { body } = parseNote(note)
  const signed = concat(u64(time, "time"), curve.sign(message(time, body), seed))
  return signatureLine({ name, publicKey: curve.verifyKey(seed) }, WITNESS_KEY, signed)
}

/**
 * When the witness signed, in unix seconds; undefined for a line of somebody else.
 * @throws LindungError signature when the line is the witness's by name and id, and does not verify
 */
function cosignedAt(line: NoteSignature, body: Uint8Array, key: NoteKey, curve: signature.Ed25519): number | undefined {
  if (!isBy(line, key, WITNESS_KEY)) return undefined
  if (line.signature.length === COSIGNATURE_BYTES) {
    const reader = new Reader("cosignature", line.signature)
    const time = reader.u64()
    if (curve.verify(message(time, body), reader.view(signature.SIGNATURE_BYTES), key.publicKey)) return time
  }
  throw new LindungError("signature", `checkpoint: the cosignature of ${key.name} does not verify`)
}

/** A witness's word about a note. */
export interface Cosignature {
  readonly witness: NoteKey
  /** Unix seconds by the witness's clock. */
  readonly time: number
}

/**
 * The cosignatures of known witnesses, each witness once; lines of others are passed over.
 * @param enough stops after so many: a phone verifies no more than its policy asks for
 * @throws LindungError format, or signature when a known witness's line does not verify
 */
export function cosignatures(
  note: Uint8Array,
  witnesses: readonly NoteKey[],
  enough = witnesses.length,
  curve = signature.ed25519,
): Cosignature[] {
  const { body, signatures } = parseNote(note)
  const found: Cosignature[] = []
  for (const witness of witnesses) {
    if (found.length >= enough) break
    const line = signatures.find(one => isBy(one, witness, WITNESS_KEY))
    const time = line && cosignedAt(line, body, witness, curve)
    if (time !== undefined) found.push({ witness, time })
  }
  return found
}

/**
 * The witness's line in what it answered, verified.
 * @throws LindungError format, signature, or not-witnessed when there is no line of this witness
 */
export function takeCosignature(
  answer: Uint8Array,
  note: Uint8Array,
  witness: NoteKey,
  curve = signature.ed25519,
): Uint8Array<ArrayBuffer> {
  const line = parseSignatureLines(answer).find(one => isBy(one, witness, WITNESS_KEY))
  if (line === undefined || cosignedAt(line, parseNote(note).body, witness, curve) === undefined)
    throw new LindungError("not-witnessed", `the answer of ${witness.name} has no line of its own`)
  return signatureLine(witness, WITNESS_KEY, line.signature)
}

/** @throws LindungError not-witnessed when fewer known witnesses signed than the policy asks for; format, signature */
export function requireQuorum(note: Uint8Array, { witnesses, quorum }: WitnessPolicy, curve = signature.ed25519): void {
  const found = cosignatures(note, witnesses, quorum, curve).length
  if (found < quorum)
    throw new LindungError("not-witnessed", `checkpoint: ${found} of the ${quorum} witnesses required have signed`)
}

/** What is wrong with a policy; undefined when it can be used. Two keys of one name or one key twice would count double. */
export function problemOfPolicy({ witnesses, quorum }: WitnessPolicy): string | undefined {
  const names = new Set(witnesses.map(({ name }) => name))
  const keys = new Set(witnesses.map(({ publicKey }) => publicKey.join()))
  if (names.size !== witnesses.length || keys.size !== witnesses.length) return "expected different witnesses"
  if (!Number.isSafeInteger(quorum) || quorum < 0 || quorum > witnesses.length)
    return `expected a quorum from 0 to ${witnesses.length}`
  return undefined
}
