import { expect } from "chai"
import { hex, sealedBox, time } from "../../src/crypto/index.ts"
import {
  defaultParameters,
  designByName,
  firstSlot,
  INGEST_KEYS_BYTES,
  PATHS,
  parseIngestKeys,
  sealReport,
  slotAt,
  slotBytes,
  spentTag,
} from "../../src/protocol/index.ts"
import type { ServerEvent } from "../../src/server/index.ts"
import {
  authoritySeed,
  FIRST_BUCKET,
  memoryStores,
  native,
  publishedOf,
  type Running,
  random,
  running,
  sealer,
  secretsOf,
  serverConfig,
  type Written,
  write,
} from "./world.ts"

const today = time.day(time.bucketStart(FIRST_BUCKET))

/** The secrets of a report that were published. */
const published = async (at: Running, written: Written, bucket = FIRST_BUCKET): Promise<string[]> => {
  const { name } = written.report.design
  const zip = name === "gaen" ? await at.file(PATHS.archive(name, bucket)) : undefined
  return publishedOf(await at.file(PATHS.batch(name, bucket)), written, zip)
}

const droppedIn = (events: readonly ServerEvent[]): number =>
  events.reduce((sum, event) => sum + (event.event === "published" ? (event.dropped ?? 0) : 0), 0)

