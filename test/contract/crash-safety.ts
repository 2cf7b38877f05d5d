import { expect } from "chai"
import { payload as beacon } from "../../src/client/gaen/index.ts"
import { type Client, type EpochMs, isoDay, type Store } from "../../src/client/index.ts"
import { code, hex, hybrid } from "../../src/crypto/index.ts"
import {
  type DesignName,
  designByName,
  encodeExposureKey,
  type Opened,
  parseExposureKey,
  UPLOADS_PATH,
} from "../../src/protocol/index.ts"
import { type CrashMoment, Device } from "../../src/simulator/device.ts"
import { surviving } from "../../src/simulator/testing.ts"
import { never } from "../client/lab.ts"
import { dump } from "../client/stored.ts"
import { startOf, TestLog } from "../client/test-log.ts"
import { seeded } from "../dice.ts"

const FIRST = 220_680
const DAY = FIRST / 12
/** Of the person whom the phone meets in the bucket after the first: it is over with it. */
const KEY = { tek: new Uint8Array(16).fill(7), rollingStart: 144 * DAY, rollingPeriod: 24 }
const SECRETS = {
  hybrid: new Uint8Array(16).fill(7),
  "low-cost": new Uint8Array(32).fill(7),
  gaen: encodeExposureKey(KEY),
}

/** What the phone hears: a stranger, and the person whose secret is published. */
const heardBy = (design: DesignName, second: number): Uint8Array[] =>
  design === "gaen"
    ? [new Uint8Array(20), beacon(KEY, second, 0)]
    : [new Uint8Array(16), hybrid.ephIds(SECRETS.hybrid)[2]!]

/** Logs the batch of a bucket with these secrets. */
function addBatch(log: TestLog, bucket: number, secrets = new Map<number, Uint8Array[]>()): void {
  if (log.design === "gaen") log.addArchive(bucket, [...secrets.values()].flat().map(parseExposureKey))
  else log.addBatch(bucket, log.batch(bucket, secrets))
}

interface Phone {
  readonly log: TestLog
  readonly virtual: { now: number }
  readonly device: Device
  readonly client: Client
  readonly store: () => Store
}

/** A phone that knows the log up to FIRST and was near somebody in the bucket after it; all of it is stored. */
async function phone(design: DesignName, open: () => Promise<Store>): Promise<Phone> {
  const log = new TestLog(FIRST, design)
  addBatch(log, FIRST)
  log.publish(FIRST)
  log.contagiousFromDay = DAY
  const virtual = { now: startOf(FIRST + 1) + 60 }
  const device = new Device("phone", log.config, { virtual, random: seeded(5), http: log.http, store: open })
  await device.switchOn()
  const { client } = device
  await client.sync()
  for (let scanId = 0; scanId < 6; scanId++, virtual.now += 240)
    for (const payload of heardBy(design, virtual.now))
      device.phone.hear({ payload, rssi: -50, txPower: 0, at: (virtual.now * 1000) as EpochMs, scanId })
  // What was heard is in the store before anything dies.
  await client.stop()
  await client.start()
  return { log, virtual, device, client, store: () => device.store }
}

/** What a phone has learnt: what it must neither lose nor count twice. */
async function learnt(store: Store): Promise<unknown> {
  const state = (await dump(store, "m")).map(([, value]) => JSON.parse(Buffer.from(value, "hex").toString()))
  const told = (await dump(store, "j"))
    .map(([, value]) => JSON.parse(Buffer.from(value, "hex").toString()))
    .filter(({ event }) => event === "told")
  return [await dump(store, "fox"), state.map(({ head, cursor, told }) => ({ head, cursor, told })), told]
}

const MOMENTS: readonly CrashMoment[] = ["before", "after"]

/** Runs one piece of work whole; then again as often as it writes, dying at each of its writes, before and after it. */
async function exhaust(o: {
  prepare: () => Promise<Phone>
  work: (at: Phone) => Promise<unknown>
  finish: (at: Phone) => Promise<void>
  outcome: (at: Phone) => Promise<unknown>
}): Promise<number> {
  const whole = await o.prepare()
  const before = whole.device.writes
  await o.work(whole)
  const writes = whole.device.writes - before
  await o.finish(whole)
  const expected = await o.outcome(whole)
  let points = 0
  for (const moment of MOMENTS)
    for (let at = 0; at < writes; at++) {
      const one = await o.prepare()
      one.device.crash(at, moment)
      const died = await o.work(one).then(
        () => "survived",
        error => error.name,
      )
      expect(died, `write ${at}, ${moment}`).to.equal("Crash")
      await o.finish(one)
      expect(await o.outcome(one), `write ${at}, ${moment}`).to.deep.equal(expected)
      await one.client.close()
      points++
    }
  const steady = await o.prepare()
  steady.device.crash("any-write", "before")
  await surviving(() => o.work(steady)).catch(() => undefined)
  await o.finish(steady)
  expect(await o.outcome(steady), "dying at each write in turn").to.deep.equal(expected)
  await steady.client.close()
  await whole.client.close()
  expect(points).to.equal(2 * writes)
  return writes
}

