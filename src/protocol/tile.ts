import { concat, equal, merkle, u16 } from "../crypto/index.ts"
import { LindungError } from "./errors.ts"
import { malformed, Reader } from "./wire.ts"

/*
 * C2SP tlog-tiles: the tree as static files, 256 hashes wide
 *   /tile/<level>/<index>[.p/<width>]     hashes of level 8·level: leaf hashes at level 0
 *   /tile/entries/<index>[.p/<width>]     the leaves themselves, each with a u16 length in front
 * The index is written in groups of three digits, all but the last with an x: 1234067 is x001/x234/067.
 */
export const TILE_WIDTH = 256
const HASH_BYTES = 32

/** A file of the tree: `level` −1 stands for the entry bundles. */
export interface Tile {
  readonly level: number
  readonly index: number
  /** 256, or fewer at the right edge. */
  readonly width: number
}

const ENTRIES = -1

export function tilePath({ level, index, width }: Tile): string {
  const groups = [String(index % 1000).padStart(3, "0")]
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`)
  const partial = width === TILE_WIDTH ? "" : `.p/${width}`
  return `/tile/${level === ENTRIES ? "entries" : level}/${groups.join("/")}${partial}`
}

/** The tiles of one level that cover nodes from `first` on, in a tree of `size` leaves. */
function row(level: number, first: number, size: number): Tile[] {
  const nodes = Math.floor(size / TILE_WIDTH ** Math.max(level, 0))
  const out: Tile[] = []
  for (let index = Math.floor(first / TILE_WIDTH); index * TILE_WIDTH < nodes; index++)
    out.push({ level, index, width: Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH) })
  return out
}

/** Leaves that are surely enough for fourteen days: a few a bucket, and parameter sets and key lists. */
export const RECENT_LEAVES = 1024

/** The first leaf whose entry bundle a phone asks for: a function of the size alone. */
export const firstRecentLeaf = (size: number): number =>
  Math.floor(Math.max(0, size - RECENT_LEAVES) / TILE_WIDTH) * TILE_WIDTH

/**
 * What a phone asks for under a checkpoint: entry bundles and hash tiles of the recent leaves, and the right edge
 * above them. It depends on the size alone, so that a request tells nothing about the phone (protocol §8).
 * @param allFull also every full tile of level 0: a phone that is further behind than the recent leaves
 */
export function tilesUnder(size: number, allFull = false): Tile[] {
  const first = firstRecentLeaf(size)
  const tiles = [...row(ENTRIES, first, size), ...row(0, allFull ? 0 : first, size)]
  for (let level = 1; TILE_WIDTH ** level <= size; level++) tiles.push(...row(level, 0, size))
  return tiles
}

/** The tiles a log writes when it grows from `oldSize` to `size`: new full ones, and the partial right edge. */
export function tilesWritten(oldSize: number, size: number): Tile[] {
  const tiles: Tile[] = []
  for (let level = ENTRIES; level <= 0 || TILE_WIDTH ** level <= size; level++) {
    const before = Math.floor(oldSize / TILE_WIDTH ** Math.max(level, 0))
    const after = Math.floor(size / TILE_WIDTH ** Math.max(level, 0))
    if (after > before) tiles.push(...row(level, before, size))
  }
  return tiles
}

/** The file of a hash tile, from whoever knows the nodes. */
export function encodeTile({ level, index, width }: Tile, node: merkle.NodeReader): Uint8Array<ArrayBuffer> {
  return concat(...Array.from({ length: width }, (_, i) => node(8 * level, index * TILE_WIDTH + i)))
}

/** The file of an entry bundle. @param leaves encoded leaves, `width` of them */
export const encodeEntries = (leaves: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  concat(...leaves.flatMap(leaf => [u16(leaf.length), leaf]))

/** @throws LindungError format */
export function parseEntries(file: Uint8Array, width: number): Uint8Array[] {
  const reader = new Reader("entry bundle", file)
  const leaves = Array.from({ length: width }, () => reader.take(reader.u16()))
  reader.end()
  return leaves
}

/** A reader of tree nodes over downloaded tiles; what a tile says is not believed, proofs made of it are checked. */
export class TileReader {
  readonly #tiles = new Map<string, Uint8Array>()
  /** Nodes inside tiles, once hashed: the proofs of neighbouring leaves share nearly all of theirs. */
  readonly #nodes = new Map<string, Uint8Array>()

  /** @throws LindungError format for a file of the wrong length */
  add({ level, index, width }: Tile, file: Uint8Array): void {
    if (file.length !== width * HASH_BYTES) throw malformed("tile", `expected ${width} hashes`)
    this.#tiles.set(`${level}/${index}`, file)
    this.#nodes.clear()
  }

  /** @throws LindungError log-inconsistent when no tile that was added has the node */
  readonly node: merkle.NodeReader = (level, index) => {
    const tileLevel = Math.floor(level / 8)
    const above = 2 ** (level - 8 * tileLevel)
    return this.#subtree(tileLevel, index * above, above)
  }

  /**
   * Whether all that was added belongs to one tree with this root: the right edge makes the root, and every full tile
   * makes its hash in the tile above it. What `node` gives afterwards is in the tree.
   * @throws LindungError log-inconsistent when a tile that the root needs is missing
   */
  isUnder(size: number, root: Uint8Array): boolean {
    if (!equal(merkle.root(size, this.node), root)) return false
    return [...this.#tiles].every(([name, file]) => {
      if (file.length < TILE_WIDTH * HASH_BYTES) return true
      const [level = 0, index = 0] = name.split("/").map(Number)
      return equal(this.#subtree(level, index * TILE_WIDTH, TILE_WIDTH), this.node(8 * (level + 1), index))
    })
  }

  #subtree(tileLevel: number, first: number, count: number): Uint8Array {
    if (count > 1) {
      const name = `${tileLevel}/${first}/${count}`
      const known = this.#nodes.get(name)
      if (known !== undefined) return known
      const left = this.#subtree(tileLevel, first, count / 2)
      const node = merkle.nodeHash(left, this.#subtree(tileLevel, first + count / 2, count / 2))
      this.#nodes.set(name, node)
      return node
    }
    const file = this.#tiles.get(`${tileLevel}/${Math.floor(first / TILE_WIDTH)}`)
    const at = (first % TILE_WIDTH) * HASH_BYTES
    if (file === undefined || at + HASH_BYTES > file.length)
      throw new LindungError("log-inconsistent", `a tile of level ${tileLevel} does not hold node ${first}`)
    return file.subarray(at, at + HASH_BYTES)
  }
}
