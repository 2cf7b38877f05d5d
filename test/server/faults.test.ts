import fs from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { time } from "../../src/crypto/index.ts"
import { PATHS } from "../../src/protocol/index.ts"
import { type RecordStore, type ServerPorts, steadily, type TreeStore } from "../../src/server/index.ts"
import {
  FIRST_BUCKET,
  fileStores,
  memoryStores,
  publishedOf,
  type Running,
  running,
  sealer,
  secretsOf,
  serverConfig,
  type Written,
  write,
} from "./world.ts"

const config = serverConfig(["low-cost"])
const parameters = config.parameters[0]!
const DAY = 86_400

type Call = (this: unknown, ...args: unknown[]) => unknown

/** The file system answers one of its calls with an error, until told otherwise. */
async function breaking(name: string, code: string): Promise<{ begin(): void; end(): void }> {
  const probe = await fs.open(join(tmpdir(), "lindung-probe"), "w")
  const handle = Object.getPrototypeOf(probe) as Record<string, Call>
  await probe.close()
  const target = (name in handle ? handle : fs) as Record<string, Call>
  const real = target[name]!
  const set = (call: Call): void => {
    target[name] = call
    syncBuiltinESMExports()
  }
  return {
    begin: () => set(async () => Promise.reject(Object.assign(new Error(`${code}: ${name}`), { code }))),
    end: () => set(real),
  }
}

/** Sends a report. @returns it, if it was acknowledged */
async function upload(at: Running, bucket: number): Promise<Written | undefined> {
  const report = write("low-cost", bucket, parameters)
  const { status } = await at.post((await sealer(at, bucket, parameters, "low-cost")).report(report))
  expect(status, "acknowledged, or to be sent again").to.be.oneOf([202, 409, 503])
  return status === 202 ? report : undefined
}

async function expectPublished(at: Running, bucket: number, reports: readonly Written[], what: string): Promise<void> {
  const file = await at.file(PATHS.batch("low-cost", bucket))
  for (const report of reports) expect(publishedOf(file, report), what).to.deep.equal(secretsOf(report))
}

describe("a disk", () => {
  for (const [call, code] of [
    ["write", "ENOSPC"],
    ["write", "EIO"],
    ["sync", "EIO"],
    ["utimes", "EROFS"],
    ["writeFile", "ENOSPC"],
    ["open", "EROFS"],
    ["mkdir", "ENOSPC"],
    ["rename", "EIO"],
    ["rm", "EROFS"],
  ] as const)
    it(`that fails ${call} with ${code}: nothing acknowledged is lost, and the server goes on by itself`, async () => {
      const directory = await fs.mkdtemp(join(tmpdir(), "lindung-faults-"))
      const at = await running(config, await fileStores(directory))
      const fault = await breaking(call, code)
      try {
        const kept = [await upload(at, FIRST_BUCKET)]
        fault.begin()
        kept.push(await upload(at, FIRST_BUCKET))
        at.now = time.bucketStart(FIRST_BUCKET + 1) + 2
        await at.server.publishDue().catch(() => undefined)
        const next = [await upload(at, FIRST_BUCKET + 1).catch(() => undefined)]
        expect((await at.get("/checkpoint")).status, "phones may download meanwhile").to.be.oneOf([200, 500])
        fault.end()
        next.push(await upload(at, FIRST_BUCKET + 1))
        expect(next.at(-1), "it takes uploads again").to.not.equal(undefined)
        at.now = time.bucketStart(FIRST_BUCKET + 2) + 2
        await at.server.publishDue()
        const there = (all: (Written | undefined)[]) => all.filter(report => report !== undefined)
        expect(there(kept).length).to.be.greaterThan(0)
        await expectPublished(at, FIRST_BUCKET, there(kept), `${call} ${code}, before`)
        await expectPublished(at, FIRST_BUCKET + 1, there(next), `${call} ${code}, during and after`)
        expect((await at.get("/healthz")).status).to.equal(200)
      } finally {
        fault.end()
        await at.stop()
        await fs.rm(directory, { recursive: true })
      }
    })
})

type Stores = ServerPorts["stores"]

/** Calls that change something go through `step`. */
function through(stores: Stores, step: (change: () => Promise<void>) => Promise<void>): Stores {
  const wrap = <Store extends RecordStore | TreeStore>(store: Store, names: readonly string[]): Store =>
    new Proxy(store, {
      get(target, name) {
        const call = Reflect.get(target, name) as (...args: unknown[]) => Promise<void>
        return names.includes(String(name)) ? (...args: unknown[]) => step(() => call.apply(target, args)) : call
      },
    })
  return {
    ...stores,
    records: wrap(stores.records, ["append", "moveHead", "stage", "publish", "forget"]),
    tree: wrap(stores.tree, ["write", "move", "remove"]),
  }
}

