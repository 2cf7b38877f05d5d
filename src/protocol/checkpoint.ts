import { ascii, base64, equal, fromAscii, fromBase64, requireBytes, requireU32, signature } from "../crypto/index.ts"
import { LindungError } from "./errors.ts"
import { encodeNote, isBy, LOG_KEY, type NoteKey, parseNote, signatureLine } from "./note.ts"
import { malformed } from "./wire.ts"

/*
 * checkpoint: a C2SP signed note (note.ts) with a tlog-checkpoint body and one extension line
 *
 *   <origin>\n
 *   <size>\n
 *   <base64 root>\n
 *   bucket <n>\n
 *
 * The bucket is how staleness and wrong clocks are judged (protocol §9).
 */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  /** The newest bucket whose batch is in the log. */
  readonly bucket: number
}

const ORIGIN = /^[!-~]+$/

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
  const body = encodeBody(checkpoint)
  const key = { name, publicKey: curve.verifyKey(seed) }
  return encodeNote(body, signatureLine(key, LOG_KEY, curve.sign(body, seed)))
}

/** The line of another key under a note: for a log that changes its key. @param seed the other key's seed */
export function countersign(
  note: Uint8Array,
  name: string,
  seed: Uint8Array,
  curve = signature.ed25519,
): Uint8Array<ArrayBuffer> {
  const key = { name, publicKey: curve.verifyKey(seed) }
  return signatureLine(key, LOG_KEY, curve.sign(parseNote(note).body, seed))
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

/** Of which log a note says it is: to find the key with which to verify it. @throws LindungError format */
export const checkpointOrigin = (note: Uint8Array): string => parseBody(parseNote(note).body).origin

/** Whether two heads say the same, whoever signed them. */
export const isSameHead = (a: Checkpoint, b: Checkpoint): boolean =>
  a.origin === b.origin && a.size === b.size && a.bucket === b.bucket && equal(a.root, b.root)

/**
 * The checkpoint, when the key signed it. Signature lines of other keys (witnesses, a key that is being changed) are
 * passed over.
 * @throws LindungError format for a damaged note, signature when the key's signature is missing or wrong
 */
export function verifyCheckpoint(note: Uint8Array, key: NoteKey, curve = signature.ed25519): Checkpoint {
  const { body, signatures } = parseNote(note)
  const checkpoint = parseBody(body)
  if (checkpoint.origin !== key.name) throw new LindungError("signature", "checkpoint: of another log")
  const own = signatures.find(line => isBy(line, key, LOG_KEY))
  if (own === undefined) throw new LindungError("signature", "checkpoint: not signed by the log's key")
  if (own.signature.length === signature.SIGNATURE_BYTES && curve.verify(body, own.signature, key.publicKey))
    return checkpoint
  throw new LindungError("signature", "checkpoint: the log's signature does not verify")
}
