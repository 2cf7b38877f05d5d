import { ascii, concat, equal, fromAscii, merkle, signature, u16, u64 } from "../crypto/index.ts"
import { type Checkpoint, verifyCheckpoint } from "./checkpoint.ts"
import { LEAF_BYTES, type Leaf, parseLeaf } from "./leaf.ts"
import { encodeNoteKey, MAX_NOTE_BYTES, type NoteKey, parseNoteKey } from "./note.ts"
import { Reader } from "./wire.ts"

/*
 * proof of misbehaviour: statements that a log has signed and that cannot all be honest. Whoever holds the log's key
 * verifies it without asking anybody.
 *   4    "LNDM"
 *   u8   version, 1
 *   u8   kind
 *   u16  length ‖ the log's key, as text
 * then, hashes being u8 count ‖ count × 32 bytes and a note being u16 length ‖ bytes:
 *
 * 1 histories: the smaller head is not a beginning of the larger one (two roots of one size are the simplest case)
 *   note ‖ note ‖ 32 the root that the larger tree has at the smaller size ‖ hashes: consistency proof of that
 * 2 bucket: the larger head is of an earlier bucket, or two heads of one size are of two
 *   note ‖ note
 * 3 order: a batch that is not after the one before it, or the same one again
 *   note ‖ 2 × (u64 index ‖ 46 leaf ‖ hashes: inclusion proof)
 */
export type Misbehaviour =
  | {
      readonly kind: "histories"
      /** The smaller head first. */
      readonly notes: readonly [Uint8Array, Uint8Array]
      /** The root of the larger head's first leaves, as many as the smaller head has. */
      readonly root: Uint8Array
      readonly proof: readonly Uint8Array[]
    }
  | { readonly kind: "bucket"; readonly notes: readonly [Uint8Array, Uint8Array] }
  | { readonly kind: "order"; readonly note: Uint8Array; readonly leaves: readonly [ProvenLeaf, ProvenLeaf] }

export interface ProvenLeaf {
  readonly index: number
  readonly leaf: Uint8Array
  readonly proof: readonly Uint8Array[]
}

const MAGIC = ascii("LNDM")
const KINDS = ["histories", "bucket", "order"] as const
const MAX_HASHES = 64
const HASH_BYTES = 32
const MAX_HEADER_BYTES = 4 + 1 + 1 + 2 + 512
/** The longest: two notes and the proofs that belong to them. */
export const MAX_MISBEHAVIOUR_BYTES =
  MAX_HEADER_BYTES + 2 * (2 + MAX_NOTE_BYTES) + 2 * (8 + LEAF_BYTES + 1 + MAX_HASHES * HASH_BYTES)

const field = (bytes: Uint8Array): Uint8Array => concat(u16(bytes.length), bytes)
const hashes = (list: readonly Uint8Array[]): Uint8Array => concat(Uint8Array.of(list.length), ...list)

export function encodeMisbehaviour(log: NoteKey, shown: Misbehaviour): Uint8Array<ArrayBuffer> {
  const head = concat(MAGIC, Uint8Array.of(1, KINDS.indexOf(shown.kind) + 1), field(ascii(encodeNoteKey(log))))
  if (shown.kind === "order") {
    const leaves = shown.leaves.map(({ index, leaf, proof }) => concat(u64(index, "index"), leaf, hashes(proof)))
    return concat(head, field(shown.note), ...leaves)
  }
  const notes = shown.notes.map(field)
  return shown.kind === "bucket" ? concat(head, ...notes) : concat(head, ...notes, shown.root, hashes(shown.proof))
}

function parse(bytes: Uint8Array): { log: NoteKey; shown: Misbehaviour } {
  const reader = new Reader("proof of misbehaviour", bytes)
  if (bytes.length > MAX_MISBEHAVIOUR_BYTES) throw reader.error(`longer than ${MAX_MISBEHAVIOUR_BYTES} bytes`)
  const taken = (): Uint8Array => reader.take(reader.u16())
  const list = (): Uint8Array[] => {
    const count = reader.u8()
    if (count > MAX_HASHES) throw reader.error(`more than ${MAX_HASHES} hashes`)
    return Array.from({ length: count }, () => reader.take(HASH_BYTES))
  }
  const proven = (): ProvenLeaf => ({ index: reader.u64(), leaf: reader.take(LEAF_BYTES), proof: list() })
  reader.expect(MAGIC, "magic")
  if (reader.u8() !== 1) throw reader.error("unknown version")
  const kind = KINDS[reader.u8() - 1]
  if (kind === undefined) throw reader.error("unknown kind")
  const log = parseNoteKey(fromAscii(taken()))
  let shown: Misbehaviour
  if (kind === "order") shown = { kind, note: taken(), leaves: [proven(), proven()] }
  else if (kind === "bucket") shown = { kind, notes: [taken(), taken()] }
  else shown = { kind, notes: [taken(), taken()], root: reader.take(HASH_BYTES), proof: list() }
  reader.end()
  return { log, shown }
}