it("a database that is busy, full or broken at any change of a publication is tried again without a restart", async () => {
  const steps = async (failAt: number): Promise<number> => {
    let done = 0
    let isOpen = false
    const faulty = through(memoryStores(), async change => {
      if (isOpen && ++done === failAt) throw Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" })
      return change()
    })
    const at = await running(config, faulty)
    try {
      const report = await upload(at, FIRST_BUCKET)
      isOpen = true
      at.now = time.bucketStart(FIRST_BUCKET + 1) + 2
      const isFailed = await at.server.publishDue().then(
        () => false,
        () => true,
      )
      expect(isFailed, `step ${failAt}`).to.equal(failAt > 0)
      const count = done
      await at.server.publishDue()
      await expectPublished(at, FIRST_BUCKET, [report!], `step ${failAt}`)
      expect((await at.get("/healthz")).status, `step ${failAt}`).to.equal(200)
      return count
    } finally {
      await at.stop()
    }
  }
  const total = await steps(0)
  expect(total).to.be.greaterThan(8)
  for (let failAt = 1; failAt <= total; failAt++) await steps(failAt)
})

describe("a clock that jumps", () => {
  it("a day back refuses uploads and loses none, and all goes on when it is right again", async () => {
    const at = await running(config)
    try {
      const kept = await upload(at, FIRST_BUCKET)
      at.now -= DAY
      expect(await upload(at, FIRST_BUCKET), "a bucket of tomorrow").to.equal(undefined)
      expect(await at.server.publishDue(), "nothing is due").to.equal(0)
      at.now += DAY
      const after = await upload(at, FIRST_BUCKET)
      at.now = time.bucketStart(FIRST_BUCKET + 1) + 2
      await at.server.publishDue()
      await expectPublished(at, FIRST_BUCKET, [kept!, after!], "all")
    } finally {
      await at.stop()
    }
  })

  it("a day ahead, believed, publishes what there is; uploads are refused until the day is over, and then taken", async () => {
    const at = await running(config)
    try {
      const kept = await upload(at, FIRST_BUCKET)
      at.now += DAY
      await at.server.publishDue()
      await expectPublished(at, FIRST_BUCKET, [kept!], "before the jump")
      at.now -= DAY
      expect(await upload(at, FIRST_BUCKET)).to.equal(undefined)
      at.now += DAY
      const after = await upload(at, FIRST_BUCKET + 12)
      at.now += 7200
      await at.server.publishDue()
      await expectPublished(at, FIRST_BUCKET + 12, [after!], "after the day")
    } finally {
      await at.stop()
    }
  })

  for (const jump of [DAY, -DAY])
    it(`by ${jump} s keeps the publisher from publishing, until it is right again or has been so for an hour`, async () => {
      let [wall, monotonic, published] = [1_800_000_000, 500, 0]
      const publish = steadily(async () => ++published, { clock: () => wall, monotonic: () => monotonic })
      const pass = (seconds: number): void => {
        wall += seconds
        monotonic += seconds
      }
      await publish()
      pass(7200)
      await publish()
      expect(published, "time that passes is no jump").to.equal(2)
      wall += jump
      expect(await publish().catch(error => error)).to.include({ code: "clock-skew" })
      pass(60)
      wall -= jump
      await publish()
      expect(published, "right again").to.equal(3)
      wall += jump
      for (let minute = 0; minute < 60; minute++) {
        await publish().catch(error => error)
        pass(60)
      }
      expect(published, "an hour long").to.equal(3)
      await publish()
      expect(published, "a machine that slept, or an operator who means it").to.equal(4)
      pass(7200)
      await publish()
      expect(published).to.equal(5)
    })

  it("that is followed by others is not believed before the clock has stood still for an hour", async () => {
    let [wall, monotonic, published] = [1_800_000_000, 500, 0]
    const publish = steadily(async () => ++published, { clock: () => wall, monotonic: () => monotonic })
    for (let minute = 0; minute < 120; minute++) {
      if (minute % 50 === 1) wall += DAY
      wall += 60
      monotonic += 60
      await publish().catch(error => error)
    }
    expect(published, "before the first").to.equal(1)
    for (let minute = 0; minute < 60; minute++) {
      wall += 60
      monotonic += 60
      await publish().catch(error => error)
    }
    expect(published).to.be.above(1)
  })

  it("by less than five minutes, as clocks are set, changes nothing", async () => {
    let [wall, published] = [1_800_000_000, 0]
    const publish = steadily(async () => ++published, { clock: () => wall, monotonic: () => 0 })
    for (const step of [200, -290, 90]) {
      wall += step
      await publish()
    }
    expect(published).to.equal(3)
  })
})
