import { equal, fromBase64, fromHex, merkle, type signature } from "../crypto/index.ts"
import {
  type Cancel,
  type Checkpoint,
  contradictionOf,
  encodeMisbehaviour,
  firstRecentLeaf,
  isAfter,
  type Leaf,
  LindungError,
  type NoteKey,
  PATHS,
  parseEntries,
  parseLeaf,
  requireQuorum,
  TileReader,
  tilePath,
  tilesUnder,
  verifyCheckpoint,
  type WitnessPolicy,
} from "../protocol/index.ts"
import type { Http } from "./ports.ts"
import type { State } from "./state.ts"
import { fetchFile } from "./transport.ts"

const MAX_CHECKPOINT_BYTES = 16_384
const MAX_TILE_BYTES = 65_536
/** Thousands of years of batches: what claims more would only keep the phone busy. */
const MAX_LEAVES = 2 ** 26

/** The head of the log, verified against the one before, and the leaves under it that still matter. */
export interface Head {
  readonly checkpoint: Checkpoint
  /** The bytes that were signed, with their signatures: half of a proof, should the log contradict them one day. */
  readonly note: Uint8Array
  readonly leaves: readonly Leaf[]
}

/** Whose word is believed: the log's, and that of enough witnesses. */
export interface Trust {
  readonly key: NoteKey
  readonly policy: WitnessPolicy
  readonly ed25519: signature.Ed25519
}

interface Signed {
  readonly head: Checkpoint
  readonly note: Uint8Array
}

/**
 * Fetches the checkpoint and the tiles under it, and believes nothing that is not signed or proved (protocol §9):
 * the signature of the pinned key, those of enough witnesses, consistency with the head that was stored, inclusion of
 * every leaf returned.
 * @throws LindungError signature, not-witnessed, log-inconsistent, clock-skew, format, network …; with a proof where
 *   what the log has signed contradicts itself
 */
export async function fetchHead(
  http: Http,
  files: string,
  { key, policy, ed25519 }: Trust,
  known: State["head"],
  nowBucket: number,
  signal: Cancel,
): Promise<Head> {
  const note = await fetchFile(http, files + PATHS.checkpoint, MAX_CHECKPOINT_BYTES, signal)
  const checkpoint = verifyCheckpoint(note, key, ed25519)
  if (checkpoint.size < 1 || checkpoint.size > MAX_LEAVES)
    throw new LindungError("format", `the log has ${checkpoint.size} leaves, and never has more than ${MAX_LEAVES}`)
  const before = known && signedBefore(known, key)
  requireForward({ head: checkpoint, note }, known, before, key)
  requireQuorum(note, policy, ed25519)
  if (checkpoint.bucket > nowBucket)
    throw new LindungError("clock-skew", "the log has closed a bucket that has not begun on this phone", {
      skewMs: (nowBucket - checkpoint.bucket) * 7_200_000,
    })
  const behind = known !== undefined && known.size < firstRecentLeaf(checkpoint.size)
  const tiles = new TileReader()
  const encoded: Uint8Array[] = []
  for (const tile of tilesUnder(checkpoint.size, behind)) {
    const file = await fetchFile(http, files + tilePath(tile), MAX_TILE_BYTES, signal)
    if (tile.level < 0) encoded.push(...parseEntries(file, tile.width))
    else tiles.add(tile, file)
  }
  requireConsistent({ head: checkpoint, note }, known, before, tiles, key)
  const first = firstRecentLeaf(checkpoint.size)
  const leaves = encoded.map((leaf, i) => includedLeaf(first + i, leaf, tiles))
  requireOrder({ head: checkpoint, note }, leaves, encoded, tiles, key)
  return { checkpoint, note, leaves }
}

/** The head that was believed last, as it was signed; undefined where only its numbers were kept. */
function signedBefore({ size, root, bucket, note = "" }: NonNullable<State["head"]>, key: NoteKey): Signed | undefined {
  const bytes = fromBase64(note)
  if (bytes === undefined || bytes.length === 0) return undefined
  return { head: { origin: key.name, size, root: fromHex(root), bucket }, note: bytes }
}

function inconsistent(why: string, proof: Uint8Array | undefined): LindungError {
  return new LindungError("log-inconsistent", why, proof === undefined ? {} : { proof })
}

function requireForward(now: Signed, known: State["head"], before: Signed | undefined, key: NoteKey): void {
  if (known === undefined) return
  const { size, bucket, root } = now.head
  const isOther = size === known.size && !equal(root, fromHex(known.root))
  if (size >= known.size && bucket >= known.bucket && !isOther) return
  const proof = before && contradictionOf(key, [before, now])
  throw inconsistent(isOther ? "two signed heads of one size differ" : "the log went back", proof)
}

/** The tiles are the tree of the checkpoint, and that tree continues the one that was known. */
function requireConsistent(
  now: Signed,
  known: State["head"],
  before: Signed | undefined,
  tiles: TileReader,
  key: NoteKey,
): void {
  const { size, root } = now.head
  if (!tiles.isUnder(size, root)) throw new LindungError("log-inconsistent", "the tiles do not make the root")
  if (known === undefined || known.size === size) return
  const hashes = merkle.consistencyProof(known.size, size, tiles.node)
  if (merkle.verifyConsistency(known.size, size, fromHex(known.root), root, hashes)) return
  const proof = before && contradictionOf(key, [before, now], { root: merkle.root(known.size, tiles.node), hashes })
  throw inconsistent("the log does not continue the one that was known", proof)
}

/** Batches ascend by bucket and design; a second one for a pair is misbehaviour, whatever it holds. */
function requireOrder(
  { head, note }: Signed,
  leaves: readonly Leaf[],
  encoded: readonly Uint8Array[],
  tiles: TileReader,
  key: NoteKey,
): void {
  const batches = [...leaves.entries()].filter(([, leaf]) => leaf.type === "batch")
  for (const [n, [at, leaf]] of batches.entries()) {
    const [earlierAt, earlier] = batches[n - 1] ?? []
    if (earlier === undefined || earlierAt === undefined || isAfter(earlier, leaf)) continue
    const first = firstRecentLeaf(head.size)
    const proven = (i: number) => ({
      index: first + i,
      leaf: encoded[i]!,
      proof: merkle.inclusionProof(first + i, head.size, tiles.node),
    })
    const proof = encodeMisbehaviour(key, { kind: "order", note, leaves: [proven(earlierAt), proven(at)] })
    throw inconsistent(`the batch of bucket ${leaf.bucket} is logged behind that of bucket ${earlier.bucket}`, proof)
  }
}

function includedLeaf(index: number, encoded: Uint8Array, tiles: TileReader): Leaf {
  if (!equal(merkle.leafHash(encoded), tiles.node(0, index)))
    throw new LindungError("not-in-log", `leaf ${index} is not under the checkpoint`)
  return parseLeaf(encoded)
}
