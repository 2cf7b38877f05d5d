import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { concat, ecdsa, equal, hex, sha256, time } from "../../src/crypto/index.ts"
import { readExport, verifyExport } from "../../src/protocol/export.ts"
import {
  encodeExposureKey,
  type KeyBatch,
  PATHS,
  parseBatch,
  parseExposureKey,
  type Slot,
  withKeys,
} from "../../src/protocol/index.ts"
import { retain } from "../../src/server/retention.ts"
import {
  FIRST_BUCKET,
  fileStores,
  memoryStores,
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

const config = serverConfig(["gaen"])
const parameters = config.parameters[0]!
/** Phones of the first bucket seal to this one. */
const BUCKET = FIRST_BUCKET + 2
const [BATCH, ZIP] = [PATHS.batch("gaen", BUCKET), PATHS.archive("gaen", BUCKET)]
const today = time.day(time.bucketStart(BUCKET))

const good = (changes: Parameters<typeof write>[3] = {}) => write("gaen", BUCKET, parameters, changes)

/** Uploads in the first bucket, then lets time pass until they are published. */
async function publish(at: Running, reports: readonly Written[]): Promise<void> {
  const seal = await sealer(at, BUCKET, parameters, "gaen")
  for (const report of reports) expect((await at.post(seal.report(report))).status).to.equal(202)
  at.now = time.bucketStart(BUCKET + 1) + 1
  await at.server.publishDue()
}

async function batchOf(at: Running): Promise<{ batch: KeyBatch; zip: Uint8Array; file: Uint8Array }> {
  const [file, zip] = [await at.file(BATCH), await at.file(ZIP)]
  const parsed = parseBatch(file)
  if (parsed.holds !== "archive") throw new Error("no archive")
  expect(hex(parsed.archive.hash)).to.equal(hex(sha256(zip)))
  expect(parsed.archive.length).to.equal(zip.length)
  return { batch: withKeys(parsed, readExport("zip", zip)), zip, file }
}

async function withServer(test: (at: Running) => Promise<void>, own = config): Promise<void> {
  const at = await running(own)
  try {
    await test(at)
  } finally {
    await at.stop()
  }
}

describe("the archive of design 4", () => {
  it("holds every key of a report and a padded number of keys, and is signed as other systems read it", () =>
    withServer(async at => {
      const report = good()
      await publish(at, [report])
      const { batch, zip, file } = await batchOf(at)
      expect(secretsOf(report)).to.have.length(3)
      expect(publishedOf(file, report, zip)).to.deep.equal(secretsOf(report))
      expect(parameters.paddingSizes["gaen"]).to.include(batch.entries)
      const pem = Buffer.from(await at.file(PATHS.exportKeys)).toString()
      const archive = readExport("zip", zip)
      const publicKey = ecdsa.publicKeyFromPem(pem)!
      expect(verifyExport(archive, [{ publicKey, keyId: "310", keyVersion: "v1" }]).info.keyId).to.equal("310")
      expect(archive).to.include({ region: "310", start: time.bucketStart(BUCKET), end: time.bucketStart(BUCKET + 1) })
      expect(at.events.at(-1)).to.deep.include({ batches: [{ design: "gaen", bytes: file.length + zip.length }] })
      expect((await at.get(ZIP)).headers.get("cache-control")).to.include("immutable")
    }))

  it("is accepted by openssl under the key that is served beside it", () =>
    withServer(async at => {
      await publish(at, [good()])
      const { bin, signatures } = readExport("zip", await at.file(ZIP))
      const directory = mkdtempSync(join(tmpdir(), "lindung-archive-"))
      try {
        const put = (name: string, bytes: Uint8Array) => {
          writeFileSync(join(directory, name), bytes)
          return join(directory, name)
        }
        const [key, sig, data] = [
          put("key", await at.file(PATHS.exportKeys)),
          put("sig", signatures[0]!.signature),
          put("bin", bin),
        ]
        const run = spawnSync("openssl", ["dgst", "-sha256", "-verify", key, "-signature", sig, data])
        expect(run.stdout.toString()).to.equal("Verified OK\n")
      } finally {
        rmSync(directory, { recursive: true })
      }
    }))

  it("shows no difference between real keys and made-up ones: the same columns hold the same kinds of values", () =>
    withServer(async at => {
      await publish(at, [good()])
      const { batch } = await batchOf(at)
      for (let row = 0; row < batch.keys.length; row++) {
        const { rollingStart, rollingPeriod, reportType, daysSinceOnset, transmissionRisk } = batch.keys.row(row)
        expect(rollingStart % 144).to.equal(0)
        const isLast = rollingPeriod < 144
        if (isLast) expect(Math.floor(rollingStart / 144)).to.equal(time.day(time.bucketStart(FIRST_BUCKET)))
        expect(reportType).to.equal("confirmed-test")
        expect(daysSinceOnset).to.be.within(-2, 12)
        expect(transmissionRisk).to.equal(undefined)
        expect((rollingStart + rollingPeriod) * 600 + 7200).to.be.at.most(time.bucketStart(BUCKET + 1))
      }
    }))

  it("says of each key how many days after the onset it is, which is two days after the first contagious one", () =>
    withServer(async at => {
      const report = good({ fromDaysBack: 1, contagiousFromDay: today - 3 })
      await publish(at, [report])
      const { keys } = (await batchOf(at)).batch
      const days = secretsOf(report).map(secret => {
        const { tek } = parseExposureKey(Buffer.from(secret, "hex"))
        const row = Array.from({ length: keys.length }, (_, i) => i).find(i => equal(keys.tek(i), tek))
        return keys.daysSinceOnset(row!)
      })
      expect(days).to.deep.equal([0, 1])
    }))

  const changed = (change: (key: ReturnType<typeof parseExposureKey>) => Uint8Array) => (): Written => {
    const day = 144 * today
    const bytes = (of: Slot): Uint8Array => {
      if (!of.revealed) return of.leaf
      const key = parseExposureKey(of.bytes.subarray(0, 22))
      return key.rollingStart === day ? concat(change(key), of.bytes.subarray(22)) : of.bytes
    }
    return good({ change: slot => (slot.revealed ? { ...slot, bytes: bytes(slot) } : slot) })
  }
  const raw = (start: number, period: number): Uint8Array => {
    const out = random.bytes(22)
    const view = new DataView(out.buffer, out.byteOffset)
    view.setUint32(0, start)
    view.setUint16(4, period)
    return out
  }
  /** The last interval with whose end a key is dead by the end of the bucket. */
  const last = time.interval(time.bucketStart(BUCKET)) - 144 * today
  const bad: Record<string, () => Written> = {
    "a period of 0": changed(({ rollingStart }) => raw(rollingStart, 0)),
    "a period of 145": changed(({ rollingStart }) => raw(rollingStart, 145)),
    "a key of another day than its slot's": changed(key =>
      encodeExposureKey({ ...key, rollingStart: key.rollingStart - 144 }),
    ),
    "a key that is heard for one interval too long": changed(key =>
      encodeExposureKey({ ...key, rollingPeriod: last + 1 }),
    ),
  }
  for (const [what, make] of Object.entries(bad))
    it(`has no key of a report with ${what}, and those of the others`, () =>
      withServer(async at => {
        const [hostile, honest] = [make(), good()]
        await publish(at, [hostile, honest])
        const { file, zip } = await batchOf(at)
        expect(publishedOf(file, honest, zip)).to.deep.equal(secretsOf(honest))
        const dropped = at.events.reduce((sum, one) => sum + (one.event === "published" ? (one.dropped ?? 0) : 0), 0)
        expect(dropped).to.equal(1)
      }))

  it("has a key whose two hours are over at the very end of the bucket", () =>
    withServer(async at => {
      const report = changed(key => encodeExposureKey({ ...key, rollingPeriod: last }))()
      await publish(at, [report])
      const { file, zip } = await batchOf(at)
      expect(publishedOf(file, report, zip)).to.deep.equal(secretsOf(report))
    }))

  it("takes envelopes for two and three buckets ahead, cover included, and for no other", () =>
    withServer(async at => {
      for (const [bucket, status] of [
        [FIRST_BUCKET, 409],
        [FIRST_BUCKET + 1, 409],
        [FIRST_BUCKET + 2, 202],
        [FIRST_BUCKET + 3, 202],
        [FIRST_BUCKET + 4, 409],
      ] as const) {
        const seal = await sealer(at, bucket, parameters, "gaen")
        expect((await at.post(seal.cover())).status, `${bucket - FIRST_BUCKET} ahead`).to.equal(status)
        expect((await at.post(seal.report(good()))).status).to.equal(status)
      }
    }))

  it("beside another design each envelope's length says how far ahead it may be", () => {
    const both = serverConfig(["gaen", "hybrid"])
    return withServer(async at => {
      const status = async (name: "gaen" | "hybrid", ahead: number) =>
        (await at.post((await sealer(at, FIRST_BUCKET + ahead, both.parameters[0]!, name)).cover())).status
      expect([await status("hybrid", 0), await status("hybrid", 1), await status("hybrid", 2)]).to.deep.equal([
        202, 202, 409,
      ])
      expect([await status("gaen", 1), await status("gaen", 2), await status("gaen", 3)]).to.deep.equal([409, 202, 202])
    }, both)
  })

  it("a phone that synchronised up to four buckets ago still knows the key that it seals to", () =>
    withServer(async at => {
      for (let bucket = FIRST_BUCKET; bucket < FIRST_BUCKET + 60; bucket++) {
        at.now = time.bucketStart(bucket) + 10
        await at.server.publishDue()
        for (let ahead = 2; ahead < 6; ahead++) await sealer(at, bucket + ahead, parameters, "gaen")
      }
    }))

  it("carries the signature of every key while one gives way to another, and the newest is served first", async () => {
    const two = serverConfig(["gaen"], {
      exportKeys: [5, 4].map(fill => ({ id: "310", version: `v${fill}`, secretKey: new Uint8Array(32).fill(fill) })),
    })
    await withServer(async at => {
      await publish(at, [good()])
      const archive = readExport("zip", await at.file(ZIP))
      for (const { secretKey, version } of two.exportKeys!) {
        const trusted = { publicKey: ecdsa.ecdsaP256.publicKey(secretKey) as ecdsa.EcdsaPublicKey }
        expect(verifyExport(archive, [trusted]).info.keyVersion).to.equal(version)
      }
      const pem = Buffer.from(await at.file(PATHS.exportKeys)).toString()
      expect(pem.match(/BEGIN PUBLIC KEY/g)).to.have.length(2)
      expect(hex(ecdsa.publicKeyFromPem(pem.slice(0, pem.lastIndexOf("-----BEGIN")))!)).to.equal(
        hex(ecdsa.ecdsaP256.publicKey(new Uint8Array(32).fill(5))),
      )
    }, two)
  })

  it("goes with its batch after fourteen days", async () => {
    const stores = memoryStores()
    const of = (bucket: number) => [PATHS.batch("gaen", bucket), PATHS.archive("gaen", bucket)]
    for (const path of [...of(FIRST_BUCKET - 168), ...of(FIRST_BUCKET - 167), "/staged/gaen/1.zip"])
      await stores.tree.write(path, new Uint8Array(1))
    await stores.records.begin(FIRST_BUCKET)
    await retain(FIRST_BUCKET, stores)
    expect(await stores.tree.list("/")).to.have.members(of(FIRST_BUCKET - 167))
  })

  it("is served from the staged bytes after a crash, whichever of the two files was moved", async () => {
    for (const moved of [0, 1, 2]) {
      const directory = mkdtempSync(join(tmpdir(), "lindung-archive-"))
      try {
        const report = good()
        const first = await running(config, await fileStores(directory))
        const seal = await sealer(first, BUCKET, parameters, "gaen")
        expect((await first.post(seal.report(report))).status).to.equal(202)
        first.now = time.bucketStart(BUCKET) + 1
        await first.server.publishDue()
        await first.stop()
        const stores = await fileStores(directory)
        // The process dies at the move after so many.
        let moves = 0
        const dying = {
          ...stores,
          tree: {
            ...stores.tree,
            async move(from: string, to: string) {
              if (moves++ === moved) throw new Error("died")
              await stores.tree.move(from, to)
            },
          },
        }
        const second = await running(config, dying, time.bucketStart(BUCKET + 1) + 1)
        const died = await second.server.publishDue().catch(error => error.message)
        expect(died).to.equal(moved < 2 ? "died" : 1)
        const drafts = await stores.tree.list(`/staged/gaen/${BUCKET}-`)
        const draft = drafts.find(path => path.endsWith(".zip"))
        const staged = draft === undefined ? undefined : await stores.tree.read(draft)
        const served = await stores.tree.read(ZIP)
        const before = staged ?? served
        // Whatever names the archive is not there before it.
        if ((await stores.tree.read(BATCH)) !== undefined) expect(served).to.not.equal(undefined)
        await second.stop()
        const third = await running(config, await fileStores(directory), time.bucketStart(BUCKET + 1) + 2)
        await third.server.publishDue()
        const { zip, file } = await batchOf(third)
        expect(hex(sha256(zip))).to.equal(hex(sha256(before!)))
        expect(publishedOf(file, report, zip)).to.deep.equal(secretsOf(report))
        await third.stop()
      } finally {
        rmSync(directory, { recursive: true })
      }
    }
  })
})
