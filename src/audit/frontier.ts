import { merkle } from "../crypto/index.ts"

/** Levels of a tile: 2⁸ leaves are one hash of the tile above. */
const TILE_LEVELS = 8

/**
 * A tree that grows leaf by leaf and remembers, of its inside, only what tiles hold: the nodes of every eighth level
 * from the eighth on. The rest is one node a level.
 */
export class Frontier {
  /** Complete subtrees at the right edge, by level. */
  #edge: (Uint8Array | undefined)[] = []
  #size = 0
  readonly #tiled: Uint8Array[][] = []
  readonly #roots = new Map<number, Uint8Array>()
  readonly #marks: ReadonlySet<number>

  /** @param marks sizes at which the root is kept */
  constructor(marks: readonly number[]) {
    this.#marks = new Set(marks)
    if (this.#marks.has(0)) this.#roots.set(0, merkle.emptyRoot())
  }

  add(leafHash: Uint8Array): void {
    let node = leafHash
    let level = 0
    for (let left = this.#edge[0]; left !== undefined; left = this.#edge[level]) {
      node = merkle.nodeHash(left, node)
      this.#edge[level] = undefined
      level++
      if (level % TILE_LEVELS === 0) this.#keep(level, node)
    }
    this.#edge[level] = node
    this.#size++
    if (this.#marks.has(this.#size)) this.#roots.set(this.#size, this.root())
  }

  #keep(level: number, node: Uint8Array): void {
    const row = level / TILE_LEVELS
    this.#tiled[row] ??= []
    this.#tiled[row].push(node)
  }

  /** MTH of all leaves so far: the subtrees of the edge, from the right. */
  root(): Uint8Array {
    const nodes = this.#edge.filter(node => node !== undefined)
    return nodes.length === 0 ? merkle.emptyRoot() : nodes.reduce((right, left) => merkle.nodeHash(left, right))
  }

  /** The root at a marked size that was reached. */
  rootAt(size: number): Uint8Array {
    const root = this.#roots.get(size)
    if (root === undefined) throw new RangeError(`size: expected one that was marked and reached, got ${size}`)
    return root
  }

  /** Nodes of the levels 8, 16 … */
  readonly node: merkle.NodeReader = (level, index) => {
    const node = this.#tiled[level / TILE_LEVELS]?.[index]
    if (node === undefined)
      throw new RangeError(`node: expected one of the tiles above the leaves, got ${level}/${index}`)
    return node
  }
}
