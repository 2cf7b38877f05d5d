import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { hex, merkle, time } from "../../src/crypto/index.ts"
import {
  type DesignName,
  encodeLeaf,
  leafOf,
  PATHS,
  parseBatch,
  parseEntries,
  parseReceipt,
  TileReader,
  tilePath,
  tilesUnder,
  verifyCheckpoint,
} from "../../src/protocol/index.ts"
import type { RecordStore } from "../../src/server/index.ts"
import {
  FIRST_BUCKET,
  fileStores,
  memoryStores,
  native,
  noteKey,
  publishedOf,
  type Running,
  running,
  sealer,
  secretsOf,
  serverConfig,
  write,
} from "./world.ts"

/** Everything that a phone checks before it believes a batch. */
async function verified(at: Running, path: string, design: number, bucket: number): Promise<Uint8Array> {
  const checkpoint = verifyCheckpoint(await at.file(PATHS.checkpoint), noteKey(serverConfig()), native.ed25519)
  expect(checkpoint.bucket).to.equal(bucket)
  const file = await at.file(path)
  const leaf = encodeLeaf(leafOf("batch", bucket, design, file))
  const tiles = new TileReader()
  let index = -1
  for (const tile of tilesUnder(checkpoint.size)) {
    const bytes = await at.file(tilePath(tile))
    if (tile.level >= 0) tiles.add(tile, bytes)
    else {
      const found = parseEntries(bytes, tile.width).findIndex(entry => hex(entry) === hex(leaf))
      if (found >= 0) index = 256 * tile.index + found
    }
  }
  const proof = merkle.inclusionProof(index, checkpoint.size, tiles.node)
  expect(merkle.verifyInclusion(index, checkpoint.size, merkle.leafHash(leaf), proof, checkpoint.root)).to.equal(true)
  return file
}

for (const name of ["hybrid", "low-cost", "unlinkable"] as DesignName[])
  it(`a ${name} report that was acknowledged is in the batch that the log proves, and a cover is not`, async () => {
    const config = serverConfig([name])
    const parameters = config.parameters[0]!
    const at = await running(config)
    try {
      const seal = await sealer(at, FIRST_BUCKET, parameters, name)
      const report = write(name, FIRST_BUCKET, parameters)
      const bodies = [seal.cover(), seal.report(report), seal.cover()]
      const answers = await Promise.all(bodies.map(body => at.post(body)))
      for (const [i, answer] of answers.entries()) {
        expect(answer.status).to.equal(202)
        const receipt = new Uint8Array(await answer.arrayBuffer())
        const key = native.ed25519.verifyKey(config.receiptSeed)
        expect(parseReceipt(receipt, bodies[i]!, key, native.ed25519)).to.equal(FIRST_BUCKET)
      }
      at.now = time.bucketStart(FIRST_BUCKET + 1)
      expect(await at.server.publishDue()).to.equal(1)
      const file = await verified(at, PATHS.batch(name, FIRST_BUCKET), report.report.design.code, FIRST_BUCKET)
      expect(publishedOf(file, report)).to.deep.equal(secretsOf(report))
      expect(parameters.paddingSizes[name]).to.include(parseBatch(file).entries)
      expect(at.events).to.deep.include({
        event: "published",
        bucket: FIRST_BUCKET,
        envelopes: 3,
        lost: 0,
        dropped: 0,
        batches: [{ design: name, bytes: file.length }],
      })
    } finally {
      await at.stop()
    }
  })

it("a server over files goes on where it stopped, and a second start changes nothing", async () => {
  const config = serverConfig()
  const directory = await mkdtemp(join(tmpdir(), "lindung-"))
  try {
    const first = await running(config, await fileStores(directory))
    const seal = await sealer(first, FIRST_BUCKET, config.parameters[0]!)
    const report = write("hybrid", FIRST_BUCKET, config.parameters[0]!)
    expect((await first.post(seal.report(report))).status).to.equal(202)
    await first.stop()
    const second = await running(config, await fileStores(directory), time.bucketStart(FIRST_BUCKET + 1) + 1)
    await second.server.publishDue()
    const path = PATHS.batch("hybrid", FIRST_BUCKET)
    const file = await verified(second, path, 3, FIRST_BUCKET)
    expect(publishedOf(file, report)).to.deep.equal(secretsOf(report))
    const checkpoint = await second.file(PATHS.checkpoint)
    await second.stop()
    const third = await running(config, await fileStores(directory), time.bucketStart(FIRST_BUCKET + 1) + 2)
    expect(await third.server.publishDue()).to.equal(0)
    expect(hex(await third.file(path))).to.equal(hex(file))
    expect(hex(await third.file(PATHS.checkpoint))).to.equal(hex(checkpoint))
    await third.stop()
  } finally {
    await rm(directory, { recursive: true })
  }
})

it("after a time without the server every bucket gets its batch, in order", async () => {
  const at = await running()
  try {
    at.now = time.bucketStart(FIRST_BUCKET + 30) + 5
    expect(await at.server.publishDue()).to.equal(30)
    expect(await at.server.publishDue()).to.equal(0)
    for (let bucket = FIRST_BUCKET; bucket < FIRST_BUCKET + 30; bucket++)
      expect(parseBatch(await at.file(PATHS.batch("hybrid", bucket))).entries).to.be.greaterThan(0)
  } finally {
    await at.stop()
  }
})

it("a key server that is closed while it makes room for the next bucket publishes nothing over closed stores", async () => {
  const stores = memoryStores()
  let goOn = () => {}
  let isReady = Promise.resolve()
  let isClosed = false
  const close = async () => {
    isClosed = true
  }
  const seen: boolean[] = []
  const envelopes = { ...stores.envelopes, prepare: () => isReady, close }
  const records: RecordStore = {
    ...stores.records,
    close,
    publish(bucket) {
      seen.push(isClosed)
      return stores.records.publish(bucket)
    },
  }
  const at = await running(serverConfig(["low-cost"]), { ...stores, envelopes, records })
  isReady = new Promise(resolve => {
    goOn = resolve
  })
  at.now = time.bucketStart(FIRST_BUCKET + 1) + 1
  const due = at.server.publishDue()
  const stopped = at.stop()
  await new Promise(resolve => setTimeout(resolve, 20))
  goOn()
  expect(await due).to.equal(1)
  await stopped
  expect(seen).to.deep.equal([false])
  expect(await at.server.publishDue().catch(error => error)).to.include({ code: "state" })
})
