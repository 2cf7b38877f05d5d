import { expect } from "chai"
import { time } from "../../src/crypto/index.ts"
import { memoryEnvelopes } from "../../src/server/index.ts"
import { openIngest } from "../../src/server/ingest.ts"
import { FIRST_BUCKET, memoryStores, native, random, running, sealer, serverConfig } from "./world.ts"

const MAX_WAITING_BYTES = 128 * 2 ** 20

it("ingest has the room of gatherings that were lost again", async () => {
  const config = serverConfig(["unlinkable"])
  const stores = memoryStores()
  const at = await running(config, stores)
  const body = (await sealer(at, FIRST_BUCKET, config.parameters[0]!, "unlinkable")).cover()
  await at.stop()
  const ingest = openIngest(config.receiptSeed, {
    clock: () => time.bucketStart(FIRST_BUCKET) + 100,
    random,
    after: (_, run) => run(),
    envelopes: { ...memoryEnvelopes(), append: () => Promise.reject(new Error("read-only")) },
    published: FIRST_BUCKET - 1,
    tree: stores.tree,
    ed25519: native.ed25519,
    onStore() {
      throw new Error("nobody hears of it")
    },
  })
  const codes = new Set<string>()
  for (let sent = 0; sent <= MAX_WAITING_BYTES; sent += body.length)
    codes.add(await ingest.accept(body).catch(error => error.code))
  expect([...codes]).to.deep.equal(["server"])
})
