import { expect } from "chai"
import { type EpochMs, isoDay, memoryStore, open, type Radio, type Store } from "../../src/client/index.ts"
import { code, gaen, hex, hybrid, lowCost, unlinkable } from "../../src/crypto/index.ts"
import { type DesignName, LindungError, parseExposureKey, type Report, UPLOADS_PATH } from "../../src/protocol/index.ts"
import { openPhone, phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { never } from "./lab.ts"
import { startOf, TestLog } from "./test-log.ts"

const FIRST = 220_680
const FULL = new LindungError("storage-full", "the disk is full")

/** A store of which one write, counted from now, does not succeed. */
function faulty(): { store: Store; failAt: (write: number) => void; written: () => number } {
  const store = memoryStore()
  const write = store.write.bind(store)
  let [count, failing] = [0, -1]
  store.write = async f => {
    if (count++ === failing) throw FULL
    return write(f)
  }
  const failAt = (n: number) => {
    count = 0
    failing = n
  }
  return { store, failAt, written: () => count }
}

/** A phone with a draft, ten minutes before midnight, that has heard somebody close in this slot. */
async function prepared(design: DesignName) {
  const log = new TestLog(FIRST, design)
  const add = (bucket: number) => {
    if (design === "gaen") log.addArchive(bucket, [])
    else if (design === "unlinkable") log.addFilter(bucket)
    else log.addBatch(bucket)
  }
  add(FIRST)
  log.publish(FIRST)
  const disk = faulty()
  const virtual = { now: startOf(FIRST + 11) - 7200 * 9 }
  const phone = await openPhone("phone", log.config, {
    clock: phoneClock(virtual),
    store: disk.store,
    http: log.http,
    random: seeded(5),
  })
  await phone.client.start()
  for (let bucket = FIRST + 1; bucket <= FIRST + 10; bucket++) add(bucket)
  log.publish(FIRST + 10)
  virtual.now = startOf(FIRST + 12) - 1800
  expect(await phone.client.sync({ force: true })).to.include({ is: "done" })
  await phone.client.run("rotate", { signal: never })
  const payload = new Uint8Array(design === "gaen" ? 20 : 16)
  for (let scanId = 0; scanId < 3; scanId++, virtual.now += 240)
    phone.hear({ payload, rssi: -50, txPower: 0, at: (virtual.now * 1000) as EpochMs, scanId })
  virtual.now = startOf(FIRST + 12) - 600
  await phone.client.run("rotate", { signal: never })
  log.contagiousFromDay = FIRST / 12
  const consent = { to: "health authority", at: (virtual.now * 1000) as EpochMs }
  const draft = await phone.client.prepareReport({
    onset: isoDay(FIRST / 12),
    proof: code.generate(seeded(2)),
    consent,
  })
  return { log, disk, virtual, phone, draft }
}

/** Whatever can be computed from what was uploaded: all a downloader of the batch could recognise. */
function computable({ design, first, slots }: Report): Set<string> {
  const from = (secret: Uint8Array, slot: number): Uint8Array[] => {
    if (design.name === "unlinkable") return [unlinkable.ephId(secret)]
    if (design.name === "hybrid") return hybrid.ephIds(secret, 8)
    if (design.name === "gaen") {
      const { tek, rollingStart } = parseExposureKey(secret)
      return Array.from({ length: 288 }, (_, i) => gaen.rpi(gaen.rpik(tek), rollingStart + i))
    }
    const days = Array.from({ length: 12 })
    let key = secret
    return days.flatMap((_, day) => {
      if (day > 0) key = lowCost.nextDayKey(key)
      return slot < 0 ? [] : lowCost.ephIds(key, 96)
    })
  }
  const all = slots.flatMap((slot, j) =>
    slot.revealed ? from(slot.bytes.slice(0, design.secretBytes), first + j) : [],
  )
  return new Set(all.map(hex))
}

const uploads = ({ log }: { log: TestLog }) =>
  log.requests.filter(({ url }) => url.endsWith(UPLOADS_PATH)).map(({ body }) => log.open(body!))

for (const design of ["low-cost", "unlinkable", "hybrid", "gaen"] as const)
  it(`whichever write of a report fails, nothing broadcast after it follows from what was uploaded: ${design}`, async function () {
    this.timeout(60_000)
    // Without a fault, to count them.
    const whole = await prepared(design)
    whole.disk.failAt(-1)
    await whole.draft.submit()
    const writes = whole.disk.written()
    await whole.phone.client.close()
    expect(writes).to.be.above(3)
    for (let n = 0; n < writes; n++) {
      const at = await prepared(design)
      const { phone, virtual, disk, draft } = at
      disk.failAt(n)
      const failed = await draft.submit().then(
        () => undefined,
        error => error.code,
      )
      if (n === 0) expect(failed).to.equal("storage-full")
      disk.failAt(-1)
      await draft.submit()
      const report = uploads(at).find(({ kind }) => kind === "report")
      if (report?.kind !== "report") throw new Error("expected a report among the uploads")
      const published = computable(report.report)
      expect(published.size).to.be.above(0)
      for (const later of [0, 700, 3600, 86_400, 5 * 86_400]) {
        virtual.now = startOf(FIRST + 12) - 600 + later
        expect(published, `write ${n}, ${later} seconds later`).not.to.include(hex(phone.payload()!.slice(0, 16)))
        // The first midnight passes before the host comes round.
        if (later > 700) await phone.client.run("rotate", { signal: never })
        expect(published).not.to.include(hex(phone.payload()!.slice(0, 16)))
      }
      await phone.client.close()
    }
  })

it("without a second attempt, too, midnight leads to a secret that nothing uploaded leads to", async () => {
  const at = await prepared("low-cost")
  const { phone, virtual, disk, draft } = at
  disk.failAt(2)
  expect(await draft.submit().catch(error => error.code)).to.equal("storage-full")
  disk.failAt(-1)
  virtual.now = startOf(FIRST + 12) + 60
  const over = hex(phone.payload()!)
  await new Promise(done => setTimeout(done, 5))
  await draft.submit()
  const report = uploads(at)[0]!
  if (report.kind !== "report") throw new Error("expected a report")
  expect(computable(report.report)).not.to.include(over)
  await phone.client.run("rotate", { signal: never })
  expect(computable(report.report)).not.to.include(hex(phone.payload()!))
  await phone.client.close()
})

for (const end of ["rejects", "resolves"] as const)
  it(`a call to the radio that ${end} too early is begun anew by rotate, and then impedes no longer`, async () => {
    const log = new TestLog(FIRST)
    const virtual = { now: startOf(FIRST + 1) + 60 }
    const calls = { advertise: 0, scan: 0 }
    const call = (name: "advertise" | "scan"): Promise<void> => {
      if (++calls[name] > 2) return new Promise(() => {})
      return end === "resolves" ? Promise.resolve() : Promise.reject(new Error("the stack restarted"))
    }
    const radio: Radio = {
      can: { advertise: true, scan: true, rotatesAddressWithPayload: true },
      advertise: () => call("advertise"),
      scan: () => call("scan"),
    }
    const scheduler = { arm: async () => {}, disarm: async () => {} }
    const ports = {
      radio,
      store: memoryStore(),
      clock: phoneClock(virtual),
      http: log.http,
      random: seeded(5),
      scheduler,
    }
    const client = await open(log.config, ports)
    const began = virtual.now * 1000
    await client.start()
    const seen: unknown[] = []
    for (let i = 0; i < 4; i++, virtual.now += 900) {
      if (i > 0) await client.run("rotate", { signal: never })
      await new Promise(done => setTimeout(done, 1))
      const { tracing } = await client.status()
      seen.push(tracing.is === "limited" ? tracing.by.map(({ code, since }) => [code, since]) : tracing.is)
    }
    const both = [
      ["advertising-refused", began],
      ["radio-failed", began],
    ]
    // It failed twice, and that is one failure; the third call lasts.
    expect(seen).to.deep.equal([both, both, "on", "on"])
    expect(calls).to.deep.equal({ advertise: 3, scan: 3 })
    await client.close()
  })