describe("the publisher", () => {
  for (const name of ["hybrid", "low-cost", "unlinkable"] as const) {
    const config = serverConfig([name])
    const parameters = config.parameters[0]!
    const design = designByName(name)!
    const good = () => write(name, FIRST_BUCKET, parameters)
    const inReport = (change: (written: Written) => Written) => () => change(good())
    const slotsOf = (written: Written, from: number, change: (j: number) => object): Written => ({
      ...written,
      report: {
        ...written.report,
        slots: written.report.slots.map((slot, j) => (j >= from ? { ...slot, ...change(j) } : slot)),
      },
    })
    const bad: Record<string, () => Written> = {
      "a token of another key": () => write(name, FIRST_BUCKET, parameters, { seed: new Uint8Array(32).fill(99) }),
      "a token with one bit changed": inReport(w => {
        const token = new Uint8Array(w.token)
        token[60]! ^= 1
        return { ...w, token }
      }),
      "a token that is random bytes": inReport(w => ({ ...w, token: random.bytes(110) })),
      "a token that has expired": () => write(name, FIRST_BUCKET, parameters, { expiryDay: today - 1 }),
      "the token of another report": inReport(w => ({ ...w, token: good().token })),
      "a secret that was not committed to": inReport(w =>
        slotsOf(
          w,
          w.report.slots.findIndex(slot => slot.revealed),
          j => (w.report.slots[j]!.revealed ? { bytes: random.bytes(slotBytes(design)) } : {}),
        ),
      ),
      "another r": inReport(w => ({ ...w, report: { ...w.report, r: random.bytes(32) } })),
      "slots of a phone that committed tomorrow": () =>
        write(name, FIRST_BUCKET, parameters, { first: firstSlot(design, today + 1, parameters) }),
      "a slot before the first contagious day": () =>
        write(name, FIRST_BUCKET, parameters, { contagiousFromDay: today - 1 }),
      "a slot that begins when the bucket is over": () =>
        write(name, FIRST_BUCKET, parameters, {
          fromDaysBack: design.reveals === "any" ? 2 : -1,
          contagiousFromDay: today - 2,
          also: [
            slotAt(design, time.bucketStart(FIRST_BUCKET + 1) + (design.reveals === "any" ? 0 : 86_400), parameters),
          ],
        }),
    }
    for (const [what, make] of Object.entries(bad))
      it(`drops a ${name} report with ${what}, and publishes the rest`, async () => {
        const at = await running(config)
        try {
          const seal = await sealer(at, FIRST_BUCKET, parameters, name)
          const [hostile, honest] = [make(), good()]
          for (const report of [hostile, honest]) expect((await at.post(seal.report(report))).status).to.equal(202)
          await at.server.closeBucket(FIRST_BUCKET)
          expect(await published(at, honest)).to.deep.equal(secretsOf(honest))
          expect(await published(at, hostile)).to.deep.equal([])
          expect(droppedIn(at.events)).to.equal(1)
        } finally {
          await at.stop()
        }
      })
  }

  it("drops a low-cost report that reveals two days, or none, for its keys are one chain", async () => {
    const config = serverConfig(["low-cost"])
    const parameters = config.parameters[0]!
    const at = await running(config)
    try {
      const seal = await sealer(at, FIRST_BUCKET, parameters, "low-cost")
      const two = write("low-cost", FIRST_BUCKET, parameters, { also: [today] })
      const none = write("low-cost", FIRST_BUCKET, parameters, { fromDaysBack: -1 })
      expect([secretsOf(two).length, secretsOf(none).length]).to.deep.equal([2, 0])
      for (const report of [two, none]) await at.post(seal.report(report))
      await at.server.closeBucket(FIRST_BUCKET)
      expect(droppedIn(at.events)).to.equal(2)
      expect(await published(at, two)).to.deep.equal([])
    } finally {
      await at.stop()
    }
  })

  it("drops a hybrid report whose slots begin in the middle of a day", async () => {
    const config = serverConfig()
    const parameters = config.parameters[0]!
    const at = await running(config)
    try {
      const report = write("hybrid", FIRST_BUCKET, parameters, { first: 12 * (today - 13) - 1 })
      await at.post((await sealer(at, FIRST_BUCKET, parameters)).report(report))
      await at.server.closeBucket(FIRST_BUCKET)
      expect(droppedIn(at.events)).to.equal(1)
    } finally {
      await at.stop()
    }
  })

  it("publishes a report once, however often it comes, and counts no repetition as dropped", async () => {
    const config = serverConfig()
    const parameters = config.parameters[0]!
    const at = await running(config)
    try {
      const report = write("hybrid", FIRST_BUCKET, parameters)
      const first = await sealer(at, FIRST_BUCKET, parameters)
      const next = await sealer(at, FIRST_BUCKET + 1, parameters)
      for (const body of [first.report(report), first.report(report), next.report(report)])
        expect((await at.post(body)).status).to.equal(202)
      at.now = time.bucketStart(FIRST_BUCKET + 2)
      await at.server.publishDue()
      expect(await published(at, report)).to.deep.equal(secretsOf(report))
      expect(await published(at, report, FIRST_BUCKET + 1)).to.deep.equal([])
      expect(droppedIn(at.events)).to.equal(0)
    } finally {
      await at.stop()
    }
  })

  it("leaves out what is older than any phone remembers, and publishes the rest of the report", async () => {
    const config = serverConfig()
    const parameters = config.parameters[0]!
    const at = await running(config, memoryStores())
    try {
      const report = write("hybrid", FIRST_BUCKET - 24, parameters, { fromDaysBack: 13 })
      await at.post((await sealer(at, FIRST_BUCKET, parameters)).report(report))
      await at.server.closeBucket(FIRST_BUCKET)
      expect(await published(at, report)).to.deep.equal(secretsOf(report).slice(24))
    } finally {
      await at.stop()
    }
  })

  it("drops envelopes sealed to another key or for another bucket, and noise", async () => {
    const config = serverConfig()
    const parameters = config.parameters[0]!
    const at = await running(config)
    try {
      const seal = await sealer(at, FIRST_BUCKET, parameters)
      const next = await sealer(at, FIRST_BUCKET + 1, parameters)
      const other = sealedBox.keyPair(random.bytes(32))
      const report = write("hybrid", FIRST_BUCKET, parameters)
      const to = { design: report.report.design, bucket: FIRST_BUCKET, parameters, random, publicKey: other.publicKey }
      const noise = new Uint8Array(seal.cover())
      noise.set(random.bytes(1000), 100)
      const moved = new Uint8Array(next.cover())
      new DataView(moved.buffer).setUint32(1, FIRST_BUCKET)
      for (const body of [sealReport(report.report, report.token, to), noise, moved, seal.cover()])
        expect((await at.post(body)).status).to.equal(202)
      await at.server.closeBucket(FIRST_BUCKET)
      expect(droppedIn(at.events)).to.equal(3)
    } finally {
      await at.stop()
    }
  })

  it("announces the next key list at least three buckets before the last one ends, and never a second key", async () => {
    const at = await running(serverConfig(["low-cost"]))
    const keys = new Map<number, string>()
    try {
      for (let bucket = FIRST_BUCKET; bucket < FIRST_BUCKET + 80; bucket++) {
        at.now = time.bucketStart(bucket) + 10
        await at.server.publishDue()
        const file = await at.file(PATHS.ingestKeys)
        expect([INGEST_KEYS_BYTES, 2 * INGEST_KEYS_BYTES]).to.include(file.length)
        for (let from = 0; from < file.length; from += INGEST_KEYS_BYTES) {
          const list = parseIngestKeys(file.subarray(from, from + INGEST_KEYS_BYTES))
          list.keys.forEach((key, i) => {
            const known = keys.get(list.firstBucket + i)
            if (known !== undefined) expect(hex(key)).to.equal(known)
            keys.set(list.firstBucket + i, hex(key))
          })
        }
        for (let ahead = 0; ahead < 4; ahead++) expect(keys.has(bucket + ahead), `${bucket + ahead}`).to.equal(true)
      }
      expect(new Set(keys.values()).size).to.equal(keys.size)
    } finally {
      await at.stop()
    }
  })

  it("destroys the key of a bucket once it is published, and keeps those to come", async () => {
    const stores = memoryStores()
    const at = await running(serverConfig(), stores)
    try {
      expect(await stores.records.bucketKey(FIRST_BUCKET)).to.not.equal(undefined)
      await at.server.closeBucket(FIRST_BUCKET)
      expect(await stores.records.bucketKey(FIRST_BUCKET)).to.equal(undefined)
      expect(await stores.records.bucketKey(FIRST_BUCKET + 1)).to.have.length(12 + 32 + 16)
    } finally {
      await at.stop()
    }
  })

  it("keeps the tag of a report for fourteen days and no longer", async () => {
    const config = serverConfig(["low-cost"])
    const stores = memoryStores()
    const at = await running(config, stores)
    try {
      const report = write("low-cost", FIRST_BUCKET, config.parameters[0]!)
      await at.post((await sealer(at, FIRST_BUCKET, config.parameters[0]!, "low-cost")).report(report))
      const spent = async () => (await stores.records.spent([spentTag(report.report.r)])).length
      at.now = time.bucketStart(FIRST_BUCKET + 168)
      await at.server.publishDue()
      expect(await spent()).to.equal(1)
      at.now = time.bucketStart(FIRST_BUCKET + 169)
      await at.server.publishDue()
      expect(await spent()).to.equal(0)
    } finally {
      await at.stop()
    }
  })

  it("says that a key is lost under another wrapping key, and publishes nothing in its bucket's place", async () => {
    const stores = memoryStores()
    const first = await running(serverConfig(), stores)
    await first.stop()
    const changed = serverConfig(["hybrid"], { wrappingKey: new Uint8Array(32).fill(8) })
    const second = await running(changed, stores)
    try {
      const failure = await second.server.closeBucket(FIRST_BUCKET).catch(error => error)
      expect(failure).to.include({ code: "key-lost" })
      expect(failure.message).to.not.include(hex(changed.wrappingKey))
      expect((await second.get(PATHS.batch("hybrid", FIRST_BUCKET))).status).to.equal(404)
    } finally {
      await second.stop()
    }
  })

  it("does not start over records that are older than the log it published", async () => {
    const stores = memoryStores()
    const at = await running(serverConfig(), stores)
    await at.server.closeBucket(FIRST_BUCKET)
    await at.stop()
    const restored = { ...memoryStores(), tree: stores.tree }
    expect(await running(serverConfig(), restored).catch(error => error)).to.include({ code: "log-inconsistent" })
  })

  it("takes the keys of a new authority into the log, and its tokens from then on", async () => {
    const stores = memoryStores()
    await (await running(serverConfig(), stores)).stop()
    const seed = new Uint8Array(32).fill(55)
    const config = serverConfig(["hybrid"], {
      authorityKeys: [authoritySeed, seed].map(each => native.ed25519.verifyKey(each)),
    })
    const at = await running(config, stores)
    try {
      const reports = [seed, authoritySeed].map(each =>
        write("hybrid", FIRST_BUCKET, config.parameters[0]!, { seed: each }),
      )
      const seal = await sealer(at, FIRST_BUCKET, config.parameters[0]!)
      for (const report of reports) await at.post(seal.report(report))
      await at.server.closeBucket(FIRST_BUCKET)
      for (const report of reports) expect(await published(at, report)).to.deep.equal(secretsOf(report))
    } finally {
      await at.stop()
    }
  })

  it("announces a parameter set thirty-six buckets ahead or not at all", async () => {
    const stores = memoryStores()
    await (await running(serverConfig(), stores)).stop()
    const [set] = serverConfig().parameters
    const withSet = (validFromBucket: number) =>
      serverConfig(["hybrid"], { parameters: [set!, { ...set!, validFromBucket, minPaddingReports: 30 }] })
    expect(await running(withSet(FIRST_BUCKET + 35), stores).catch(error => error)).to.include({ code: "config" })
    const at = await running(withSet(FIRST_BUCKET + 36), stores)
    const lines = Buffer.from(await at.file(PATHS.parameters))
      .toString()
      .split("\n")
    expect(lines.map(line => JSON.parse(line).validFromBucket)).to.deep.equal([FIRST_BUCKET, FIRST_BUCKET + 36])
    await at.stop()
  })

  it("announces other designs seventeen days ahead or not at all", async () => {
    const stores = memoryStores()
    await (await running(serverConfig(), stores)).stop()
    const [set] = serverConfig().parameters
    const withBoth = (from: number) =>
      serverConfig(["hybrid"], { parameters: [set!, defaultParameters(from, ["hybrid", "low-cost"])] })
    const refused = await running(withBoth(FIRST_BUCKET + 203), stores).catch(error => error)
    expect(refused).to.include({ code: "config" })
    expect(refused.message).to.include(`must be announced by ${FIRST_BUCKET - 1}`)
    await (await running(withBoth(FIRST_BUCKET + 204), stores)).stop()
  })

  for (const [name, change] of [
    ["windows", { windowMinutes: 60 }],
    ["epochs", { epochMinutes: 10 }],
  ] as const)
    it(`announces no set with other ${name} than the log began with`, async () => {
      const stores = memoryStores()
      await (await running(serverConfig(), stores)).stop()
      const [set] = serverConfig().parameters
      const other = { ...set!, validFromBucket: FIRST_BUCKET + 300, ...change }
      const refused = running(serverConfig(["hybrid"], { parameters: [set!, other] }), stores)
      expect(await refused.catch(error => error)).to.include({ code: "config" })
      const at = await running(serverConfig(), stores)
      expect(
        Buffer.from(await at.file(PATHS.parameters))
          .toString()
          .split("\n"),
      ).to.have.length(1)
      await at.stop()
    })
})
