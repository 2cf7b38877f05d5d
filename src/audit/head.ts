import { equal, type signature, time } from "../crypto/index.ts"
import {
  type Checkpoint,
  cosignatures,
  LindungError,
  type NoteKey,
  PATHS,
  verifyCheckpoint,
} from "../protocol/index.ts"
import type { TreeFiles } from "./files.ts"
import type { Findings } from "./findings.ts"

/** As a phone has it: one bucket is being published, one may be late (docs/specification/time.md). */
const MAX_STALE_BUCKETS = 3
/** As a phone has it: thousands of years of batches. */
const MAX_LEAVES = 2 ** 26
/** What this audit keeps in memory: two centuries of one design. */
const MAX_AUDITED_LEAVES = 2 ** 20
const MAX_NOTE_BYTES = 16_384

export interface HeadChecks {
  /** The log's key as apps pin it, never as the server that is audited gives it. */
  readonly logKey: NoteKey
  /** An earlier head of this log, as a note. */
  readonly since?: Uint8Array
  /** Witnesses that should have cosigned. */
  readonly witnesses?: readonly NoteKey[]
  /** Unix seconds. */
  readonly now: number
  readonly ed25519?: signature.Ed25519
}

/** A note's checkpoint, or undefined when no phone would take it. */
function readHead(
  note: Uint8Array,
  where: string,
  { logKey, ed25519 }: HeadChecks,
  findings: Findings,
): Checkpoint | undefined {
  try {
    return verifyCheckpoint(note, logKey, ed25519)
  } catch (error) {
    if (!(error instanceof LindungError)) throw error
    findings.add(error.code === "signature" ? "head-signature" : "head-malformed", where, error.message)
    return undefined
  }
}

export interface Heads {
  readonly head: Checkpoint
  /** The earlier head that this one has to continue; its tree is looked at with the tiles. */
  readonly since?: Checkpoint
}

/**
 * The signed head, and what of it can be judged without the tree.
 * @throws LindungError not-found when there is no checkpoint: then there is no log to be audited; too-large for more
 *   leaves than an audit can hold
 */
export async function auditHead(files: TreeFiles, checks: HeadChecks, findings: Findings): Promise<Heads | undefined> {
  const note = await files.read(PATHS.checkpoint, MAX_NOTE_BYTES)
  if (note === undefined) throw new LindungError("not-found", `${PATHS.checkpoint} is not there: this is no log`)
  const head = readHead(note, PATHS.checkpoint, checks, findings)
  if (head === undefined) return undefined
  auditWitnesses(note, checks, findings)
  if (head.size < 1 || head.size > MAX_LEAVES) {
    findings.add("head-size", PATHS.checkpoint, `${head.size} leaves; a log has 1 to ${MAX_LEAVES}`)
    return undefined
  }
  if (head.size > MAX_AUDITED_LEAVES)
    throw new LindungError("too-large", `${head.size} leaves; this audit takes up to ${MAX_AUDITED_LEAVES}`)
  const current = time.bucket(checks.now)
  if (head.bucket > current)
    findings.add("head-ahead", PATHS.checkpoint, `bucket ${head.bucket} is closed, and this is bucket ${current}`)
  const behind = current - 1 - head.bucket
  if (behind > MAX_STALE_BUCKETS)
    findings.add("head-stale", PATHS.checkpoint, `the newest batch, ${head.bucket}, is ${behind} buckets old`)
  if (checks.since === undefined) return { head }
  const since = readHead(checks.since, "the earlier head", checks, findings)
  if (since === undefined) return { head }
  return isForward(head, since, findings) ? { head, since } : { head }
}

function auditWitnesses(note: Uint8Array, { witnesses = [], ed25519 }: HeadChecks, findings: Findings): void {
  for (const witness of witnesses)
    try {
      if (cosignatures(note, [witness], 1, ed25519).length === 0)
        findings.add("head-unwitnessed", PATHS.checkpoint, `no cosignature of ${witness.name}`)
    } catch (error) {
      if (!(error instanceof LindungError)) throw error
      findings.add("head-cosignature", PATHS.checkpoint, error.message)
    }
}

/** Whether the earlier head is one that a tree could still confirm. */
function isForward(head: Checkpoint, since: Checkpoint, findings: Findings): boolean {
  if (head.size < since.size || head.bucket < since.bucket)
    findings.add(
      "head-rollback",
      PATHS.checkpoint,
      `${head.size} leaves to bucket ${head.bucket}; it had ${since.size} to bucket ${since.bucket}`,
    )
  else if (head.size === since.size && !equal(head.root, since.root))
    findings.add("head-fork", PATHS.checkpoint, `two roots over ${head.size} leaves`)
  else return true
  return false
}
