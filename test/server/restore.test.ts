import { expect } from "chai"
import { concat, hex, time } from "../../src/crypto/index.ts"
import { PATHS, parseIngestKeys, tilePath, verifyCheckpoint } from "../../src/protocol/index.ts"
import { memoryEnvelopes, memoryRecords, memoryTree, type RecordStore, restoreRecords } from "../../src/server/index.ts"
import {
  FIRST_BUCKET,
  memoryStores,
  native,
  noteKey,
  publishedOf,
  running,
  sealer,
  secretsOf,
  serverConfig,
  write,
} from "./world.ts"

const config = serverConfig(["low-cost"])
const key = noteKey(config)
const { ed25519 } = native
const BUCKETS = 40

/** A key server that has published for more than three days: with several key lists, and one report in the first bucket. */
async function world() {
  const stores = memoryStores()
  const at = await running(config, stores)
  const report = write("low-cost", FIRST_BUCKET, config.parameters[0]!)
  const envelope = (await sealer(at, FIRST_BUCKET, config.parameters[0]!, "low-cost")).report(report)
  expect((await at.post(envelope)).status).to.equal(202)
  for (let bucket = FIRST_BUCKET; bucket < FIRST_BUCKET + BUCKETS; bucket++) {
    at.now = time.bucketStart(bucket + 1) + 2
    await at.server.publishDue()
  }
  const { now } = at
  await at.stop()
  return { stores, report, now }
}

const listOf = async (records: RecordStore) => ({
  leaves: (await records.leaves()).map(hex),
  files: (await records.files()).map(({ position, type, bytes }) => ({ position, type, bytes: hex(bytes) })),
  published: await records.published(),
})

/** The first `size` leaves of records, as an old copy has them: with the files that were in force, and no key. */
async function oldCopy(of: RecordStore, size: number): Promise<RecordStore> {
  const tree = memoryTree()
  const files = await of.files()
  const copy = memoryRecords()
  await copy.begin(FIRST_BUCKET - 1)
  for (const [position, leaf] of (await of.leaves()).slice(0, size).entries()) {
    const file = files.find(each => each.position === position)
    if (leaf[0] === 1) {
      const bucket = new DataView(leaf.buffer, leaf.byteOffset).getUint32(1)
      await copy.stage(bucket, [leaf], [])
      await copy.publish(bucket)
    } else
      await copy.append(
        leaf,
        { type: file?.type ?? "ingest-keys", bytes: file?.bytes ?? new Uint8Array() },
        [],
        position,
      )
  }
  expect(await tree.list("/")).to.deep.equal([])
  return copy
}

