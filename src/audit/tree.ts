import { equal, merkle } from "../crypto/index.ts"
import {
  type Checkpoint,
  encodeTile,
  firstRecentLeaf,
  LEAF_BYTES,
  LindungError,
  parseEntries,
  TILE_WIDTH,
  type Tile,
  tilePath,
  tilesWritten,
} from "../protocol/index.ts"
import { readAhead, type TreeFiles } from "./files.ts"
import type { Findings } from "./findings.ts"
import { Frontier } from "./frontier.ts"
import type { Heads } from "./head.ts"

const HASH_BYTES = 32
const MAX_TILE_BYTES = TILE_WIDTH * HASH_BYTES
/** A leaf has 46 bytes; what is longer is none, and is read to its end all the same, to be named. */
const MAX_BUNDLE_BYTES = 65_536

/** A leaf as it was served, or undefined where only its hash is. */
export type ServedLeaf = Uint8Array | undefined

export interface TreeChecks {
  readonly files: TreeFiles
  readonly findings: Findings
  readonly advance: (leaves: number) => void
}

/**
 * Recomputes the whole tree from the leaves and compares it with every tile of every level, with the signed root, and
 * with the root of the head that was seen before.
 * @returns the leaves in order; undefined when some are missing or not those that were signed: what stands in the log
 *   cannot be judged then
 */
export async function auditTree({ head, since }: Heads, checks: TreeChecks): Promise<ServedLeaf[] | undefined> {
  const { findings } = checks
  const both = await readLeaves(head, since, checks)
  if (both === undefined || both.isIncomplete) return undefined
  const { leaves, fromLeaves, fromTiles, foreign } = both
  const rootIs = (tree: Frontier): boolean => equal(tree.root(), head.root)
  const isSigned = rootIs(fromLeaves)
  if (!isSigned) {
    if (foreign.length > 0 && rootIs(fromTiles))
      findings.add("entries-mismatch", placesOf(foreign), "the hash tiles make the signed root, the leaves do not")
    else findings.add("root-mismatch", "/checkpoint", `over ${head.size} leaves`)
    return undefined
  }
  for (const tile of new Set(foreign.map(position => Math.floor(position / TILE_WIDTH))))
    findings.add("tile-mismatch", tilePath(levelZero(tile, head.size)), "not the hashes of its leaves")
  if (since !== undefined && !equal(fromLeaves.rootAt(since.size), since.root))
    findings.add("head-inconsistent", "/checkpoint", `the first ${since.size} leaves are not those of the earlier head`)
  await compareUpperTiles(head, fromLeaves, checks)
  return leaves
}

const widthAt = (index: number, size: number): number => Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
const levelZero = (index: number, size: number): Tile => ({ level: 0, index, width: widthAt(index, size) })

const placesOf = (positions: readonly number[]): string =>
  positions.length === 1 ? `leaf ${positions[0]}` : `leaf ${positions[0]} and ${positions.length - 1} more`

interface BothTrees {
  readonly leaves: ServedLeaf[]
  readonly fromLeaves: Frontier
  readonly fromTiles: Frontier
  /** Positions at which leaf and tile differ. */
  readonly foreign: number[]
  /** Leaves that must be served are not. */
  isIncomplete: boolean
}

/** The tree twice: by the leaves, and by the hash tiles above them. Where one of them is missing the other serves both. */
async function readLeaves(
  { size }: Checkpoint,
  since: Checkpoint | undefined,
  { files, findings, advance }: TreeChecks,
): Promise<BothTrees | undefined> {
  const marks = since === undefined ? [] : [since.size]
  const trees: BothTrees = {
    leaves: [],
    fromLeaves: new Frontier(marks),
    fromTiles: new Frontier([]),
    foreign: [],
    isIncomplete: false,
  }
  const firstServed = firstRecentLeaf(size)
  const indices = Array.from({ length: Math.ceil(size / TILE_WIDTH) }, (_, index) => index)
  const read = async (index: number) => {
    const width = widthAt(index, size)
    const bundle = await files.read(tilePath({ level: -1, index, width }), MAX_BUNDLE_BYTES)
    return [bundle, await files.read(tilePath({ level: 0, index, width }), MAX_TILE_BYTES)] as const
  }
  for await (const [index, [bundle, tile]] of readAhead(indices, read)) {
    const width = widthAt(index, size)
    const path = tilePath({ level: -1, index, width })
    const entries = bundle && bundleOf(bundle, width)
    const hashes = tile?.length === width * HASH_BYTES ? tile : undefined
    if (tile === undefined) findings.add("tile-missing", tilePath(levelZero(index, size)), "404")
    else if (hashes === undefined)
      findings.add("tile-mismatch", tilePath(levelZero(index, size)), `not ${width} hashes`)
    if (entries === undefined) {
      const isNeeded = (index + 1) * TILE_WIDTH > firstServed
      if (bundle !== undefined) findings.add("entries-mismatch", path, `not ${width} leaves`)
      else findings.add(isNeeded ? "entries-missing" : "entries-pruned", path, "404")
      trees.isIncomplete ||= isNeeded || bundle !== undefined
      if (hashes === undefined) return undefined
    }
    for (let i = 0; i < width; i++) {
      const leaf = entries?.[i]
      const listed = hashes?.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)
      const hash = leaf === undefined ? listed! : merkle.leafHash(leaf)
      if (listed !== undefined && !equal(hash, listed)) trees.foreign.push(index * TILE_WIDTH + i)
      trees.leaves.push(leaf?.length === LEAF_BYTES ? leaf : leaf && new Uint8Array(leaf.subarray(0, LEAF_BYTES + 1)))
      trees.fromLeaves.add(hash)
      trees.fromTiles.add(listed ?? hash)
    }
    advance(width)
  }
  return trees
}

function bundleOf(file: Uint8Array, width: number): Uint8Array[] | undefined {
  try {
    return parseEntries(file, width)
  } catch (error) {
    if (error instanceof LindungError) return undefined
    throw error
  }
}

/** Every tile above the leaves' own, full or at the right edge. */
async function compareUpperTiles({ size }: Checkpoint, tree: Frontier, { files, findings }: TreeChecks): Promise<void> {
  const upper = tilesWritten(0, size).filter(tile => tile.level > 0)
  for await (const [tile, file] of readAhead(upper, one => files.read(tilePath(one), MAX_TILE_BYTES))) {
    if (file === undefined) findings.add("tile-missing", tilePath(tile), "404")
    else if (!equal(file, encodeTile(tile, tree.node)))
      findings.add("tile-mismatch", tilePath(tile), "not the hashes of the tiles below it")
  }
}
