import { equal, fromHex, merkle } from "../crypto/index.ts"
import {
  type Cancel,
  type Checkpoint,
  firstRecentLeaf,
  type Leaf,
  LindungError,
  type NoteKey,
  PATHS,
  parseEntries,
  parseLeaf,
  TileReader,
  tilePath,
  tilesUnder,
  verifyCheckpoint,
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
  readonly leaves: readonly Leaf[]
}

/**
 * Fetches the checkpoint and the tiles under it, and believes nothing that is not signed or proved (protocol §9):
 * the signature of the pinned key, consistency with the head that was stored, inclusion of every leaf returned.
 * @throws LindungError signature, log-inconsistent, clock-skew, format, network …
 */
export async function fetchHead(
  http: Http,
  files: string,
  key: NoteKey,
  known: State["head"],
  nowBucket: number,
  signal: Cancel,
): Promise<Head> {
  const note = await fetchFile(http, files + PATHS.checkpoint, MAX_CHECKPOINT_BYTES, signal)
  const checkpoint = verifyCheckpoint(note, key)
  if (checkpoint.size < 1 || checkpoint.size > MAX_LEAVES)
    throw new LindungError("format", `the log has ${checkpoint.size} leaves, and never has more than ${MAX_LEAVES}`)
  requireForward(checkpoint, known)
  if (checkpoint.bucket > nowBucket)
    throw new LindungError("clock-skew", "the log has closed a bucket that has not begun on this phone", {
      skewMs: (nowBucket - checkpoint.bucket) * 7_200_000,
    })
  const behind = known !== undefined && known.size < firstRecentLeaf(checkpoint.size)
  const tiles = new TileReader()
  const bundles: [first: number, leaves: Uint8Array[]][] = []
  for (const tile of tilesUnder(checkpoint.size, behind)) {
    const file = await fetchFile(http, files + tilePath(tile), MAX_TILE_BYTES, signal)
    if (tile.level < 0) bundles.push([tile.index * 256, parseEntries(file, tile.width)])
    else tiles.add(tile, file)
  }
  requireConsistent(checkpoint, known, tiles)
  const leaves = bundles.flatMap(([first, encoded]) => encoded.map((leaf, i) => includedLeaf(first + i, leaf, tiles)))
  return { checkpoint, leaves }
}

function requireForward(checkpoint: Checkpoint, known: State["head"]): void {
  if (known === undefined) return
  if (checkpoint.size < known.size || checkpoint.bucket < known.bucket)
    throw new LindungError("log-inconsistent", "the log went back")
  if (checkpoint.size === known.size && !equal(checkpoint.root, fromHex(known.root)))
    throw new LindungError("log-inconsistent", "two signed heads of one size differ")
}

/** The tiles are the tree of the checkpoint, and that tree continues the one that was known. */
function requireConsistent({ size, root }: Checkpoint, known: State["head"], tiles: TileReader): void {
  if (!tiles.isUnder(size, root)) throw new LindungError("log-inconsistent", "the tiles do not make the root")
  if (known === undefined || known.size === size) return
  const proof = merkle.consistencyProof(known.size, size, tiles.node)
  if (!merkle.verifyConsistency(known.size, size, fromHex(known.root), root, proof))
    throw new LindungError("log-inconsistent", "the log does not continue the one that was known")
}

function includedLeaf(index: number, encoded: Uint8Array, tiles: TileReader): Leaf {
  if (!equal(merkle.leafHash(encoded), tiles.node(0, index)))
    throw new LindungError("not-in-log", `leaf ${index} is not under the checkpoint`)
  return parseLeaf(encoded)
}
