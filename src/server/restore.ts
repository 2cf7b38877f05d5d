import { concat, equal, hex, merkle, sha256, type signature } from "../crypto/index.ts"
import {
  type Checkpoint,
  INGEST_KEYS_BYTES,
  KEPT_BUCKETS,
  KEYS_PER_LIST,
  type Leaf,
  LindungError,
  type NoteKey,
  PATHS,
  parseEntries,
  parseIngestKeys,
  parseLeaf,
  type Tile,
  tilePath,
  tilesUnder,
  verifyCheckpoint,
} from "../protocol/index.ts"
import type { RecordStore, TreeStore } from "./store/store.ts"

export interface RestorePorts {
  /** Those of a copy, or empty ones. */
  readonly records: RecordStore
  /** The newest published tree there is. */
  readonly tree: TreeStore
  readonly key: NoteKey
  readonly ed25519: signature.Ed25519
}

export interface Restored {
  /** Leaves that the records hold now, and how many of them were found in the tree only. */
  readonly size: number
  readonly added: number
  /** Buckets to come whose public key is announced and whose private key is gone: what is sealed for them stays sealed. */
  readonly lostKeys: readonly number[]
}

/**
 * Brings records up to the published tree, so that the log goes on from its newest head and not from an older one. All
 * that the log is made of is public: it is read from the tree, and believed when it makes the root of the signed head.
 * Safe to repeat.
 * @throws LindungError log-inconsistent when records and tree are not of one history, or leaves are in neither;
 *   signature, when the checkpoint is not this log's
 */
export async function restoreRecords({ records, tree, key, ed25519 }: RestorePorts): Promise<Restored> {
  const note = await tree.read(PATHS.checkpoint)
  if (note === undefined) throw inconsistent("the tree has no checkpoint")
  const head = verifyCheckpoint(concat(note), key, ed25519)
  const known = await records.leaves()
  const leaves = head.size > known.length ? await leavesUnder(head, tree, known) : known
  if (!equal(head.root, rootOf(leaves.slice(0, head.size))))
    throw inconsistent(`the ${head.size} leaves do not make the root of the checkpoint`)
  const files = await servedFiles(tree)
  const added = leaves.slice(known.length)
  if (added.length > 0) await append(added, { files, head, records })
  await forgetGone(records, head)
  const lostKeys: number[] = []
  for (const list of listsIn(files.lists))
    for (let bucket = list; bucket < list + KEYS_PER_LIST; bucket++)
      if (bucket > head.bucket && (await records.bucketKey(bucket)) === undefined) lostKeys.push(bucket)
  return { size: leaves.length, added: added.length, lostKeys }
}

const inconsistent = (why: string): LindungError => new LindungError("log-inconsistent", why)

function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const node: merkle.NodeReader = (level, index) =>
    level === 0
      ? merkle.leafHash(leaves[index]!)
      : merkle.nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
  return merkle.root(leaves.length, node)
}

/** From the entry bundles; of those that are not served any more, from the records. */
async function leavesUnder(head: Checkpoint, tree: TreeStore, known: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const leaves: Uint8Array[] = []
  for (const { level, index, width } of tilesUnder(head.size, true)) {
    if (level !== 0) continue
    const bundle: Tile = { level: -1, index, width }
    const file = await tree.read(tilePath(bundle))
    const own = known.slice(leaves.length, leaves.length + width)
    const served = file === undefined ? own : parseEntries(concat(file), width)
    if (served.length < width) throw inconsistent(`${tilePath(bundle)} is missing, and the records do not have it`)
    if (own.some((leaf, i) => !equal(leaf, served[i]!)))
      throw inconsistent(`${tilePath(bundle)} has other leaves than the records`)
    leaves.push(...served)
  }
  return leaves
}

interface Served {
  /** Logged files that are in force, by their hash. */
  readonly byHash: ReadonlyMap<string, Uint8Array>
  readonly lists: Uint8Array
}

async function servedFiles(tree: TreeStore): Promise<Served> {
  const [sets, lists, authorityKeys] = await Promise.all(
    [PATHS.parameters, PATHS.ingestKeys, PATHS.authorityKeys].map(
      async path => (await tree.read(path)) ?? new Uint8Array(),
    ),
  )
  const lines = Buffer.from(sets!).toString("latin1").split("\n")
  const files = [...lines.map(line => new Uint8Array(Buffer.from(line, "latin1"))), authorityKeys!]
  for (let at = 0; at < lists!.length; at += INGEST_KEYS_BYTES) files.push(lists!.slice(at, at + INGEST_KEYS_BYTES))
  return { byHash: new Map(files.map(file => [hex(sha256(file)), file])), lists: lists! }
}

/** The first buckets of the lists. */
function listsIn(file: Uint8Array): number[] {
  const starts = Array.from({ length: file.length / INGEST_KEYS_BYTES }, (_, i) => i * INGEST_KEYS_BYTES)
  return starts.map(at => parseIngestKeys(file.slice(at, at + INGEST_KEYS_BYTES)).firstBucket)
}

interface Onto {
  readonly files: Served
  readonly head: Checkpoint
  readonly records: RecordStore
}

async function append(added: readonly Uint8Array[], { files, head, records }: Onto): Promise<void> {
  const parsed = added.map(parseLeaf)
  const firstBatch = parsed.find(({ type }) => type === "batch")
  await records.begin(firstBatch === undefined ? head.bucket : firstBatch.bucket - 1)
  let position = (await records.leaves()).length
  for (let i = 0; i < added.length; ) {
    const { type } = parsed[i]!
    if (type === "batch") {
      const count = batchesAt(parsed, i)
      await publish(parsed[i]!.bucket, added.slice(i, i + count), records)
      position += count
      i += count
      continue
    }
    // One that is not served any more stands without a byte until `forgetGone` takes it away.
    const bytes = files.byHash.get(hex(parsed[i]!.hash)) ?? new Uint8Array()
    await records.append(added[i]!, { type, bytes }, [], position)
    position++
    i++
  }
}

/** Also after a run that was killed before it: no publisher opens over a file of no bytes. */
async function forgetGone(records: RecordStore, head: Checkpoint): Promise<void> {
  const files = (await records.files()).filter(({ bytes }) => bytes.length === 0).map(({ position }) => position)
  await records.forget({ keysThrough: head.bucket, tagsThrough: head.bucket - KEPT_BUCKETS, files })
}

/** How many leaves from one on are batches of the same bucket: one of each design, logged together. */
function batchesAt(leaves: readonly Leaf[], from: number): number {
  const { bucket } = leaves[from]!
  const end = leaves.findIndex((leaf, i) => i > from && (leaf.type !== "batch" || leaf.bucket !== bucket))
  return (end < 0 ? leaves.length : end) - from
}

async function publish(bucket: number, leaves: readonly Uint8Array[], records: RecordStore): Promise<void> {
  const staged = await records.staged(bucket)
  if (staged.some((leaf, i) => leaves[i] === undefined || !equal(leaf, leaves[i])))
    throw inconsistent(`the records have another batch staged for bucket ${bucket}: restore into a new file`)
  if (staged.length === 0) await records.stage(bucket, leaves, [])
  await records.publish(bucket)
}
