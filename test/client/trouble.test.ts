import { expect } from "chai"
import {
  type Client,
  type EpochMs,
  isoDay,
  memoryStore,
  open as openClient,
  type Radio,
  type Store,
} from "../../src/client/index.ts"
import { note, readJournal } from "../../src/client/journal.ts"
import { REPORT } from "../../src/client/layout.ts"
import { prune } from "../../src/client/retention.ts"
import { currentSlot, keepSlot, laterSlot, renewSecrets } from "../../src/client/schedule.ts"
import { readState, updateState } from "../../src/client/state.ts"
import { orAborted } from "../../src/client/transport.ts"
import { code, hex, hybrid, lowCost, time } from "../../src/crypto/index.ts"
import {
  type DesignName,
  defaultParameters,
  designByName,
  LindungError,
  PATHS,
  signReceipt,
  UPLOADS_PATH,
} from "../../src/protocol/index.ts"
import { nativeEd25519 } from "../../src/server/index.ts"
import { openPhone, phoneClock } from "../../src/simulator/index.ts"
import { world } from "../../src/simulator/testing.ts"
import { seeded } from "../dice.ts"
import { CONFIG } from "./config.ts"
import { never } from "./lab.ts"
import { setting } from "./lies.ts"
import { startOf, TestLog } from "./test-log.ts"

const FIRST = 220_680
const DAY = 86_400
const full = () => new LindungError("storage-full", "the disk is full")
const lengths = defaultParameters(0, ["low-cost"])

/** A phone that may report, with its log, its clock and its store. */
async function reporter(design: DesignName = "hybrid", store: Store = memoryStore()) {
  const log = new TestLog(FIRST, design)
  log.addBatch(FIRST)
  log.publish(FIRST)
  const virtual = { now: startOf(FIRST + 1) + 60 }
  const ports = { clock: phoneClock(virtual), store, http: log.http, random: seeded(5) }
  const phone = await openPhone("phone", log.config, ports)
  await phone.client.start()
  expect(await phone.client.sync()).to.include({ is: "done" })
  for (let scanId = 0; scanId < 3; scanId++, virtual.now += 240)
    phone.hear({ payload: new Uint8Array(16), rssi: -50, txPower: 0, at: (virtual.now * 1000) as EpochMs, scanId })
  log.contagiousFromDay = FIRST / 12
  const draft = await phone.client.prepareReport({
    onset: isoDay(FIRST / 12),
    proof: code.generate(seeded(2)),
    consent: { to: "health authority", at: (virtual.now * 1000) as EpochMs },
  })
  const uploads = () => log.requests.filter(({ url }) => url.endsWith(UPLOADS_PATH))
  return { log, virtual, store, phone, client: phone.client as Client, draft, uploads }
}

/** Every identifier that follows from a published secret; with low-cost, also those of the fortnight after it. */
function following(design: DesignName, secret: Uint8Array): string[] {
  if (design === "hybrid") return hybrid.ephIds(secret).map(hex)
  const ids: string[] = []
  for (let day = 0, key = secret; day < 14; day++, key = lowCost.nextDayKey(key))
    ids.push(...lowCost.ephIds(key).map(hex))
  return ids
}

describe("after a report, what is broadcast follows from nothing that was uploaded", () => {
  // A secret of design 2 is of one epoch, and followed by nothing.
  for (const design of ["low-cost", "hybrid"] as const)
    for (let failing = 0; failing < 5; failing++)
      it(`${design}, when write ${failing + 1} of the report fails once`, async () => {
        const store = memoryStore()
        const write = store.write.bind(store)
        let left = Number.POSITIVE_INFINITY
        store.write = async work => {
          if (left-- === 0) throw full()
          return write(work)
        }
        const at = await reporter(design, store)
        left = failing
        const failed = await at.draft.submit().then(
          () => false,
          () => true,
        )
        left = Number.POSITIVE_INFINITY
        if (failed) await at.draft.submit()
        const opened = at.log.open(at.uploads().at(-1)!.body!)
        if (opened.kind !== "report") throw new Error("expected a report")
        const { secretBytes } = designByName(design)!
        const revealed = opened.report.slots.flatMap(slot => (slot.revealed ? [slot.bytes.slice(0, secretBytes)] : []))
        expect(revealed).not.to.be.empty
        const published = new Set(revealed.flatMap(secret => following(design, secret)))
        for (let quarter = 0; quarter < 110; quarter++, at.virtual.now += 900)
          expect(published.has(hex(at.phone.payload()!)), `${quarter} quarters of an hour later`).to.equal(false)
      })

  it("a day key that was chained in memory is not kept once the secrets were renewed", async () => {
    const design = designByName("low-cost")!
    const store = memoryStore()
    const random = seeded(7)
    const now = 18_400 * DAY + 60
    const before = await store.write(tx => currentSlot(tx, design, now, lengths, random))
    const made = laterSlot(design, before, before.slot + 1, lengths, random)
    const of = { design, lengths, random }
    await store.write(tx => renewSecrets(tx, design, now, lengths, random))
    const kept = await store.write(tx => keepSlot(tx, made, before, of))
    expect(kept.record.slice(0, 32)).not.to.deep.equal(made.record.slice(0, 32))
    const renewed = await store.read(tx => currentSlot(tx as never, design, now, lengths, random))
    expect(kept.record.slice(0, 32)).to.deep.equal(lowCost.nextDayKey(renewed.record.slice(0, 32)))
  })
})

