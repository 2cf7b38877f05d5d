import { expect } from "chai"
import { encodeLeaf, leafOf } from "../../src/protocol/index.ts"
import { retain } from "../../src/server/retention.ts"
import { FIRST_BUCKET, memoryStores } from "./world.ts"

const file = new Uint8Array(1)

describe("retention", () => {
  it("keeps the partial tiles of the last fourteen days' heads and no older ones", async () => {
    const stores = memoryStores()
    // Leaf n is logged in bucket FIRST_BUCKET + n, so that the head of a bucket is as large as its number.
    for (let n = 0; n < 600; n++) {
      const leaf = encodeLeaf(leafOf("authority-keys", FIRST_BUCKET + n, 0, file))
      await stores.records.append(leaf, { type: "authority-keys", bytes: file }, [], n)
    }
    const published = FIRST_BUCKET + 599
    const oldSize = 599 - 168 + 1
    const partial = (size: number) => `/tile/0/${String(Math.floor(size / 256)).padStart(3, "0")}.p/${size % 256}`
    const paths = [
      "/tile/0/000",
      "/tile/0/001",
      "/tile/entries/000",
      partial(100),
      partial(oldSize - 1),
      partial(oldSize),
    ]
    for (const path of [...paths, partial(600), "/tile/1/000.p/1", "/tile/1/000.p/2", "/tile/entries/001.p/9"])
      await stores.tree.write(path, file)
    await retain(published, stores)
    expect(await stores.tree.list("/tile/")).to.have.members([
      "/tile/0/000",
      "/tile/0/001",
      "/tile/entries/000",
      partial(oldSize),
      partial(600),
      "/tile/1/000.p/1",
      "/tile/1/000.p/2",
    ])
  })

  it("keeps the entry bundles of a year, and those that a phone of fourteen days ago asks for, but never a hash tile", async () => {
    const paths = [0, 1, 2, 3, 4, 5].flatMap(n => [`/tile/entries/00${n}`, `/tile/0/00${n}`])
    const left = async (step: number) => {
      const stores = memoryStores()
      for (let n = 0; n < 2000; n++) {
        const leaf = encodeLeaf(leafOf("authority-keys", FIRST_BUCKET + n * step, 0, file))
        await stores.records.append(leaf, { type: "authority-keys", bytes: file }, [], n)
      }
      for (const path of paths) await stores.tree.write(path, file)
      await retain(FIRST_BUCKET + 1999 * step, stores)
      const kept = await stores.tree.list("/tile/")
      expect(kept.filter(path => path.startsWith("/tile/0/"))).to.have.length(6)
      return kept.filter(path => path.startsWith("/tile/entries/")).sort()
    }
    // One leaf a bucket: 2,000 buckets are less than a year. Twenty buckets a leaf: a year is 220 leaves, but 1,024 are recent.
    expect(await left(1)).to.deep.equal(paths.filter(path => path.includes("entries")))
    expect(await left(20)).to.deep.equal([3, 4, 5].map(n => `/tile/entries/00${n}`))
  }).timeout(20_000)

  it("removes what interrupted writes and published buckets left, and nothing that is still to be published", async () => {
    const stores = memoryStores()
    await stores.records.begin(FIRST_BUCKET)
    for (const bucket of [FIRST_BUCKET - 1, FIRST_BUCKET, FIRST_BUCKET + 1])
      await stores.envelopes.append(bucket, [new Uint8Array(10)])
    for (const path of [
      `/batches/hybrid/${FIRST_BUCKET}.new`,
      `/batches/hybrid/${FIRST_BUCKET}`,
      `/staged/hybrid/${FIRST_BUCKET}-0011`,
      `/staged/hybrid/${FIRST_BUCKET + 1}-0011`,
    ])
      await stores.tree.write(path, file)
    await retain(FIRST_BUCKET, stores)
    expect(await stores.envelopes.buckets()).to.deep.equal([FIRST_BUCKET + 1])
    const kept = [`/batches/hybrid/${FIRST_BUCKET}`, `/staged/hybrid/${FIRST_BUCKET + 1}-0011`]
    expect(await stores.tree.list("/")).to.have.members(kept)
  })
})
