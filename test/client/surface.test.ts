import { expect } from "chai"
import { canceller } from "../../src/client/cancel.ts"
import {
  checkConfig,
  type EpochMs,
  type Impediment,
  memoryStore,
  open,
  type Radio,
  type Status,
} from "../../src/client/index.ts"
import { phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { CONFIG } from "./config.ts"
import { draftOf, type Lab, lab, START } from "./lab.ts"
import { dump } from "./stored.ts"

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = []
  for await (const item of items) out.push(item)
  return out
}

/** Ben, who was told that he was near a case. */
async function told(): Promise<Lab> {
  const at = await lab("hybrid", { config: { sync: { minIntervalHours: 2 } } })
  await (await draftOf(at)).submit()
  await at.w.advance({ hours: 6 })
  expect((await at.ben.status()).exposure.is).to.equal("exposed")
  return at
}

describe("what a person can do with what the phone has learnt", () => {
  it("explain it, put it aside, take it away, and have it deleted", async () => {
    const { w, ben } = await told()
    const day = await ben.explain(START)
    expect(day).to.include({ day: START, level: "high", unit: "minutes" })
    expect(await ben.explain("2020-05-01")).to.deep.include({ level: "none", score: 0 })

    await ben.dismiss(START)
    expect((await ben.status()).exposure).to.include({ is: "exposed", dismissed: true })
    expect(await ben.dismiss("2020-13-01" as typeof START).catch(error => error.name)).to.equal("RangeError")

    const lines = async (includeOwnKeys: boolean) =>
      (await all(ben.exportData({ includeOwnKeys }))).map(line => JSON.parse(Buffer.from(line).toString()))
    const kinds = (exported: { kind: string }[]) => [...new Set(exported.map(({ kind }) => kind))].sort()
    expect(kinds(await lines(false))).to.deep.equal(["journal", "matched", "state"])
    expect(kinds(await lines(true))).to.deep.equal(["journal", "matched", "own-secret", "state"])

    const events = (await all(ben.journal())).map(({ event }) => event)
    expect(events[0]).to.equal("started")
    expect(events.filter(event => event === "told")).to.have.length(1)
    expect(events.at(-1)).to.equal("dismissed")
    expect(await all(ben.journal({ since: (w.now + 1) as EpochMs }))).to.deep.equal([])

    await ben.erase("exposures")
    expect((await ben.status()).exposure.is).to.equal("none")
    await ben.erase("everything")
    const left = await ben.status()
    expect([left.tracing.is, left.exposure.is, left.contacts.windows]).to.deep.equal(["off", "unknown", 0])
    expect(await dump(w.store("ben"), "sfoxra")).to.deep.equal([])
    await w.close()
  })

  it("erasing contacts forgets whom the phone heard, and nothing else", async () => {
    const { w, anna } = await lab()
    const secrets = await dump(w.store("anna"), "s")
    expect((await anna.status()).contacts.windows).to.be.greaterThan(0)
    await anna.erase("contacts")
    expect((await anna.status()).contacts.windows).to.equal(0)
    expect(await dump(w.store("anna"), "s")).to.deep.equal(secrets)
    await w.close()
  })

  it("the journal keeps its newest four hundred entries", async () => {
    const { w, anna } = await lab()
    for (let n = 0; n < 410; n++) await anna.dismiss(START)
    const entries = await all(anna.journal())
    expect(entries).to.have.length(400)
    expect(entries.every(({ event }) => event === "dismissed")).to.equal(true)
    await w.close()
  })
})

describe("watching", () => {
  it("gives the status at once and at every change, and ends with its signal", async () => {
    const { w, ben } = await lab()
    const signal = canceller()
    const seen: Status[] = []
    const watching = (async () => {
      for await (const status of ben.watch(signal)) seen.push(status)
    })()
    const settle = () => new Promise(resolve => setTimeout(resolve, 5))
    await settle()
    expect(seen.length).to.equal(1)
    await ben.stop()
    await settle()
    expect(seen.at(-1)!.tracing.is).to.equal("off")
    const before = seen.length
    await settle()
    expect(seen.length).to.equal(before)
    signal.abort()
    await watching
    await w.close()
  })
})

