import { expect } from "chai"
import { unzipSync, zipSync } from "fflate"
import { payload } from "../../../src/client/gaen/index.ts"
import {
  checkConfig,
  type EpochMs,
  isoDay,
  memoryStore,
  open,
  type Ports,
  type RiskRule,
  type Window,
} from "../../../src/client/index.ts"
import { code, concat, hex, time } from "../../../src/crypto/index.ts"
import type { ExportKey } from "../../../src/protocol/export.ts"
import { PATHS, parseExposureKey, UPLOADS_PATH } from "../../../src/protocol/index.ts"
import { openPhone, phoneClock } from "../../../src/simulator/index.ts"
import { seeded } from "../../dice.ts"
import { CONFIG } from "../config.ts"
import { dump, observations } from "../stored.ts"
import { startOf, TestLog } from "../test-log.ts"

/** The first bucket of a day. */
const FIRST = 220_680
const DAY = FIRST / 12
const START = 144 * DAY
/** Somebody is heard from here on for twenty minutes, with an interval's end in between. */
const MET = startOf(FIRST + 1) + 60
const TEK = new Uint8Array(16).fill(77)
/** Cut short when the bucket of the meeting ends: dead by the end of the next one. */
const KEY: ExportKey = {
  tek: TEK,
  rollingStart: START,
  rollingPeriod: 24,
  reportType: "confirmed-test",
  daysSinceOnset: 1,
}
const STRANGER: ExportKey = { ...KEY, tek: new Uint8Array(16).fill(1) }
const TX_POWER = -21

/** A rule that remembers what it was given. */
function watched(): { rule: RiskRule; windows: readonly Window[] } {
  const seen: { rule: RiskRule; windows: readonly Window[] } = {
    windows: [],
    rule: {
      id: "lfph-narrow-v2",
      evaluate(windows) {
        seen.windows = windows
        const days = [...new Set(windows.map(({ day }) => day))]
        return days.map(day => ({ day, level: "high", score: 1, unit: "windows", parts: [] }))
      },
    },
  }
  return seen
}

/** A phone that has synced up to the batch of FIRST and then met somebody whose beacons came so many seconds late. */
async function met(o: { at?: number; late?: number; hear?: boolean } = {}) {
  const log = new TestLog(FIRST, "gaen")
  log.addArchive(
    FIRST,
    [STRANGER].map(key => ({ ...key, rollingStart: START - 144, rollingPeriod: 132 })),
  )
  log.publish(FIRST)
  const virtual = { now: startOf(FIRST + 1) + 1 }
  const store = memoryStore()
  const seen = watched()
  const phone = await openPhone(
    "phone",
    { ...log.config, risk: seen.rule },
    { clock: phoneClock(virtual), store, http: log.http, random: seeded(5) },
  )
  await phone.client.start()
  expect(await phone.client.sync()).to.include({ is: "done", keys: 1 })
  virtual.now = o.at ?? MET
  if (o.hear !== false)
    for (let scanId = 0; scanId < 6; scanId++, virtual.now += 240)
      phone.hear({
        payload: payload({ ...KEY, rollingPeriod: 144 }, virtual.now - (o.late ?? 0), TX_POWER, 2),
        rssi: -70,
        at: (virtual.now * 1000) as EpochMs,
        scanId,
      })
  await phone.client.stop()
  await phone.client.start()
  const publish = (bucket: number, keys: readonly ExportKey[], more: Parameters<TestLog["addArchive"]>[2] = {}) => {
    log.addArchive(bucket, keys, more)
    log.publish(bucket)
    virtual.now = Math.max(virtual.now, startOf(bucket + 1) + 60)
  }
  return { log, virtual, store, phone, client: phone.client, seen, publish }
}
type At = Awaited<ReturnType<typeof met>>
const sync = ({ client }: At) => client.sync({ force: true })
/** The batches before the one of the meeting's key. */
const quiet = (at: At) => at.publish(FIRST + 1, [])

