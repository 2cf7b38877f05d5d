import { expect } from "chai"
import { concat, fromHex, hex, merkle, u16, u32 } from "../../src/crypto/index.ts"
import {
  encodeEntries,
  encodeTile,
  firstRecentLeaf,
  parseEntries,
  TILE_WIDTH,
  TileReader,
  tilePath,
  tilesUnder,
  tilesWritten,
} from "../../src/protocol/index.ts"
import { expectOneLength, expectOneSpelling, refusal } from "./damage.ts"
import { vectors } from "./vectors.ts"

const leafHashes = Array.from({ length: 66_000 }, (_, i) => merkle.leafHash(u32(i)))

/** All nodes of a complete tree, computed once and kept. */
const node: merkle.NodeReader = (() => {
  const kept = new Map<string, Uint8Array>()
  const read: merkle.NodeReader = (level, index) => {
    if (level === 0) return leafHashes[index]!
    const name = `${level}/${index}`
    const known = kept.get(name) ?? merkle.nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))
    kept.set(name, known)
    return known
  }
  return read
})()

function readerUnder(size: number, allFull: boolean): TileReader {
  const reader = new TileReader()
  for (const tile of tilesUnder(size, allFull)) if (tile.level >= 0) reader.add(tile, encodeTile(tile, node))
  return reader
}

describe("a tile's path", () => {
  it("groups the index by three digits and names the width of a partial tile", () => {
    const paths = [
      [0, 0, 256, "/tile/0/000"],
      [0, 999, 256, "/tile/0/999"],
      [0, 1000, 256, "/tile/0/x001/000"],
      [1, 1_234_067, 256, "/tile/1/x001/x234/067"],
      [0, 1_234_067, 255, "/tile/0/x001/x234/067.p/255"],
      [63, 5, 1, "/tile/63/005.p/1"],
      [-1, 1_000_000, 256, "/tile/entries/x001/x000/000"],
      [-1, 0, 7, "/tile/entries/000.p/7"],
    ] as const
    for (const [level, index, width, path] of paths) expect(tilePath({ level, index, width })).to.equal(path)
  })
})

describe("the tiles under a checkpoint", () => {
  const sizes = [0, 1, 2, 255, 256, 257, 511, 512, 1023, 1024, 1025, 1280, 2000, 65_535, 65_536, 65_537, 66_000]

  it("depend on the size alone, hold every recent leaf, and no tile is asked for twice", () => {
    for (const size of sizes) {
      const tiles = tilesUnder(size)
      expect(new Set(tiles.map(tilePath)).size).to.equal(tiles.length)
      const entries = tiles.filter(({ level }) => level === -1)
      expect(entries.reduce((sum, { width }) => sum + width, 0)).to.equal(size - firstRecentLeaf(size))
      expect(size - firstRecentLeaf(size)).to.be.at.least(Math.min(size, 1024))
      expect(size - firstRecentLeaf(size)).to.be.below(1024 + TILE_WIDTH)
      for (const { width } of tiles) expect(width).to.be.within(1, TILE_WIDTH)
    }
  })

  it("are enough for the root and for a proof of every recent leaf", () => {
    for (const size of sizes.filter(size => size > 0)) {
      const reader = readerUnder(size, false)
      const root = merkle.root(size, node)
      expect(hex(merkle.root(size, reader.node)), `${size}`).to.equal(hex(root))
      for (const index of [firstRecentLeaf(size), Math.floor((firstRecentLeaf(size) + size) / 2), size - 1]) {
        const proof = merkle.inclusionProof(index, size, reader.node)
        expect(merkle.verifyInclusion(index, size, leafHashes[index]!, proof, root), `${index} of ${size}`).to.equal(
          true,
        )
      }
    }
  })

  it("with all full ones are enough for consistency with any older size", () => {
    const size = 66_000
    const reader = readerUnder(size, true)
    for (const old of [1, 2, 255, 256, 300, 5000, 65_535, 65_536, 65_999, 66_000]) {
      const proof = merkle.consistencyProof(old, size, reader.node)
      const roots = [merkle.root(old, node), merkle.root(size, node)] as const
      expect(merkle.verifyConsistency(old, size, ...roots, proof), `${old}`).to.equal(true)
    }
  })

  it("are all written by a log that grows by any steps", () => {
    for (const step of [1, 3, 255, 256, 257, 1000]) {
      const written = new Set<string>()
      for (let size = 0; size < 3000; ) {
        const next = size + step
        for (const tile of tilesWritten(size, next)) written.add(tilePath(tile))
        size = next
        for (const tile of tilesUnder(size, true)) expect(written.has(tilePath(tile)), tilePath(tile)).to.equal(true)
      }
    }
  })

  it("are not written where nothing has changed", () => {
    expect(tilesWritten(700, 700)).to.deep.equal([])
    const paths = tilesWritten(700, 701).map(tilePath)
    expect(paths).to.deep.equal(["/tile/entries/002.p/189", "/tile/0/002.p/189"])
  })
})

describe("a reader of tiles", () => {
  it("refuses a file whose length is not its width", () => {
    const tile = { level: 0, index: 0, width: 3 }
    for (const length of [0, 95, 97, 128])
      expect(refusal(() => new TileReader().add(tile, new Uint8Array(length)))).to.equal("format")
  })

  it("says log-inconsistent for a node that no tile holds", () => {
    const reader = readerUnder(300, false)
    expect(hex(reader.node(0, 299))).to.equal(hex(leafHashes[299]!))
    expect(refusal(() => reader.node(0, 300))).to.equal("log-inconsistent")
    expect(refusal(() => reader.node(1, 149))).to.equal(undefined)
    expect(refusal(() => reader.node(1, 150))).to.equal("log-inconsistent")
    expect(refusal(() => reader.node(16, 0))).to.equal("log-inconsistent")
  })

  it("lets no changed tile through: the root or the proof fails", () => {
    const size = 700
    const root = merkle.root(size, node)
    for (const tile of tilesUnder(size).filter(({ level }) => level >= 0)) {
      const reader = readerUnder(size, false)
      const file = encodeTile(tile, node)
      file[32 * (tile.width - 1)]! ^= 1
      reader.add(tile, file)
      const index = tile.level === 0 ? tile.index * TILE_WIDTH + tile.width - 1 : 0
      const proof = merkle.inclusionProof(index, size, reader.node)
      const holds = hex(merkle.root(size, reader.node)) === hex(root)
      const included = merkle.verifyInclusion(index, size, reader.node(0, index), proof, root)
      expect(holds && included, tilePath(tile)).to.equal(false)
    }
  })
})

describe("an entry bundle", () => {
  const leaves = vectors.entries.leaves.map(fromHex)
  const file = fromHex(vectors.entries.file)

  it("has the bytes of the vector, and comes back from them", () => {
    expect(hex(encodeEntries(leaves))).to.equal(vectors.entries.file)
    expect(parseEntries(file, leaves.length)).to.deep.equal(leaves)
  })

  it("is refused when cut or longer or of another width, and has one spelling", () => {
    expectOneLength(file, bytes => parseEntries(bytes, leaves.length))
    expectOneSpelling(file, changed => encodeEntries(parseEntries(changed, leaves.length)))
    expect(refusal(() => parseEntries(file, leaves.length - 1))).to.equal("format")
    expect(refusal(() => parseEntries(file, leaves.length + 1))).to.equal("format")
  })

  it("that promises more than it has is refused", () => {
    expect(refusal(() => parseEntries(concat(u16(65_535), new Uint8Array(10)), 1))).to.equal("format")
  })
})