describe("a report that is sent", () => {
  for (const promised of [2 ** 32 - 1, FIRST + 100_000, FIRST])
    it(`takes no receipt that promises another batch: ${promised}`, async () => {
      const at = await reporter()
      const { send } = at.log.http
      at.log.http.send = async request => {
        const answer = await send(request)
        if (!request.url.endsWith(UPLOADS_PATH)) return answer
        return { ...answer, body: signReceipt(request.body!, promised, new Uint8Array(32).fill(21), nativeEd25519) }
      }
      const failure = await at.draft.submit().catch(error => error)
      expect(failure).to.be.instanceOf(LindungError).and.include({ code: "signature" })
      expect((await at.client.status()).report.is).to.equal("sending")
      at.log.http.send = send
      await at.draft.submit()
      expect((await at.client.status()).report.is).to.equal("sent")
    })

  it("is not said to be sent when all of it was too old by then, and is erased", async () => {
    const at = await reporter()
    const { send } = at.log.http
    at.log.http.send = async request => {
      if (request.url.endsWith(UPLOADS_PATH)) throw new Error("down")
      return send(request)
    }
    expect(await at.draft.submit().catch(error => error.code)).to.equal("network")
    const last = FIRST + 12 * 14 + 1
    for (let bucket = FIRST + 1; bucket <= last; bucket++) at.log.addBatch(bucket)
    const list = at.log.keyList(last, 1 + last - FIRST)
    at.log.addLogged("ingest-keys", last, list)
    at.log.files.set(PATHS.ingestKeys, list)
    at.log.publish(last)
    at.virtual.now = startOf(last + 1) + 10
    expect(await at.client.sync({ force: true })).to.include({ is: "done" })
    at.log.http.send = send
    await at.client.run("cover", { signal: never })
    const { report } = await at.client.status()
    expect(report.is).to.equal("none")
    expect(report).to.have.property("error")
    expect(await at.store.read(tx => tx.get(REPORT))).to.equal(undefined)
  })
})

it("an ingest key that nothing can be sealed to is an error with a code, and nothing is lost", async () => {
  const at = await reporter()
  const bucket = time.bucket(at.virtual.now)
  const { ingestKeys } = await at.store.read(readState)
  await at.store.write(tx => updateState(tx, { ingestKeys: { ...ingestKeys, [bucket]: "00".repeat(32) } }))
  expect(await at.draft.submit().catch(error => error.code)).to.equal("format")
  await at.store.write(tx => updateState(tx, { ingestKeys }))
  await at.draft.submit()
  expect((await at.client.status()).report.is).to.equal("sent")
})

it("dice that give too few bytes open no store and no report", async () => {
  const at = await setting()
  const short = { bytes: (n: number) => new Uint8Array(Math.max(0, n - 1)) }
  const ports = { clock: phoneClock(at.virtual), store: memoryStore(), http: at.log.http, random: short }
  const failure = await openPhone("phone", at.log.config, ports)
    .then(({ client }) => client.start())
    .catch(error => error)
  expect(failure).to.be.instanceOf(Error)
  expect(failure.message).to.include("bytes")
})

it("an app that has not asked gets no report", async () => {
  const { client, virtual } = await reporter()
  const ask = (consent: unknown) =>
    client
      .prepareReport({ onset: isoDay(FIRST / 12), proof: code.generate(seeded(2)), consent: consent as never })
      .catch(error => error)
  const at = virtual.now * 1000
  for (const consent of [undefined, {}, { to: " ", at }]) expect(await ask(consent)).to.be.instanceOf(TypeError)
  for (const when of [at + DAY * 1000, Number.NaN, undefined])
    expect(await ask({ to: "health authority", at: when })).to.be.instanceOf(RangeError)
})

it("a sync whose store takes nothing more answers that it failed, and the next one goes on", async () => {
  const at = await setting()
  const { write } = at.store
  at.store.write = async () => {
    throw full()
  }
  const result = await at.client.sync({ force: true })
  expect(result.is === "failed" && result.error.code).to.equal("storage-full")
  at.store.write = write
  expect(await at.client.sync({ force: true })).to.include({ is: "done" })
})

