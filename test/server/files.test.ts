import { expect } from "chai"
import { hex, time } from "../../src/crypto/index.ts"
import { PATHS } from "../../src/protocol/index.ts"
import type { TreeStore } from "../../src/server/index.ts"
import { FIRST_BUCKET, memoryStores, type Running, running, sealer, serverConfig } from "./world.ts"

const BATCH = PATHS.batch("hybrid", FIRST_BUCKET)

describe("the static tree over HTTP", () => {
  let at: Running
  before(async () => {
    at = await running()
    await at.server.closeBucket(FIRST_BUCKET)
  })
  after(() => at.stop())

  it("is the same bytes and headers whoever asks", async () => {
    const ask = async (headers: Record<string, string>) => {
      const answer = await at.get(BATCH, headers)
      const shown = [...answer.headers].filter(([name]) => name !== "date")
      return JSON.stringify([answer.status, shown, hex(new Uint8Array(await answer.arrayBuffer()))])
    }
    const answers = await Promise.all([
      ask({}),
      ask({ "user-agent": "a phone", "accept-language": "id", cookie: "a=1", "x-forwarded-for": "192.0.2.1" }),
      ask({ accept: "text/html", "accept-encoding": "br", "if-modified-since": "Mon, 23 Nov 2026 12:00:00 GMT" }),
    ])
    expect(new Set(answers).size).to.equal(1)
  })

  it("answers 304 without a body to whoever has a file", async () => {
    for (const path of [BATCH, PATHS.checkpoint, PATHS.ingestKeys]) {
      const etag = (await at.get(path)).headers.get("etag")!
      for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
        const again = await at.get(path, { "if-none-match": known })
        expect(again.status, path).to.equal(304)
        expect((await again.arrayBuffer()).byteLength).to.equal(0)
      }
      expect((await at.get(path, { "if-none-match": '"other"' })).status).to.equal(200)
    }
  })

  it("may be cached where a file never changes, and is asked again where it does", async () => {
    expect((await at.get(BATCH)).headers.get("cache-control")).to.equal("public, max-age=1209600, immutable")
    for (const path of [PATHS.checkpoint, PATHS.parameters, PATHS.ingestKeys])
      expect((await at.get(path)).headers.get("cache-control")).to.equal("no-cache")
  })

  it("answers HEAD with the length alone", async () => {
    const answer = await fetch(at.url + BATCH, { method: "HEAD" })
    const whole = await at.file(BATCH)
    expect(answer.headers.get("content-length")).to.equal(String(whole.length))
    expect((await answer.arrayBuffer()).byteLength).to.equal(0)
  })

  it("leads to nothing else", async () => {
    for (const path of [
      "/",
      "/records.sqlite",
      "/staged/hybrid/1",
      "/batches/hybrid/../../records.sqlite",
      "/batches/..%2f..%2frecords.sqlite",
      "/batches/hybrid/%2e%2e",
      "/batches/hybrid",
      `${BATCH}.new`,
      "/tile/0/000",
      "/tile/-1/000",
      "/v1/uploads",
    ])
      expect((await at.get(path)).status, path).to.equal(404)
  })

  it("may be read by a page of any origin, also that a file is missing", async () => {
    const missing = PATHS.batch("hybrid", FIRST_BUCKET + 9)
    for (const [path, status] of [
      [BATCH, 200],
      [PATHS.checkpoint, 200],
      [missing, 404],
    ] as const) {
      const answer = await at.get(path, { origin: "https://app.example" })
      expect(answer.status, path).to.equal(status)
      expect(answer.headers.get("access-control-allow-origin"), path).to.equal("*")
    }
  })

  it("says nothing of its making", async () => {
    const { headers } = await at.get(BATCH)
    for (const name of ["x-powered-by", "server", "set-cookie", "last-modified", "x-ratelimit-remaining"])
      expect(headers.get(name), name).to.equal(null)
  })
})

it("a batch is served for fourteen days, and then by nobody, not even from memory", async () => {
  const at = await running(serverConfig(["low-cost"]))
  try {
    at.now = time.bucketStart(FIRST_BUCKET + 168)
    await at.server.publishDue()
    const [first, second] = [PATHS.batch("low-cost", FIRST_BUCKET), PATHS.batch("low-cost", FIRST_BUCKET + 1)]
    expect((await at.get(first)).status).to.equal(200)
    expect((await at.get(second)).status).to.equal(200)
    at.now = time.bucketStart(FIRST_BUCKET + 169)
    await at.server.publishDue()
    expect((await at.get(first)).status).to.equal(404)
    expect((await at.get(second)).status).to.equal(200)
  } finally {
    await at.stop()
  }
})

it("metrics stand still while uploads come in, real or cover, and move when the bucket is published", async () => {
  const at = await running(serverConfig(), memoryStores())
  try {
    const metrics = async () => (await at.get("/metrics")).text()
    const before = await metrics()
    const seal = await sealer(at, FIRST_BUCKET, serverConfig().parameters[0]!)
    for (let i = 0; i < 3; i++) await at.post(seal.cover())
    await at.post(new Uint8Array(10))
    expect(await metrics()).to.equal(before)
    await at.server.closeBucket(FIRST_BUCKET)
    const after = await metrics()
    expect(after).to.match(/^lindung_bucket_envelopes 3$/m)
    expect(after).to.match(new RegExp(`^lindung_published_bucket ${FIRST_BUCKET}$`, "m"))
    expect(after).to.not.match(/report/i)
  } finally {
    await at.stop()
  }
})

it("a file is read once for all who ask for it at once, and nothing is held that was read before a bucket was published", async () => {
  const stores = memoryStores()
  let reads = 0
  let isRead = () => {}
  let slow = Promise.resolve()
  const tree: TreeStore = {
    ...stores.tree,
    async read(path) {
      const file = await stores.tree.read(path)
      if (path !== BATCH) return file
      reads++
      isRead()
      await slow
      return file
    },
  }
  const here = await running(serverConfig(), { ...stores, tree })
  try {
    await here.server.closeBucket(FIRST_BUCKET)
    reads = 0
    let goOn = () => {}
    const hold = () => {
      slow = new Promise(resolve => {
        goOn = resolve
      })
      return new Promise<void>(resolve => {
        isRead = resolve
      })
    }
    const begun = hold()
    const asked = Array.from({ length: 20 }, () => here.get(BATCH).then(answer => answer.arrayBuffer()))
    await begun
    await new Promise(resolve => setTimeout(resolve, 50))
    goOn()
    expect(new Set((await Promise.all(asked)).map(file => file.byteLength)).size).to.equal(1)
    expect(reads).to.equal(1)
    here.now += time.SECONDS_PER_BUCKET
    await here.server.closeBucket(FIRST_BUCKET + 1)
    const late = hold()
    const before = here.get(BATCH)
    await late
    here.now += time.SECONDS_PER_BUCKET
    await here.server.closeBucket(FIRST_BUCKET + 2)
    goOn()
    expect((await before).status).to.equal(200)
    await stores.tree.remove(BATCH)
    expect((await here.get(BATCH)).status, "deleted while it was read").to.equal(404)
  } finally {
    await here.stop()
  }
})
