import fs from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { time } from "../../src/crypto/index.ts"
import { INGEST_KEYS_BYTES, KEYS_LEFT_BUCKETS, KEYS_PER_LIST, PATHS } from "../../src/protocol/index.ts"
import { openIngestServer, openPublisherServer } from "../../src/server/index.ts"
import {
  FIRST_BUCKET,
  fileStores,
  native,
  publishedOf,
  type Running,
  random,
  sealer,
  secretsOf,
  serverConfig,
  type Written,
  write,
} from "./world.ts"

const all = serverConfig(["low-cost"])
const { receiptSeed, uploadsPerMinute, proxies, ...publisherConfig } = all
const BUCKETS_A_DAY = 12
const STOPS_IN = FIRST_BUCKET + KEYS_PER_LIST - KEYS_LEFT_BUCKETS - 1

it("a publisher that is down for a day, just before it would have announced keys, loses nothing: ingest goes on alone, and every bucket is published afterwards", async () => {
  const directory = await fs.mkdtemp(join(tmpdir(), "lindung-apart-"))
  let now = time.bucketStart(FIRST_BUCKET) + 100
  const clock = () => now
  const openPublisher = async () =>
    openPublisherServer(publisherConfig, { clock, random, stores: await fileStores(directory), curves: native })
  const first = await openPublisher()
  await first.close()
  const { envelopes, records, tree } = await fileStores(directory)
  await records.close()
  const phones = { receiptSeed, uploadsPerMinute, proxies }
  const ingest = await openIngestServer(phones, { clock, random, envelopes, tree, ed25519: native.ed25519 })
  const listener = createServer(ingest.handler)
  await new Promise<void>(done => listener.listen(0, "127.0.0.1", done))
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  const file = async (path: string) => new Uint8Array(await (await fetch(url + path)).arrayBuffer())
  try {
    const early = await openPublisher()
    for (let bucket = FIRST_BUCKET; bucket < STOPS_IN; bucket++) {
      now += time.SECONDS_PER_BUCKET
      await ingest.sealDue()
      expect(await early.publishDue()).to.equal(1)
    }
    await early.close()
    await ingest.sealDue()
    const lists = await file(PATHS.ingestKeys)
    expect(lists.length, "one list, of which half is used").to.equal(INGEST_KEYS_BYTES)
    const sent: Written[] = []
    for (let bucket = STOPS_IN; bucket < STOPS_IN + BUCKETS_A_DAY; bucket++) {
      const report = write("low-cost", bucket, all.parameters[0]!)
      const seal = await sealer({ file } as unknown as Running, bucket, all.parameters[0]!, "low-cost")
      const body = new Uint8Array(seal.report(report))
      const headers = { "content-type": "application/octet-stream" }
      expect((await fetch(`${url}/v1/uploads`, { method: "POST", body, headers })).status, `${bucket}`).to.equal(202)
      sent.push(report)
      now += time.SECONDS_PER_BUCKET
      await ingest.sealDue()
    }
    expect((await fetch(`${url}/healthz`)).status, "an operator is told").to.equal(503)
    const second = await openPublisher()
    expect(await second.publishDue()).to.equal(BUCKETS_A_DAY)
    await second.close()
    await ingest.sealDue()
    expect((await fetch(`${url}/healthz`)).status).to.equal(200)
    for (const [i, report] of sent.entries())
      expect(publishedOf(await file(PATHS.batch("low-cost", STOPS_IN + i)), report)).to.deep.equal(secretsOf(report))
  } finally {
    listener.closeAllConnections()
    listener.close()
    await ingest.close()
    await fs.rm(directory, { recursive: true })
  }
})