it("work that fails after the caller gave up ends no process", async () => {
  const unheard: unknown[] = []
  const hear = (reason: unknown) => unheard.push(reason)
  process.prependListener("unhandledRejection", hear)
  try {
    const given = { ...never, aborted: true }
    expect(await orAborted(given, Promise.reject(new Error("late"))).catch(error => error.code)).to.equal("aborted")
    await new Promise(resolve => setImmediate(resolve))
    expect(unheard).to.be.empty
  } finally {
    process.off("unhandledRejection", hear)
  }
})

it("a radio that gave up is asked again when the identifier changes, and its impediment goes", async () => {
  const log = new TestLog(FIRST)
  log.addBatch(FIRST)
  log.publish(FIRST)
  const virtual = { now: startOf(FIRST + 1) + 60 }
  const calls = { advertise: 0, scan: 0 }
  const givesUpOnce = (name: keyof typeof calls) => () =>
    ++calls[name] === 1 ? Promise.reject(new Error("Bluetooth was restarted")) : new Promise<void>(() => {})
  const radio: Radio = {
    can: { advertise: true, scan: true, rotatesAddressWithPayload: true },
    advertise: givesUpOnce("advertise"),
    scan: givesUpOnce("scan"),
  }
  const scheduler = { async arm() {}, async disarm() {} }
  const ports = {
    radio,
    store: memoryStore(),
    clock: phoneClock(virtual),
    http: log.http,
    random: seeded(5),
    scheduler,
  }
  const client = await openClient(log.config, ports)
  await client.start()
  await new Promise(resolve => setImmediate(resolve))
  expect((await client.status()).tracing.is).to.equal("limited")
  for (let quarter = 0; quarter < 4; quarter++, virtual.now += 900) await client.run("rotate", { signal: never })
  expect(calls).to.deep.equal({ advertise: 2, scan: 2 })
  expect((await client.status()).tracing.is).to.equal("on")
})

it("a clock that was a month ahead for one task makes the phone neither deaf nor silent", async () => {
  const w = world({ seed: 3, start: "2020-05-01", config: { ...CONFIG, cover: { meanDays: 1, catchUpHours: 48 } } })
  const [anna, ben] = [await w.device("anna"), await w.device("ben")]
  await w.advance({ hours: 6 })
  w.skew("anna", 30 * DAY)
  await anna.run("rotate", { signal: never })
  await anna.run("cover", { signal: never }).catch(() => undefined)
  w.skew("anna", 0)
  expect((await anna.status()).next.cover).to.be.at.most(w.now)
  await w.advance({ hours: 18 })
  expect((await anna.status()).next.cover! - w.now).to.be.below(20 * DAY * 1000)
  w.near("anna", "ben", { minutes: 40, attenuation: 50 })
  await w.advance({ days: 1 })
  const proof = await w.confirm("ben", "2020-05-01")
  const consent = { to: "health authority", at: w.now }
  await (await ben.prepareReport({ onset: "2020-05-01", proof, consent })).submit()
  await w.advance({ days: 1 })
  expect((await anna.status()).exposure.is).to.equal("exposed")
  await w.close()
})

it("that it reported, was refused or was warned, and when, is forgotten with its days", async () => {
  const design = designByName("hybrid")!
  const store = memoryStore()
  const made = 18_400
  const at = made * DAY + 1234
  await store.write(async tx => {
    await note(tx, at, "report-sent")
    await updateState(tx, { sent: { at, days: [made] }, refused: { at, why: "no-keys" } })
    await updateState(tx, { told: { [made]: at }, dismissed: { [made]: true } })
  })
  const after = (days: number) =>
    store.write(async tx => {
      const retention = { contactDays: 14, exposureDays: 20 }
      await prune(tx, { design, lengths: defaultParameters(0), now: (made + days) * DAY, retention })
      const { sent, refused, told, dismissed } = await readState(tx)
      return { known: { sent, refused, told, dismissed }, journal: (await readJournal(tx, 0)).length }
    })
  const kept = await after(13)
  expect(kept.journal).to.equal(1)
  expect(kept.known).to.deep.include({ told: { [made]: at }, sent: { at, days: [made] } })
  expect(await after(14)).to.deep.equal({
    known: { sent: undefined, refused: undefined, told: { [made]: at }, dismissed: { [made]: true } },
    journal: 0,
  })
  expect((await after(21)).known).to.deep.include({ told: {}, dismissed: {} })
  expect(time.day(at)).to.equal(made)
})

it("a report that was sent is said to be, though the store could not be tidied after it", async () => {
  const at = await reporter()
  at.store.tidy = async () => {
    throw new LindungError("storage-corrupt", "a page is damaged")
  }
  expect(await at.draft.submit()).to.have.property("at")
  expect((await at.client.status()).report.is).to.equal("sent")
})