/** Crash safety over any store. @param fresh gives a way to open the same data again and again, other data each time */
export function crashSafety(
  name: string,
  fresh: () => () => Promise<Store>,
  designs: readonly DesignName[] = ["hybrid", "low-cost", "gaen"],
): void {
  describe(`a phone that dies at any write: ${name}`, () => {
    const aheadOf = (design: DesignName): number => designByName(design)!.bucketsAhead
    for (const design of designs)
      it(`of a sync has lost nothing and counts nothing twice when the next one is through: ${design}`, async function () {
        this.timeout(60_000)
        const writes = await exhaust({
          async prepare() {
            const at = await phone(design, fresh())
            const slot = design === "hybrid" ? FIRST + 1 : DAY
            const met = design === "gaen" ? FIRST + 2 : FIRST + 1
            for (const bucket of [FIRST + 1, FIRST + 2])
              addBatch(at.log, bucket, bucket === met ? new Map([[slot, [SECRETS[design as "hybrid"]]]]) : undefined)
            at.log.publish(FIRST + 2)
            at.virtual.now = startOf(FIRST + 3) + 60
            return at
          },
          work: ({ client }) => client.sync({ force: true }),
          async finish({ client }) {
            expect((await surviving(() => client.sync({ force: true }))).is).to.equal("done")
          },
          outcome: ({ store }) => learnt(store()),
        })
        // The head, two batches, and that it is done.
        expect(writes).to.be.at.least(4)
      })

    const uploads = ({ log }: Phone): Opened[] =>
      log.requests.filter(({ url }) => url.endsWith(UPLOADS_PATH)).map(({ body }) => log.open(body!))
    const prepare = async ({ client, virtual }: Phone) =>
      client.prepareReport({
        onset: isoDay(DAY),
        proof: code.generate(seeded(2)),
        consent: { to: "health authority", at: (virtual.now * 1000) as EpochMs },
      })
    /** What the person and the host do after a crash: a draft is made again, an action goes on by itself. */
    const finishReport = async (at: Phone) => {
      const { client, virtual, log } = at
      if ((await client.status()).report.is === "draft" || (await client.status()).report.is === "none")
        await surviving(async () => (await prepare(at)).submit())
      await surviving(() => client.run("cover", { signal: never }))
      const sent = uploads(at)[0]!
      const revealed =
        sent.kind === "report"
          ? sent.report.slots.flatMap((slot, j): [number, Uint8Array[]][] =>
              slot.revealed ? [[sent.report.first + j, [slot.bytes.slice(0, sent.report.design.secretBytes)]]] : [],
            )
          : []
      const promised = FIRST + 1 + aheadOf(log.design)
      for (let bucket = FIRST + 1; bucket <= promised + 1; bucket++)
        addBatch(log, bucket, bucket === promised ? new Map(revealed) : undefined)
      log.publish(promised + 1)
      virtual.now = startOf(promised + 2) + 60
      await surviving(() => client.sync({ force: true }))
      virtual.now = startOf(promised + 3) + 7200
      await surviving(() => client.run("cover", { signal: never }))
    }
    /** One report, however often it was sent; nothing of it left on the phone, and its secrets never broadcast again. */
    const reported = async (at: Phone) => {
      const all = uploads(at)
      const reports = all.flatMap(one => (one.kind === "report" ? [one] : []))
      expect(new Set(reports.map(({ report, token }) => hex(report.r) + hex(token))).size).to.equal(1)
      expect(all.at(-1)!.kind).to.equal("cover")
      const published = reports[0]!.report.slots.flatMap(slot => (slot.revealed ? [hex(slot.bytes)] : []))
      const kept = (await dump(at.store(), "s")).map(([, value]) => value)
      for (const slot of published) expect(kept.some(one => one.startsWith(slot))).to.equal(false)
      const { report } = await at.client.status()
      return {
        is: report.is,
        days: report.is === "sent" && report.days,
        error: "error" in report,
        slots: published.length,
        left: await dump(at.store(), "ra"),
        heard: (await dump(at.store(), "fox")).length,
      }
    }

    for (const design of designs) {
      it(`of a report has sent one report, when the host's next task is through: ${design}`, async function () {
        this.timeout(60_000)
        const writes = await exhaust({
          prepare: () => phone(design, fresh()),
          work: async at => (await prepare(at)).submit(),
          finish: finishReport,
          outcome: reported,
        })
        // The draft, the action, the token, new secrets on the air, the receipt.
        expect(writes).to.be.at.least(5)
      })

      it(`of the second upload is through with it after the next: ${design}`, async function () {
        this.timeout(60_000)
        const writes = await exhaust({
          async prepare() {
            const at = await phone(design, fresh())
            await (await prepare(at)).submit()
            at.virtual.now = startOf(FIRST + 4 + aheadOf(design)) - 1
            return at
          },
          work: ({ client }) => client.run("cover", { signal: never }),
          finish: ({ client }) => surviving(() => client.run("cover", { signal: never })),
          async outcome(at) {
            const all = uploads(at)
            expect(all.length).to.be.within(2, 3)
            const { report } = await at.client.status()
            return { is: report.is, left: await dump(at.store(), "ra") }
          },
        })
        expect(writes).to.be.at.least(2)
      })
    }
  })
}