describe("a phone of design 4", () => {
  it("keeps what it heard as it was sent, with an interval, and learns the attenuation from the key", async () => {
    const at = await met()
    const kept = await observations(at.store)
    expect(kept.map(({ slot }) => slot)).to.deep.equal([START + 12, START + 13, START + 14])
    for (const { id } of kept) expect(id).to.have.length(40)
    quiet(at)
    at.publish(FIRST + 2, [KEY, STRANGER])
    expect(await sync(at)).to.deep.equal({ is: "done", batches: 2, keys: 2, newDays: [isoDay(DAY)] })
    expect(at.seen.windows).to.have.length(1)
    const [{ scans, ...window }] = at.seen.windows as [Window]
    // Days since onset 1 is "high" in the rule's own map; 2 is how well the sender said that it was measured.
    expect(window).to.deep.equal({ day: isoDay(DAY), infectiousness: 2, reportType: 1, calibration: 2 })
    expect(scans).to.have.length(6)
    for (const { min, typical } of scans) expect([min, typical]).to.deep.equal([49, 49])
    expect(await at.client.sync({ force: true })).to.include({ is: "done", batches: 0 })
  })

  for (const [what, seconds, matches] of [
    ["two hours late", 7200, true],
    ["two hours early", -7200, true],
    ["two hours and ten minutes late", 7800, false],
    ["two hours and ten minutes early", -7800, false],
  ] as const)
    it(`${matches ? "matches" : "does not match"} an identifier that is heard ${what}`, async () => {
      const at = await met({ at: MET + 7200, late: seconds })
      // The key of the whole day is published on the next one.
      for (let bucket = FIRST + 1; bucket < FIRST + 12; bucket++) at.publish(bucket, [])
      at.publish(FIRST + 12, [{ ...KEY, rollingPeriod: 144 }])
      const result = await sync(at)
      expect(result.is).to.equal("done")
      const matched = (await observations(at.store)).filter(({ kind }) => kind === "matched")
      expect(matched.length > 0).to.equal(matches)
    })

  it("does not match what it hears once the key could be known: by the clock, nor by the log", async () => {
    const at = await met({ hear: false })
    quiet(at)
    at.publish(FIRST + 2, [KEY])
    const replay = (scanId: number) =>
      at.phone.hear({
        payload: payload(KEY, MET, TX_POWER),
        rssi: -60,
        at: (at.virtual.now * 1000) as EpochMs,
        scanId,
      })
    at.virtual.now = startOf(FIRST + 3)
    replay(1)
    await sync(at)
    // Whoever also sets the clock back replays in vain.
    at.virtual.now = MET
    replay(2)
    await sync(at)
    expect((await observations(at.store)).filter(({ kind }) => kind === "matched")).to.deep.equal([])
  })

  const zipOf = (members: Record<string, Uint8Array>) => ({ change: () => zipSync(members) })
  const [sig, large] = [new Uint8Array(16), new Uint8Array(2 ** 24)]
  const bad: [
    what: string,
    code: string,
    field: string,
    change: Parameters<TestLog["addArchive"]>[2],
    key?: ExportKey,
  ][] = [
    ["is no zip", "format", "zip", { change: zip => zip.slice().fill(7) }],
    ["is cut off", "format", "zip", { change: zip => zip.slice(0, -30) }],
    ["has no export.sig", "format", "export.sig", zipOf({ "export.bin": TEK })],
    [
      "has another header",
      "format",
      "export.bin.header",
      zipOf({ "export.bin": new Uint8Array(99), "export.sig": sig }),
    ],
    ["is a bomb", "format", "export.sig", zipOf({ "export.bin": large, "export.sig": large })],
    ["has other keys than its batch counts", "format", "export.bin.keys", { count: 3 }],
    ["has a key that can still be heard", "format", "export.bin.keys", {}, { ...KEY, rollingPeriod: 25 }],
    [
      "has a key of a day that no phone remembers",
      "format",
      "export.bin.keys",
      {},
      { ...KEY, rollingStart: START - 14 * 144 },
    ],
    ["was changed after it was signed", "signature", "export.sig.signatures[0].signature", { change: anotherKey }],
  ]
  for (const [what, errorCode, field, change, key = STRANGER] of bad)
    it(`passes over an archive that ${what}, names it, and takes the others`, async () => {
      const at = await met()
      quiet(at)
      at.publish(FIRST + 2, [key], change)
      at.publish(FIRST + 3, [KEY])
      const before = (await observations(at.store)).length
      const result = await sync(at)
      expect(result).to.include({ is: "failed", batches: 2 })
      const { error } = result as Extract<typeof result, { is: "failed" }>
      expect(error.code).to.equal(errorCode)
      expect(error.message).to.include(`${PATHS.archive("gaen", FIRST + 2)}: ${field}: `)
      expect((await observations(at.store)).filter(({ kind }) => kind === "matched")).to.have.length(before)
      expect(await sync(at)).to.include({ is: "done", batches: 0 })
      expect((await at.client.status()).exposure.is).to.equal("exposed")
    })

  it("does not pass over an archive that is another one than was logged: the right one may come", async () => {
    const at = await met()
    quiet(at)
    at.publish(FIRST + 2, [KEY])
    const path = PATHS.archive("gaen", FIRST + 2)
    const good = at.log.files.get(path)!
    for (const wrong of [anotherKey(good), good.slice(0, -1), undefined]) {
      at.log.tamper = (asked, file) => (asked === path ? wrong : file)
      expect((await sync(at)).is).to.equal("failed")
    }
    at.log.tamper = (_, file) => file
    expect(await sync(at)).to.include({ is: "done", batches: 1, keys: 1 })
    expect((await at.client.status()).exposure.is).to.equal("exposed")
  })

  it("takes over what a revised key says of those who matched before, and forgets a contact that was taken back", async () => {
    const at = await met()
    quiet(at)
    at.publish(FIRST + 2, [KEY])
    await sync(at)
    at.publish(FIRST + 3, [], { revised: [{ ...KEY, reportType: "self-report", daysSinceOnset: -12 }] })
    expect((await sync(at)).is).to.equal("done")
    expect(at.seen.windows.map(({ reportType, infectiousness }) => [reportType, infectiousness])).to.deep.equal([
      [3, 0],
    ])
    expect(at.seen.windows[0]!.scans.map(({ min }) => min)).to.deep.equal([49, 49, 49, 49, 49, 49])
    at.publish(FIRST + 4, [], { revised: [{ ...KEY, reportType: "revoked" }] })
    await sync(at)
    expect((await at.client.status()).exposure.is).to.equal("none")
    expect(at.seen.windows).to.deep.equal([])
  })

  /** Who met somebody, tested positive, and has agreed to nothing yet. */
  async function drafted() {
    const at = await met()
    quiet(at)
    at.publish(FIRST + 2, [])
    await sync(at)
    at.log.contagiousFromDay = DAY
    const draft = await at.client.prepareReport({
      onset: isoDay(DAY),
      proof: code.generate(seeded(2)),
      consent: { to: "health authority", at: (at.virtual.now * 1000) as EpochMs },
    })
    return { at, draft }
  }

  it("cuts its running key short when it reports, seals two buckets ahead, and sends from another key at once", async () => {
    const { at, draft } = await drafted()
    expect(draft.days).to.deep.equal([isoDay(DAY)])
    // Half an hour passes before the person agrees.
    at.virtual.now += 1800
    const own = (await dump(at.store, "s")).map(([, value]) => value)
    const before = at.phone.payload()!
    await draft.submit()
    const sent = at.log.requests.filter(({ url }) => url.endsWith(UPLOADS_PATH)).map(({ body }) => at.log.open(body!))
    const [opened] = sent
    if (opened?.kind !== "report") throw new Error("no report")
    const { first, slots } = opened.report
    expect([first, slots.length]).to.deep.equal([DAY - 13, 18])
    const revealed = slots.flatMap((slot, j) => (slot.revealed ? [{ day: first + j, bytes: slot.bytes }] : []))
    expect(revealed.map(({ day }) => day)).to.deep.equal([DAY])
    const key = parseExposureKey(revealed[0]!.bytes.subarray(0, 22))
    expect(own).to.deep.equal([
      hex(concat(revealed[0]!.bytes.subarray(0, 4), Uint8Array.of(0, 144), revealed[0]!.bytes.subarray(6))),
    ])
    expect(key.rollingStart + key.rollingPeriod).to.equal(time.interval(at.virtual.now) + 1)
    const body = at.log.requests.filter(({ url }) => url.endsWith(UPLOADS_PATH)).at(-1)!.body!
    expect(new DataView(body.buffer, body.byteOffset).getUint32(1)).to.equal(time.bucket(at.virtual.now) + 2)

    const next = (await dump(at.store, "s")).map(([, value]) =>
      parseExposureKey(Buffer.from(value, "hex").subarray(0, 22)),
    )
    expect(next.map(({ rollingStart, rollingPeriod }) => [rollingStart, rollingPeriod])).to.deep.equal([[START, 144]])
    expect(hex(next[0]!.tek)).to.not.equal(hex(key.tek))
    const after = at.phone.payload()!
    expect(hex(after)).to.not.equal(hex(before))
    expect(hex(after)).to.equal(hex(payload(next[0]!, at.virtual.now, 0, 3)))
  })

  it("sends cover in place of the second upload once it has found its keys in an archive", async () => {
    const { at, draft } = await drafted()
    await draft.submit()
    const uploads = () =>
      at.log.requests.filter(({ url }) => url.endsWith(UPLOADS_PATH)).map(({ body }) => at.log.open(body!))
    const [opened] = uploads()
    if (opened?.kind !== "report") throw new Error("no report")
    const keys = opened.report.slots.flatMap(slot =>
      slot.revealed ? [parseExposureKey(slot.bytes.subarray(0, 22))] : [],
    )
    const promised = time.bucket(at.virtual.now) + 2
    for (let bucket = FIRST + 3; bucket < promised; bucket++) at.publish(bucket, [])
    at.publish(promised, keys)
    await sync(at)
    expect(await dump(at.store, "r"), "nothing of the report is kept").to.deep.equal([])
    at.virtual.now = startOf(promised + 3) - 1
    await at.client.run("cover", { signal: { aborted: false, addEventListener() {}, removeEventListener() {} } })
    expect(uploads().map(({ kind }) => kind)).to.deep.equal(["report", "cover"])
    expect((await at.client.status()).report).to.include({ is: "sent" })
  })

  it("needs the reader of archives and the keys that sign them", async () => {
    const { config } = new TestLog(FIRST, "gaen")
    const without = { ...config, server: CONFIG.server }
    for (const exportKeys of [undefined, [], ["AAAA"], "AAAA", [Buffer.alloc(65).toString("base64")]])
      expect(checkConfig({ ...without, server: { ...CONFIG.server, exportKeys } })).to.deep.include({ ok: false })
    expect(checkConfig(config).ok).to.equal(true)
    const ports = { store: memoryStore(), random: seeded(1) } as unknown as Ports
    const failure = await open(config, ports).catch(error => error)
    expect(failure).to.include({ code: "config" })
    expect(failure.message).to.include("readArchive")
  })
})

/** An archive in which one bit of a key is another; the zip itself is sound. */
function anotherKey(zip: Uint8Array): Uint8Array {
  const members = unzipSync(zip)
  const bin = Buffer.from(members["export.bin"]!)
  const at = Math.max(bin.indexOf(Buffer.from(STRANGER.tek)), bin.indexOf(Buffer.from(TEK)))
  bin[at]! ^= 1
  return zipSync({ ...members, "export.bin": new Uint8Array(bin) })
}
