import { equal, signature, time } from "../crypto/index.ts"
import {
  type Checkpoint,
  contradictionOf,
  LindungError,
  MAX_NOTE_BYTES,
  type NoteKey,
  PATHS,
  requireQuorum,
  verifyCheckpoint,
  type WitnessPolicy,
} from "../protocol/index.ts"
import { mirrorFiles } from "./files.ts"
import { fetchTree, requireContinuation, requireOrder, type Tree } from "./tree.ts"
import { broken, type Mirror, type MonitorPorts, type Signed, type Violation, violation } from "./violation.ts"

/** One look at a log. */
export interface Round {
  /** The newest head that was believed; undefined while there is none. */
  readonly head?: Checkpoint
  /** The mirror has moved on to it. */
  readonly isNew: boolean
  /** Batches that the mirror gained. */
  readonly batches: number
  readonly violations: readonly Violation[]
}

/** As a phone has it: one bucket is being published, one may be late. */
const MAX_STALE_BUCKETS = 3
const MAX_LEAVES = 2 ** 26

/**
 * Looks at the log once: verifies its head against the one in the mirror, and brings the mirror up to it. The head is
 * written last, so that a monitor which is stopped at any moment goes on where it was; what belongs to a head that
 * cannot be believed is not written.
 * @throws LindungError storage-corrupt when the mirror is damaged; whatever `fetch` and the mirror reject with
 */
export async function follow(key: NoteKey, policy: WitnessPolicy, ports: MonitorPorts): Promise<Round> {
  const { mirror, ed25519 = signature.ed25519 } = ports
  const before = await mirrored(mirror, key, ed25519)
  const violations: Violation[] = []
  let now: Signed
  let tiles: Tree
  try {
    now = await fetchHead(key, policy, ports, ed25519)
    requireForward(key, before, now)
    tiles = await fetchTree(before, now, ports)
    requireContinuation(key, before, now, tiles.reader)
    requireOrder(key, now, tiles)
  } catch (error) {
    if (!(error instanceof LindungError) || error.code === "storage-corrupt" || error.code === "network") throw error
    const head = before?.head
    return { ...(head && { head }), isNew: false, batches: 0, violations: [violation(error, PATHS.checkpoint)] }
  }
  const late = lateness(now.head, ports.clock())
  if (late !== undefined) violations.push(violation(late, PATHS.checkpoint))
  const report = (error: LindungError, where: string) => violations.push(violation(error, where))
  const batches = await mirrorFiles(now.head, tiles.leaves, ports, report)
  const isNew = before === undefined || !equal(before.note, now.note)
  for (const [path, file] of tiles.fetched) await mirror.write(path, file)
  if (isNew) await mirror.write(PATHS.checkpoint, now.note)
  return { head: now.head, isNew, batches, violations }
}

async function mirrored(mirror: Mirror, key: NoteKey, ed25519: signature.Ed25519): Promise<Signed | undefined> {
  const note = await mirror.read(PATHS.checkpoint)
  if (note === undefined) return undefined
  try {
    return { head: verifyCheckpoint(new Uint8Array(note), key, ed25519), note: new Uint8Array(note) }
  } catch (cause) {
    throw new LindungError("storage-corrupt", "the mirror's checkpoint is not this log's", { cause })
  }
}

async function fetchHead(
  key: NoteKey,
  policy: WitnessPolicy,
  { fetch }: MonitorPorts,
  ed25519: signature.Ed25519,
): Promise<Signed> {
  const note = await fetch(PATHS.checkpoint, MAX_NOTE_BYTES)
  if (note === undefined) throw new LindungError("network", `${PATHS.checkpoint} is not there: this is no log`)
  const head = verifyCheckpoint(note, key, ed25519)
  if (head.size < 1 || head.size > MAX_LEAVES) throw broken("format", `the log says that it has ${head.size} leaves`)
  requireQuorum(note, policy, ed25519)
  return { head, note }
}

function requireForward(key: NoteKey, before: Signed | undefined, now: Signed): void {
  if (before === undefined) return
  const [last, head] = [before.head, now.head]
  const isOther = head.size === last.size && (!equal(head.root, last.root) || head.bucket !== last.bucket)
  if (head.size >= last.size && head.bucket >= last.bucket && !isOther) return
  const what = isOther
    ? `two heads of ${head.size} leaves differ`
    : `the log went back: ${head.size} leaves to bucket ${head.bucket}, and it had ${last.size} to bucket ${last.bucket}`
  throw broken("log-inconsistent", what, contradictionOf(key, [before, now]))
}

function lateness({ bucket }: Checkpoint, second: number): LindungError | undefined {
  const current = time.bucket(second)
  if (bucket > current) return broken("clock-skew", `bucket ${bucket} is closed, and this is bucket ${current}`)
  const behind = current - 1 - bucket
  return behind > MAX_STALE_BUCKETS
    ? broken("stale", `the newest batch, ${bucket}, is ${behind} buckets old`)
    : undefined
}
