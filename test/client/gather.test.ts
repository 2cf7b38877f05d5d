import { expect } from "chai"
import { type EpochMs, memoryStore } from "../../src/client/index.ts"
import { openPhone, phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { CONFIG } from "./config.ts"
import { never } from "./lab.ts"
import { observations } from "./stored.ts"

const START = 1_589_000_000

/** A phone that hears one identifier in scans at these seconds. */
async function listening() {
  const virtual = { now: START }
  const store = memoryStore()
  let writes = 0
  const write: typeof store.write = f => {
    writes++
    return store.write(f)
  }
  const phone = await openPhone("phone", CONFIG, {
    clock: phoneClock(virtual),
    store: { ...store, write },
    random: seeded(1),
    http: { send: () => Promise.reject(new Error("offline")) },
  })
  await phone.client.start()
  writes = 0
  return {
    virtual,
    phone,
    writes: () => writes,
    hear(second: number) {
      virtual.now = START + second
      const payload = new Uint8Array(16).fill(7)
      phone.hear({ payload, rssi: -50, txPower: 0, at: (virtual.now * 1000) as EpochMs, scanId: second })
    },
    /** Scans in the store, once what was begun is done. */
    async stored() {
      await new Promise(resolve => setImmediate(resolve))
      return (await observations(store)).reduce((sum, { scans }) => sum + scans, 0)
    },
  }
}

describe("what was heard", () => {
  it("is written at most a quarter of an hour after it was, in one write", async () => {
    const at = await listening()
    for (const second of [0, 240, 480, 720]) at.hear(second)
    expect([await at.stored(), at.writes()]).to.deep.equal([0, 0])
    at.hear(900)
    expect([await at.stored(), at.writes()]).to.deep.equal([4, 1])
  })

  it("is written at the change of what is broadcast, also when nobody came after it", async () => {
    const at = await listening()
    at.hear(0)
    at.virtual.now += 900
    await at.phone.client.run("rotate", { signal: never })
    expect(await at.stored()).to.equal(1)
  })

  it("is not cut in two by that change while a scan goes on", async () => {
    const at = await listening()
    at.hear(0)
    at.virtual.now += 1
    await at.phone.client.run("rotate", { signal: never })
    expect(await at.stored()).to.equal(0)
  })

  it("is written before whatever reads it, and when listening ends", async () => {
    const at = await listening()
    at.hear(0)
    await at.phone.client.stop()
    expect(await at.stored()).to.equal(1)
  })

  it("leaves no trace of its order once a task is through that deletes: the store is tidied after its last write", async () => {
    const done: string[] = []
    const store = memoryStore()
    const phone = await openPhone("phone", CONFIG, {
      clock: phoneClock({ now: START }),
      store: {
        ...store,
        write: f => store.write(f).finally(() => done.push("write")),
        tidy: async () => void done.push("tidy"),
      },
      random: seeded(1),
      http: { send: () => Promise.reject(new Error("offline")) },
    })
    for (const task of [() => phone.client.erase("contacts"), () => phone.client.run("prune", { signal: never })]) {
      done.length = 0
      await task()
      expect(done).to.include("write")
      expect(done.at(-1)).to.equal("tidy")
    }
    await phone.client.sync({ force: true })
    expect(done.at(-1)).to.equal("tidy")
  })
})
