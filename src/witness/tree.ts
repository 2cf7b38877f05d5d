import { equal, merkle } from "../crypto/index.ts"
import {
  contradictionOf,
  encodeMisbehaviour,
  firstRecentLeaf,
  isAfter,
  LindungError,
  type NoteKey,
  parseEntries,
  parseLeaf,
  TILE_WIDTH,
  TileReader,
  tilePath,
  tilesUnder,
  tilesWritten,
} from "../protocol/index.ts"
import { broken, type MonitorPorts, type Signed } from "./violation.ts"

const MAX_TILE_BYTES = 65_536

/** The whole tree under a head, and what of it is new to the mirror. */
export interface Tree {
  readonly reader: TileReader
  /** Leaves that can be read, with their places: all but those that were pruned before the mirror began. */
  readonly leaves: ReadonlyMap<number, Uint8Array>
  readonly fetched: ReadonlyMap<string, Uint8Array>
}

export async function fetchTree(before: Signed | undefined, { head }: Signed, ports: MonitorPorts): Promise<Tree> {
  const { fetch, mirror, progress } = ports
  const size = before?.head.size ?? 0
  const wanted = tilesWritten(size, head.size)
  const fetched = new Map<string, Uint8Array>()
  for (const [done, tile] of wanted.entries()) {
    const path = tilePath(tile)
    const file = await fetch(path, MAX_TILE_BYTES)
    // C2SP's pruning: bundles that lie wholly before the minimum index are gone.
    const mayBeGone =
      tile.level < 0 && tile.width === TILE_WIDTH && (tile.index + 1) * TILE_WIDTH <= firstRecentLeaf(head.size)
    if (file !== undefined) fetched.set(path, file)
    else if (!mayBeGone) throw broken("log-inconsistent", `${path} is not there`)
    progress?.("tiles", done + 1, wanted.length)
  }
  const reader = new TileReader()
  for (const tile of tilesUnder(head.size, true)) {
    if (tile.level < 0) continue
    const path = tilePath(tile)
    const file = fetched.get(path) ?? (await mirror.read(path))
    if (file === undefined) throw new LindungError("storage-corrupt", `the mirror has lost ${path}`)
    reader.add(tile, new Uint8Array(file))
  }
  if (!reader.isUnder(head.size, head.root)) throw broken("log-inconsistent", "the tiles do not make the root")
  const leaves = await readLeaves(head.size, reader, async path => fetched.get(path) ?? (await mirror.read(path)))
  return { reader, leaves, fetched }
}

export function requireContinuation(key: NoteKey, before: Signed | undefined, now: Signed, tiles: TileReader): void {
  if (before === undefined || before.head.size === now.head.size) return
  const { size } = before.head
  const root = merkle.root(size, tiles.node)
  if (equal(root, before.head.root)) return
  const hashes = merkle.consistencyProof(size, now.head.size, tiles.node)
  const proof = contradictionOf(key, [before, now], { root, hashes })
  throw broken("log-inconsistent", `the first ${size} leaves are not those that were signed before`, proof)
}

/** The leaves of the bundles that are there, each compared with its hash in the tree. */
async function readLeaves(
  size: number,
  tiles: TileReader,
  read: (path: string) => Promise<Uint8Array | undefined>,
): Promise<Map<number, Uint8Array>> {
  const leaves = new Map<number, Uint8Array>()
  for (const bundle of tilesUnder(size, true)) {
    if (bundle.level !== 0) continue
    const path = tilePath({ ...bundle, level: -1 })
    const file = await read(path)
    if (file === undefined) continue
    for (const [i, leaf] of parseEntries(new Uint8Array(file), bundle.width).entries()) {
      const place = bundle.index * TILE_WIDTH + i
      if (!equal(merkle.leafHash(leaf), tiles.node(0, place)))
        throw broken("not-in-log", `${path}: leaf ${place} is not the one of the signed tree`)
      leaves.set(place, leaf)
    }
  }
  return leaves
}

/**
 * Batches ascend by bucket and design, and of each design there is one for every bucket from its first on.
 * @throws LindungError log-inconsistent, with a proof where a batch is out of order or there twice
 */
export function requireOrder(key: NoteKey, { head, note }: Signed, { reader, leaves }: Tree): void {
  const newest = new Map<number, number>()
  let before: number | undefined
  for (const [place, bytes] of leaves) {
    const leaf = parseLeaf(bytes)
    if (leaf.type !== "batch") continue
    const earlier = before === undefined ? undefined : parseLeaf(leaves.get(before)!)
    if (before !== undefined && earlier !== undefined && !isAfter(earlier, leaf)) {
      const proven = (index: number) => {
        const proof = merkle.inclusionProof(index, head.size, reader.node)
        return { index, leaf: leaves.get(index)!, proof }
      }
      const proof = encodeMisbehaviour(key, { kind: "order", note, leaves: [proven(before), proven(place)] })
      throw broken("log-inconsistent", `the batch of bucket ${leaf.bucket} is logged behind ${earlier.bucket}`, proof)
    }
    const last = newest.get(leaf.design)
    if (last !== undefined && leaf.bucket !== last + 1)
      throw broken("log-inconsistent", `expected the batch of bucket ${last + 1}, found that of ${leaf.bucket}`)
    newest.set(leaf.design, leaf.bucket)
    before = place
  }
  const last = Math.max(...newest.values(), 0)
  if (newest.size > 0 && last !== head.bucket)
    throw broken("log-inconsistent", `the head is of bucket ${head.bucket}, and the newest batch of ${last}`)
}
