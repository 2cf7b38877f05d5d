import { expect } from "chai"
import { type Client, type EpochMs, type Impediment, memoryStore, open, type Radio } from "../../src/client/index.ts"
import { LindungError } from "../../src/protocol/index.ts"
import { phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { never } from "./lab.ts"
import { startOf, TestLog } from "./test-log.ts"

const FIRST = 220_680
const lasts = () => new Promise<void>(() => {})
const soon = () => new Promise(done => setTimeout(done, 1))

async function phoneWith(radio: Partial<Radio>) {
  const log = new TestLog(FIRST, "low-cost")
  const virtual = { now: startOf(FIRST + 1) + 60 }
  const store = memoryStore()
  const client = await open(log.config, {
    radio: {
      can: { advertise: true, scan: true, rotatesAddressWithPayload: true },
      advertise: lasts,
      scan: lasts,
      ...radio,
    },
    store,
    clock: phoneClock(virtual),
    http: log.http,
    random: seeded(5),
    scheduler: { arm: async () => {}, disarm: async () => {} },
  })
  return { client, virtual, store }
}

async function trouble(client: Client): Promise<unknown> {
  await soon()
  const { tracing } = await client.status()
  return tracing.is === "limited" ? tracing.by.map(({ code, since }) => [code, since]) : tracing.is
}

const OFF: Impediment = { code: "bluetooth-off", since: 7 as EpochMs, userCan: "open-bluetooth" }

for (const end of ["rejects", "ends"] as const)
  it(`a radio whose health ${end} too early says nothing about itself: that impedes, until rotate begins it anew`, async () => {
    let calls = 0
    const { client, virtual } = await phoneWith({
      async *health() {
        if (++calls > 2) return void (await lasts())
        yield [OFF]
        if (end === "rejects") throw new Error("the stack restarted")
      },
    })
    const began = virtual.now * 1000
    await client.start()
    const failed = [
      ["bluetooth-off", 7],
      ["radio-failed", began],
    ]
    expect(await trouble(client)).to.deep.equal(failed)
    virtual.now += 900
    await client.run("rotate", { signal: never })
    // It failed twice, and that is one failure.
    expect(await trouble(client)).to.deep.equal(failed)
    virtual.now += 900
    await client.run("rotate", { signal: never })
    // The third lasts. What an earlier one said last is not believed for ever: all is well now.
    expect(await trouble(client)).to.equal("on")
    virtual.now += 900
    await client.run("rotate", { signal: never })
    expect(calls).to.equal(3)
    await client.close()
  })

it("a health that cannot even begin impedes, and does not end start()", async () => {
  const { client, virtual } = await phoneWith({
    health() {
      throw new Error("no such device")
    },
  })
  await client.start()
  expect(await trouble(client)).to.deep.equal([["radio-failed", virtual.now * 1000]])
  await client.close()
})

it("two calls that failed for one reason are said once, since the first of them", async () => {
  const { client, virtual } = await phoneWith({
    scan: () => Promise.reject(new Error("busy")),
    health: async function* () {
      yield []
    },
  })
  await client.start()
  expect(await trouble(client)).to.deep.equal([["radio-failed", virtual.now * 1000]])
  await client.close()
})

it("a radio that gave up before stop() is begun once by start(), and not twice", async () => {
  const calls = { advertise: 0, scan: 0, health: 0 }
  const { client } = await phoneWith({
    advertise: () => (++calls.advertise === 1 ? Promise.resolve() : lasts()),
    scan: () => (++calls.scan === 1 ? Promise.reject(new Error("busy")) : lasts()),
    async *health() {
      yield []
      if (++calls.health > 1) await lasts()
    },
  })
  await client.start()
  await soon()
  await client.stop()
  await client.start()
  expect(await trouble(client)).to.equal("on")
  expect(calls).to.deep.equal({ advertise: 2, scan: 2, health: 2 })
  await client.close()
})

it("a secret made at midnight that could not be kept is the store's failure, and passes with the next rotation", async () => {
  let next: Parameters<Radio["advertise"]>[0] | undefined
  const { client, virtual, store } = await phoneWith({
    advertise(given) {
      next = given
      return lasts()
    },
  })
  await client.start()
  virtual.now = startOf(FIRST + 12) + 60
  const { write } = store
  store.write = async () => {
    throw new LindungError("storage-full", "the disk is full")
  }
  next!()
  expect(await trouble(client)).to.deep.equal([["storage-failed", virtual.now * 1000]])
  store.write = write
  await client.run("rotate", { signal: never })
  expect(await trouble(client)).to.equal("on")
  await client.close()
})