describe("records that are lost", () => {
  it("are made again from the published tree: the same leaves, files in force and bucket, without a key", async () => {
    const { stores } = await world()
    const records = memoryRecords()
    const { size, added, lostKeys } = await restoreRecords({ records, tree: stores.tree, key, ed25519 })
    const before = await listOf(stores.records)
    const after = await listOf(records)
    expect(after.leaves).to.deep.equal(before.leaves)
    expect(after.published).to.equal(before.published)
    expect(after.files.filter(({ bytes }) => bytes !== "")).to.deep.equal(before.files)
    expect({ size, added }).to.deep.equal({ size: before.leaves.length, added: before.leaves.length })
    const lists = (await stores.tree.read(PATHS.ingestKeys))!
    const { firstBucket } = parseIngestKeys(lists.slice(-778))
    expect(lostKeys.at(-1), "the last bucket that is announced").to.equal(firstBucket + 23)
    expect(lostKeys[0]).to.equal(FIRST_BUCKET + BUCKETS)
  })

  it("are made by a second run where the first one was killed at any of its writes", async () => {
    const { stores, now } = await world()
    const names = ["begin", "append", "stage", "publish", "forget"] as const
    let isThrough = false
    for (let n = 0; !isThrough; n += n < 3 ? 1 : 7) {
      const records = memoryRecords()
      let left = n
      const dying = { ...records }
      for (const name of names)
        Object.assign(dying, {
          [name]: (...given: never[]) => {
            if (left-- <= 0) throw new Error("killed here")
            return (records[name] as (...of: never[]) => Promise<void>)(...given)
          },
        })
      const first = restoreRecords({ records: dying, tree: stores.tree, key, ed25519 })
      isThrough = await first.then(
        () => true,
        error => expect(error.message).to.equal("killed here") && false,
      )
      await restoreRecords({ records, tree: stores.tree, key, ed25519 })
      expect((await records.files()).filter(({ bytes }) => bytes.length === 0)).to.deep.equal([])
      const at = await running(config, { envelopes: memoryEnvelopes(), records, tree: stores.tree }, now)
      await at.stop()
    }
    const records = memoryRecords()
    const killed = { ...records, forget: () => Promise.reject(new Error("killed here")) }
    const error = await restoreRecords({ records: killed, tree: stores.tree, key, ed25519 }).catch(failure => failure)
    expect(error.message).to.equal("killed here")
    await restoreRecords({ records, tree: stores.tree, key, ed25519 })
    await (await running(config, { envelopes: memoryEnvelopes(), records, tree: stores.tree }, now)).stop()
  })

  it("leave a log that goes on consistently, and a server that takes and publishes reports as soon as keys are new", async () => {
    const { stores, now } = await world()
    const shown = verifyCheckpoint(concat((await stores.tree.read(PATHS.checkpoint))!), key, ed25519)
    const records = memoryRecords()
    const { lostKeys } = await restoreRecords({ records, tree: stores.tree, key, ed25519 })
    const at = await running(config, { envelopes: memoryEnvelopes(), records, tree: stores.tree }, now + 7200)
    try {
      const bucket = lostKeys.at(-1)! + 1
      await at.server.publishDue()
      at.now = time.bucketStart(bucket) + 1
      await at.server.publishDue()
      const report = write("low-cost", bucket, config.parameters[0]!)
      const seal = await sealer(at, bucket, config.parameters[0]!, "low-cost")
      expect((await at.post(seal.report(report))).status).to.equal(202)
      await at.server.closeBucket(bucket)
      expect(publishedOf(await at.file(PATHS.batch("low-cost", bucket)), report)).to.deep.equal(secretsOf(report))
      const head = verifyCheckpoint(await at.file(PATHS.checkpoint), key, ed25519)
      expect(head.size).to.be.greaterThan(shown.size)
      // `openLog` refuses a checkpoint that its leaves do not lead to: that it opened, and the first leaves are equal, is it.
      const leaves = (await records.leaves()).map(hex)
      expect(leaves.slice(0, shown.size)).to.deep.equal((await listOf(stores.records)).leaves.slice(0, shown.size))
    } finally {
      await at.stop()
    }
  })

  it("but of which any older copy is left are brought up to the tree from there", async () => {
    const { stores } = await world()
    const whole = await listOf(stores.records)
    for (const size of [1, 3, 4, 10, whole.leaves.length - 1, whole.leaves.length]) {
      const copy = await oldCopy(stores.records, size)
      const { added } = await restoreRecords({ records: copy, tree: stores.tree, key, ed25519 })
      expect(added).to.equal(whole.leaves.length - size)
      const after = await listOf(copy)
      expect(after.leaves, `from ${size}`).to.deep.equal(whole.leaves)
      expect(after.published, `from ${size}`).to.equal(whole.published)
    }
  })

  it("are not made from a tree that has been changed, is not this log's, or is of another history than the copy", async () => {
    const { stores } = await world()
    const { tree } = stores
    const size = (await stores.records.leaves()).length
    const bundle = tilePath({ level: -1, index: 0, width: size })
    const whole = (await tree.read(bundle))!
    const refused = async (records = memoryRecords(), as = key) => {
      const error = await restoreRecords({ records, tree, key: as, ed25519 }).catch(failure => failure)
      expect((await records.leaves()).length, "nothing is written").to.be.at.most(3)
      return error.code
    }
    const changed = new Uint8Array(whole)
    changed[changed.length - 1]! ^= 1
    await tree.write(bundle, changed)
    expect(await refused()).to.equal("log-inconsistent")
    await tree.remove(bundle)
    expect(await refused()).to.equal("log-inconsistent")
    await tree.write(bundle, whole)
    expect(await refused(memoryRecords(), { ...key, name: "other.example" })).to.equal("signature")
    const other = await oldCopy(stores.records, 2)
    await other.append(new Uint8Array(46).fill(2), { type: "parameters", bytes: new Uint8Array() }, [], 2)
    expect(await refused(other)).to.equal("log-inconsistent")
    await tree.remove(PATHS.checkpoint)
    expect(await refused()).to.equal("log-inconsistent")
  })
})
