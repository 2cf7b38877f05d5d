import { expect } from "chai"
import { type EpochMs, isoDay, memoryStore } from "../../src/client/index.ts"
import { code } from "../../src/crypto/index.ts"
import { type DesignName, type Opened, UPLOADS_PATH } from "../../src/protocol/index.ts"
import { openPhone, phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { never, WRONG_CODE } from "./lab.ts"
import { dump } from "./stored.ts"
import { startOf, TestLog } from "./test-log.ts"

const FIRST = 220_680
const DAY = FIRST / 12

/** A phone that has been near somebody in the bucket after FIRST, and knows a log up to FIRST. */
async function near(design: DesignName = "hybrid") {
  const log = new TestLog(FIRST, design)
  log.addBatch(FIRST)
  log.publish(FIRST)
  const virtual = { now: startOf(FIRST + 1) + 60 }
  const store = memoryStore()
  const phone = await openPhone("phone", log.config, {
    clock: phoneClock(virtual),
    store,
    http: log.http,
    random: seeded(5),
  })
  const { client } = phone
  await client.start()
  await client.sync()
  for (let scanId = 0; scanId < 3; scanId++, virtual.now += 240)
    phone.hear({ payload: new Uint8Array(16), rssi: -50, txPower: 0, at: (virtual.now * 1000) as EpochMs, scanId })
  log.contagiousFromDay = DAY
  const prepare = (proof: string) =>
    client.prepareReport({
      onset: isoDay(DAY),
      proof,
      consent: { to: "health authority", at: (virtual.now * 1000) as EpochMs },
    })
  const uploads = (): Opened[] =>
    log.requests.filter(({ url }) => url.endsWith(UPLOADS_PATH)).map(({ body }) => log.open(body!))
  /** Publishes the promised batch and the next, with these secrets in the promised one, and goes on to U2's time. */
  const goOn = async (secrets: Map<number, Uint8Array[]>, syncs: boolean) => {
    log.addBatch(FIRST + 1, log.batch(FIRST + 1, secrets))
    log.addBatch(FIRST + 2)
    log.publish(FIRST + 2)
    virtual.now = startOf(FIRST + 3) + 10
    if (syncs) expect(await client.sync({ force: true })).to.include({ is: "done", batches: 2 })
    virtual.now = startOf(FIRST + 4) - 1
    await client.run("cover", { signal: never })
  }
  return { log, virtual, store, client, prepare, uploads, goOn }
}

const good = code.generate(seeded(2))
const secretsOf = (opened: Opened): Map<number, Uint8Array[]> =>
  new Map(
    opened.kind === "report"
      ? opened.report.slots.flatMap((slot, j): [number, Uint8Array[]][] =>
          slot.revealed ? [[opened.report.first + j, [slot.bytes.slice(0, opened.report.design.secretBytes)]]] : [],
        )
      : [],
  )

describe("the second upload", () => {
  it("is cover when the promised batch holds the report, which is forgotten at that moment", async () => {
    const at = await near()
    await (await at.prepare(good)).submit()
    const [first] = at.uploads()
    expect(first!.kind).to.equal("report")
    await at.goOn(secretsOf(first!), true)
    expect(at.uploads().map(({ kind }) => kind)).to.deep.equal(["report", "cover"])
    const { report } = await at.client.status()
    expect(report).to.deep.include({ is: "sent", days: [isoDay(DAY)] })
    expect(report).not.to.have.property("error")
    expect(await dump(at.store, "ra")).to.deep.equal([])
  })

  it("is the same report once more when the promised batch lacks it; the person is told, and there is no third", async () => {
    const at = await near()
    await (await at.prepare(good)).submit()
    await at.goOn(new Map([[FIRST + 1, [new Uint8Array(16)]]]), true)
    const [first, second, ...more] = at.uploads()
    expect(second).to.deep.equal(first)
    expect(more).to.deep.equal([])
    const { report } = await at.client.status()
    expect(report.is === "sent" && report.error?.code).to.equal("not-published")
    expect(await dump(at.store, "ra")).to.deep.equal([])
    await at.client.run("cover", { signal: never })
    expect(at.uploads()).to.have.length(2)
  })

  it("is the report when the phone does not know what the batch holds, and then nothing is blamed on the server", async () => {
    const at = await near()
    await (await at.prepare(good)).submit()
    await at.goOn(new Map(), false)
    expect(at.uploads().map(({ kind }) => kind)).to.deep.equal(["report", "report"])
    expect((await at.client.status()).report).not.to.have.property("error")
  })

  it("is cover, as the first one was, when the code was not good", async () => {
    const at = await near()
    const draft = await at.prepare(WRONG_CODE)
    expect(await draft.submit().catch(error => error.code)).to.equal("proof-invalid")
    const { report } = await at.client.status()
    expect(report.is === "none" && report.error?.code).to.equal("proof-invalid")
    await at.goOn(new Map(), true)
    expect(at.uploads().map(({ kind }) => kind)).to.deep.equal(["cover", "cover"])
    expect(await dump(at.store, "ra")).to.deep.equal([])
  })

  it("a receipt or a token of the wrong length, and a receipt that does not verify, are tried again", async () => {
    for (const [end, damage, expected] of [
      ["/redeem", (body: Uint8Array) => body.slice(1), "format"],
      ["/uploads", (body: Uint8Array) => body.slice(1), "format"],
      ["/uploads", (body: Uint8Array) => body.map((byte, i) => (i === 30 ? byte ^ 1 : byte)), "signature"],
    ] as const) {
      const at = await near()
      const draft = await at.prepare(good)
      const { send } = at.log.http
      at.log.http.send = async request => {
        const answer = await send(request)
        return request.url.endsWith(end) ? { ...answer, body: damage(answer.body) } : answer
      }
      expect(await draft.submit().catch(error => error.code)).to.equal(expected)
      expect((await at.client.status()).report.is).to.equal("sending")
      at.log.http.send = send
      await draft.submit()
      expect((await at.client.status()).report.is).to.equal("sent")
    }
  })

  it("nothing before the authority's first contagious day leaves the phone", async () => {
    const at = await near()
    at.log.contagiousFromDay = DAY + 1
    await (await at.prepare(good)).submit().catch(() => undefined)
    expect(at.uploads()).to.have.length(1)
    expect(secretsOf(at.uploads()[0]!).size).to.equal(0)
  })

  it("low-cost: of all days of a chain exactly one leaves the phone, the first that the authority allows", async () => {
    for (const [allowed, revealed] of [
      [DAY - 9, DAY],
      [DAY, DAY],
      [DAY + 1, DAY + 1],
    ]) {
      const at = await near("low-cost")
      at.virtual.now += 86_400
      for (let bucket = FIRST + 1; bucket <= FIRST + 12; bucket++) at.log.addBatch(bucket)
      at.log.publish(FIRST + 12)
      await at.client.sync({ force: true })
      await at.client.run("rotate", { signal: never })
      at.log.contagiousFromDay = allowed!
      const draft = await at.prepare(good)
      expect(draft.days).to.deep.equal([isoDay(DAY), isoDay(DAY + 1)])
      await draft.submit()
      expect([...secretsOf(at.uploads()[0]!).keys()]).to.deep.equal([revealed])
    }
  })
})
