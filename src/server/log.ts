import { concat, equal, merkle, type signature } from "../crypto/index.ts"
import {
  encodeEntries,
  encodeTile,
  LindungError,
  PATHS,
  signCheckpoint,
  type Tile,
  tilePath,
  tilesWritten,
  verifyCheckpoint,
} from "../protocol/index.ts"
import type { RecordStore, TreeStore } from "./store/store.ts"

export interface LogPorts {
  readonly records: RecordStore
  readonly tree: TreeStore
  /** The log's name and its 32-byte signing seed. */
  readonly name: string
  readonly seed: Uint8Array
  readonly ed25519: signature.Ed25519
}

/** The transparency log: leaves come from the records, tiles and checkpoint go to the tree (protocol §9). */
export interface Log {
  readonly size: number
  /** Takes up the leaves that the records have gained. */
  reload(): Promise<void>
  /** Writes the tiles of all leaves, then the checkpoint over them; nothing when that is what is there. */
  publish(bucket: number): Promise<void>
}

/**
 * @throws LindungError log-inconsistent when the checkpoint that phones may have seen does not belong to the records:
 *   they were restored from an older copy, and to go on would sign a second history
 */
export async function openLog({ records, tree, name, seed, ed25519 }: LogPorts): Promise<Log> {
  const leaves: Uint8Array[] = []
  const levels: Uint8Array[][] = [[]]
  const node: merkle.NodeReader = (level, index) => levels[level]![index]!

  function add(leaf: Uint8Array): void {
    leaves.push(leaf)
    levels[0]!.push(merkle.leafHash(leaf))
    for (let level = 0; levels[level]!.length % 2 === 0; level++) {
      levels[level + 1] ??= []
      levels[level + 1]!.push(merkle.nodeHash(levels[level]!.at(-2)!, levels[level]!.at(-1)!))
    }
  }

  async function reload(): Promise<void> {
    const all = await records.leaves()
    all.slice(leaves.length).forEach(add)
  }

  const encode = (tile: Tile): Uint8Array =>
    tile.level < 0
      ? encodeEntries(leaves.slice(tile.index * 256, tile.index * 256 + tile.width))
      : encodeTile(tile, node)

  async function publish(bucket: number): Promise<void> {
    const size = leaves.length
    const checkpoint = { origin: name, size, root: merkle.root(size, node), bucket }
    const note = signCheckpoint(checkpoint, name, seed, ed25519)
    const before = await tree.read(PATHS.checkpoint)
    if (before !== undefined && equal(before, note)) return
    for (const tile of tilesWritten(published, size)) await tree.write(tilePath(tile), encode(tile))
    await tree.write(PATHS.checkpoint, note)
    published = size
  }

  await reload()
  const last = await tree.read(PATHS.checkpoint)
  let published = 0
  if (last !== undefined) {
    const publicKey = ed25519.verifyKey(seed)
    const { size, root } = verifyCheckpoint(concat(last), { name, publicKey }, ed25519)
    if (size > leaves.length || !equal(root, merkle.root(size, node)))
      throw new LindungError("log-inconsistent", `the published checkpoint of ${size} leaves is not of these records`)
    published = size
  }
  return {
    get size() {
      return leaves.length
    },
    reload,
    publish,
  }
}