describe("trouble with the radio", () => {
  const RADIO: Radio = {
    can: { advertise: true, scan: true, rotatesAddressWithPayload: true },
    advertise: () => new Promise(() => {}),
    scan: () => new Promise(() => {}),
  }
  const openWith = (radio: Partial<Radio>) =>
    open(CONFIG, {
      radio: { ...RADIO, ...radio },
      store: memoryStore(),
      clock: phoneClock({ now: 1_589_000_000 }),
      random: seeded(1),
      http: { send: () => Promise.reject(new Error("offline")) },
      scheduler: { arm: async () => {}, disarm: async () => {} },
    })
  const codes = async (radio: Partial<Radio>) => {
    const client = await openWith(radio)
    await client.start()
    await new Promise(resolve => setTimeout(resolve, 1))
    const { tracing } = await client.status()
    await client.close()
    return tracing.is === "limited" ? tracing.by.map(({ code }) => code) : tracing.is
  }

  it("is a state that says what it is, and not an error", async () => {
    const { can } = RADIO
    expect(await codes({})).to.equal("on")
    expect(await codes({ can: { ...can, advertise: false } })).to.deep.equal(["advertising-refused"])
    expect(await codes({ can: { ...can, scan: false } })).to.deep.equal(["bluetooth-unsupported"])
    expect(await codes({ advertise: () => Promise.reject(new Error("busy")) })).to.deep.equal(["advertising-refused"])
    expect(
      await codes({
        scan: () => {
          throw new Error("no such device")
        },
      }),
    ).to.deep.equal(["radio-failed"])
  })

  it("follows what the radio says about itself, until it is well again", async () => {
    const off: Impediment = { code: "bluetooth-off", since: 0 as EpochMs, userCan: "open-bluetooth" }
    let mend = () => {}
    const mended = new Promise<void>(resolve => {
      mend = resolve
    })
    const client = await openWith({
      async *health() {
        yield [off]
        await mended
        yield []
        await new Promise(() => {})
      },
    })
    await client.start()
    await new Promise(resolve => setTimeout(resolve, 1))
    expect((await client.status()).tracing).to.deep.equal({ is: "limited", by: [off] })
    mend()
    await new Promise(resolve => setTimeout(resolve, 1))
    expect((await client.status()).tracing.is).to.equal("on")
    await client.close()
  })

  it("closes by itself at the end of a block that uses it", async () => {
    let closed = false
    const store = memoryStore()
    {
      await using client = await open(CONFIG, {
        radio: RADIO,
        store: {
          ...store,
          async close() {
            closed = true
          },
        },
        clock: phoneClock({ now: 1_589_000_000 }),
        random: seeded(1),
        http: { send: () => Promise.reject(new Error("offline")) },
        scheduler: { arm: async () => {}, disarm: async () => {} },
      })
      await client.start()
      expect(closed).to.equal(false)
    }
    expect(closed).to.equal(true)
  })

  it("nothing is armed and no request is made before tracing was started", async () => {
    const client = await openWith({})
    expect((await client.status()).next).to.deep.equal({})
    await client.start()
    expect(Object.keys((await client.status()).next).sort()).to.deep.equal(["prune", "rotate", "sync"])
    await client.close()
  })
})

describe("a configuration", () => {
  it("that is right passes", () => {
    expect(checkConfig(CONFIG)).to.deep.equal({ ok: true, config: CONFIG })
  })

  it("gets all its problems said at once, with their paths, and does not open", async () => {
    const bad = {
      ...CONFIG,
      design: "centralised",
      server: { ...CONFIG.server, files: "ftp://x", logKey: "x", witnesses: { keys: [], quorum: 1 } },
      cover: { meanDays: 0, catchUpHours: -1 },
      sync: { minIntervalHours: -1 },
      retention: { contactDays: 30, exposureDays: 14 },
    }
    const checked = checkConfig(bad)
    expect(checked.ok || checked.problems.map(({ path }) => path)).to.have.members([
      "sync.minIntervalHours",
      "design",
      "server.files",
      "server.logKey",
      "server.witnesses",
      "cover.meanDays",
      "cover.catchUpHours",
      "retention.contactDays",
    ])
    for (const nothing of [null, 7, "x", undefined]) expect(checkConfig(nothing).ok).to.equal(false)
    const ports = {} as Parameters<typeof open>[1]
    expect(await open(bad as unknown as typeof CONFIG, ports).catch(error => error.code)).to.equal("config")
  })
})