/** (bucket, design) of two batches: whether the second may come after the first. */
export const isAfter = (first: Leaf, second: Leaf): boolean =>
  second.bucket > first.bucket || (second.bucket === first.bucket && second.design > first.design)

/** What a log has done, by its own signatures. */
export interface Verdict {
  readonly kind: Misbehaviour["kind"]
  /** The log's key that the proof carries: it says something only of whoever is known to hold that key. */
  readonly log: NoteKey
  readonly heads: readonly Checkpoint[]
  /** One sentence for people. */
  readonly says: string
}

/**
 * Verifies a proof of misbehaviour; nothing but the file is needed.
 * @throws LindungError format for a damaged file, or one whose statements do not contradict each other; signature when
 *   the log's key did not sign them
 */
export function verifyMisbehaviour(bytes: Uint8Array, curve = signature.ed25519): Verdict {
  const { log, shown } = parse(bytes)
  const notes = shown.kind === "order" ? [shown.note] : shown.notes
  const heads = notes.map(note => verifyCheckpoint(note, log, curve))
  const says = contradiction(shown, heads)
  if (says === undefined) throw new Reader("proof of misbehaviour", bytes).error("the statements do not contradict")
  return { kind: shown.kind, log, heads, says }
}

function contradiction(shown: Misbehaviour, heads: readonly Checkpoint[]): string | undefined {
  const [first, second] = heads as readonly [Checkpoint, Checkpoint]
  if (shown.kind === "histories") {
    const { root, proof } = shown
    const isOther = !equal(first.root, root)
    if (!isOther || !merkle.verifyConsistency(first.size, second.size, root, second.root, proof)) return undefined
    return `two histories: the first ${first.size} leaves of the log of ${second.size} are not those that were signed before`
  }
  if (shown.kind === "bucket") {
    const isBack = first.size < second.size && second.bucket < first.bucket
    const isTwo = first.size === second.size && first.bucket !== second.bucket
    if (!isBack && !isTwo) return undefined
    return `the head of ${second.size} leaves is of bucket ${second.bucket}, that of ${first.size} leaves of bucket ${first.bucket}`
  }
  const isIn = ({ index, leaf, proof }: ProvenLeaf): boolean =>
    merkle.verifyInclusion(index, first.size, merkle.leafHash(leaf), proof, first.root)
  const [earlier, later] = shown.leaves
  const [before, after] = [parseLeaf(earlier.leaf), parseLeaf(later.leaf)]
  const areBatches = before.type === "batch" && after.type === "batch"
  if (earlier.index >= later.index || !areBatches || isAfter(before, after) || !isIn(earlier) || !isIn(later))
    return undefined
  return `the batch of bucket ${after.bucket} is logged behind that of bucket ${before.bucket}, as leaves ${later.index} and ${earlier.index}`
}

/**
 * What two heads signed by one key prove against it.
 * @param proof leads from the smaller tree to the larger one, whose `root` at the smaller size it says
 */
export function contradictionOf(
  log: NoteKey,
  [a, b]: readonly [{ note: Uint8Array; head: Checkpoint }, { note: Uint8Array; head: Checkpoint }],
  proof?: { readonly root: Uint8Array; readonly hashes: readonly Uint8Array[] },
): Uint8Array<ArrayBuffer> | undefined {
  const [first, second] = a.head.size <= b.head.size ? [a, b] : [b, a]
  const notes = [first.note, second.note] as const
  const candidates: Misbehaviour[] = [
    { kind: "histories", notes, root: second.head.root, proof: [] },
    { kind: "bucket", notes },
  ]
  if (proof !== undefined) candidates.unshift({ kind: "histories", notes, root: proof.root, proof: proof.hashes })
  const heads = [first.head, second.head]
  const found = candidates.find(shown => contradiction(shown, heads) !== undefined)
  return found && encodeMisbehaviour(log, found)
}
