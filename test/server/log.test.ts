import { expect } from "chai"
import { hex, merkle } from "../../src/crypto/index.ts"
import { PATHS, parseEntries, TileReader, tilePath, tilesUnder, verifyCheckpoint } from "../../src/protocol/index.ts"
import { memoryRecords, memoryTree } from "../../src/server/index.ts"
import { openLog } from "../../src/server/log.ts"
import { native, noteKey, noWitnesses, serverConfig } from "./world.ts"

const config = serverConfig()
const key = noteKey(config)
const leafAt = (n: number): Uint8Array => new Uint8Array(46).fill(n % 251).fill(n >> 8, 0, 1)

describe("the log", () => {
  async function grown(sizes: readonly number[]) {
    const [records, tree] = [memoryRecords(), memoryTree()]
    const log = await openLog({
      records,
      tree,
      name: config.logName,
      seed: config.logSeed,
      ed25519: native.ed25519,
      witnesses: noWitnesses,
    })
    const roots = new Map<number, Uint8Array>()
    for (const size of sizes) {
      for (let n = log.size; n < size; n++)
        await records.append(leafAt(n), { type: "parameters", bytes: new Uint8Array() }, [], n)
      await log.reload()
      await log.publish(size)
      roots.set(size, verifyCheckpoint((await tree.read(PATHS.checkpoint))!, key, native.ed25519).root)
    }
    return { records, tree, roots, log }
  }

  it("writes every tile that a phone asks for under each of its checkpoints", async () => {
    const sizes = [1, 2, 3, 255, 256, 257, 400, 513, 700]
    const { tree, roots } = await grown(sizes)
    for (const size of sizes) {
      const reader = new TileReader()
      const leaves: Uint8Array[] = []
      for (const tile of tilesUnder(size, true)) {
        const file = await tree.read(tilePath(tile))
        expect(file, `${tilePath(tile)} under ${size}`).to.not.equal(undefined)
        if (tile.level >= 0) reader.add(tile, file!)
        else leaves.push(...parseEntries(file!, tile.width))
      }
      expect(leaves.map(hex)).to.deep.equal(Array.from({ length: size }, (_, n) => hex(leafAt(n))))
      expect(hex(merkle.root(size, reader.node))).to.equal(hex(roots.get(size)!))
    }
  })

  it("is one history: each head is consistent with those before it", async () => {
    const sizes = [1, 7, 256, 300, 600]
    const { tree, roots } = await grown(sizes)
    const reader = new TileReader()
    for (const tile of tilesUnder(600, true)) if (tile.level >= 0) reader.add(tile, (await tree.read(tilePath(tile)))!)
    for (const old of sizes) {
      const proof = merkle.consistencyProof(old, 600, reader.node)
      expect(merkle.verifyConsistency(old, 600, roots.get(old)!, roots.get(600)!, proof), `${old}`).to.equal(true)
    }
  })

  it("goes on after a restart with the tiles it would have written without one", async () => {
    const whole = await grown([200, 300, 520])
    const { records, tree } = await grown([200, 300])
    const again = await openLog({
      records,
      tree,
      name: config.logName,
      seed: config.logSeed,
      ed25519: native.ed25519,
      witnesses: noWitnesses,
    })
    for (let n = 300; n < 520; n++)
      await records.append(leafAt(n), { type: "parameters", bytes: new Uint8Array() }, [], n)
    await again.reload()
    await again.publish(520)
    const paths = await whole.tree.list("/")
    expect(await tree.list("/")).to.have.members(paths)
    for (const path of paths) expect(hex((await tree.read(path))!), path).to.equal(hex((await whole.tree.read(path))!))
  })

  it("changes its key in steps: apps with either key believe it meanwhile, and the history goes on", async () => {
    const [records, tree] = [memoryRecords(), memoryTree()]
    const nextSeed = new Uint8Array(32).fill(77)
    const next = { ...key, publicKey: native.ed25519.verifyKey(nextSeed) }
    const step = async (size: number, seed: Uint8Array, alsoSeeds: readonly Uint8Array[]) => {
      const ports = { records, tree, name: config.logName, seed, alsoSeeds, ed25519: native.ed25519 }
      const log = await openLog({ ...ports, witnesses: noWitnesses })
      for (let n = log.size; n < size; n++)
        await records.append(leafAt(n), { type: "parameters", bytes: new Uint8Array() }, [], n)
      await log.reload()
      await log.publish(size)
      const note = (await tree.read(PATHS.checkpoint))!
      return [key, next].map(one => {
        try {
          return verifyCheckpoint(note, one, native.ed25519).size
        } catch (error) {
          return (error as { code?: string }).code
        }
      })
    }
    expect(await step(3, config.logSeed, [])).to.deep.equal([3, "signature"])
    expect(await step(3, config.logSeed, [nextSeed]), "the same head, with the other key").to.deep.equal([3, 3])
    expect(await step(5, nextSeed, [config.logSeed])).to.deep.equal([5, 5])
    expect(await step(9, nextSeed, [])).to.deep.equal(["signature", 9])
  })

  it("does not open over a checkpoint that its leaves do not lead to", async () => {
    const { tree } = await grown([3])
    const records = memoryRecords()
    for (let n = 0; n < 5; n++)
      await records.append(leafAt(n + 1), { type: "parameters", bytes: new Uint8Array() }, [], n)
    const ports = {
      records,
      tree,
      name: config.logName,
      seed: config.logSeed,
      ed25519: native.ed25519,
      witnesses: noWitnesses,
    }
    expect(await openLog(ports).catch(error => error)).to.include({ code: "log-inconsistent" })
  })
})
