import { concat, equal, merkle, type signature } from "../crypto/index.ts"
import {
  type Checkpoint,
  countersign,
  encodeEntries,
  encodeTile,
  LindungError,
  PATHS,
  requireQuorum,
  signCheckpoint,
  type Tile,
  tilePath,
  tilesWritten,
  verifyCheckpoint,
} from "../protocol/index.ts"
import { type RecordStore, rival, type TreeStore } from "./store/store.ts"
import type { Witnesses } from "./witnesses.ts"

export interface LogPorts {
  readonly records: RecordStore
  readonly tree: TreeStore
  /** The log's name and its 32-byte signing seed. */
  readonly name: string
  readonly seed: Uint8Array
  /** Seeds of keys that are coming or going: they sign as well. */
  readonly alsoSeeds?: readonly Uint8Array[] | undefined
  readonly ed25519: signature.Ed25519
  readonly witnesses: Witnesses
}

/** The transparency log: leaves come from the records, tiles and checkpoint go to the tree (protocol §9). */
export interface Log {
  readonly size: number
  /** Takes up the leaves that the records have gained. */
  reload(): Promise<void>
  /**
   * Tiles, then the head, then the checkpoint that shows it; nothing when that is what is there. The head is moved in
   * the records before anybody sees it, from the one that this log continues and from no other.
   * @throws LindungError state when another publisher has moved it; not-witnessed when too few witnesses sign, and the
   *   checkpoint that phones see stays the one before
   */
  publish(bucket: number): Promise<void>
}

/**
 * @throws LindungError log-inconsistent when the head that was signed, or the checkpoint that phones may have seen, does
 *   not belong to the records: they were restored from an older copy, and to go on would sign a second history
 */
export async function openLog({
  records,
  tree,
  name,
  seed,
  alsoSeeds = [],
  ed25519,
  witnesses,
}: LogPorts): Promise<Log> {
  const key = { name, publicKey: ed25519.verifyKey(seed) }
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

  const read = (note: Uint8Array | undefined): Checkpoint | undefined =>
    note && verifyCheckpoint(concat(note), key, ed25519)

  function requireOwn(head: Checkpoint | undefined, what: string): number {
    if (head === undefined) return 0
    if (head.size > leaves.length || !equal(head.root, merkle.root(head.size, node)))
      throw new LindungError("log-inconsistent", `the ${what} of ${head.size} leaves is not of these records`)
    return head.size
  }

  /** The head, signed and on record; what is on record already when it says the same. */
  async function sign(head: Checkpoint): Promise<Uint8Array> {
    const own = signCheckpoint(head, name, seed, ed25519)
    const note = concat(own, ...alsoSeeds.map(other => countersign(own, name, other, ed25519)))
    const before = await records.head()
    const last = read(before)
    if (before !== undefined && last !== undefined) {
      // With the lines of witnesses behind it, if they have been asked.
      if (equal(before.subarray(0, note.length), note)) return before
      if (last.size > head.size || last.bucket > head.bucket) throw rival("the head")
      requireOwn(last, "head on record")
    }
    await records.moveHead(before, note)
    return note
  }

  const isWitnessed = (note: Uint8Array): boolean => {
    try {
      requireQuorum(note, witnesses.policy, ed25519)
      return true
    } catch (error) {
      if (error instanceof LindungError) return false
      throw error
    }
  }

  /** Whoever was overtaken between the record and the tree puts back what the other one showed, and stops. */
  async function show(note: Uint8Array): Promise<void> {
    await tree.write(PATHS.checkpoint, note)
    const newest = await records.head()
    if (newest !== undefined && equal(newest, note)) return
    if (newest !== undefined && isWitnessed(newest)) await tree.write(PATHS.checkpoint, newest)
    throw rival("the checkpoint")
  }

  async function publish(bucket: number): Promise<void> {
    const size = leaves.length
    const head = { origin: name, size, root: merkle.root(size, node), bucket }
    const shown = await tree.read(PATHS.checkpoint)
    for (const tile of tilesWritten(published, size)) await tree.write(tilePath(tile), encode(tile))
    const signed = await sign(head)
    if (shown !== undefined && equal(shown, signed) && isWitnessed(signed)) return
    const cosigned = isWitnessed(signed)
      ? signed
      : await witnesses.cosign(signed, size, oldSize => merkle.consistencyProof(oldSize, size, node))
    if (!equal(cosigned, signed)) await records.moveHead(signed, cosigned)
    await show(cosigned)
    published = size
  }

  await reload()
  requireOwn(read(await records.head()), "head on record")
  let published = requireOwn(read(await tree.read(PATHS.checkpoint)), "published checkpoint")
  return {
    get size() {
      return leaves.length
    },
    reload,
    publish,
  }
}
