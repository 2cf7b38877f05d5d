import { expect } from "chai"
import { readHeard } from "../../src/client/heard.ts"
import { type EpochMs, memoryStore, type SyncResult } from "../../src/client/index.ts"
import { freshKey } from "../../src/client/layout.ts"
import { applyBatch } from "../../src/client/match.ts"
import { restOf } from "../../src/client/rest.ts"
import { designByName, encodeBatch, parseBatch } from "../../src/protocol/index.ts"
import { openPhone, phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { draftOf, lab, never } from "./lab.ts"
import { FIRST, setting } from "./lies.ts"
import { dump } from "./stored.ts"
import { startOf, TestLog } from "./test-log.ts"

/** A signal that can be given. */
function given() {
  const listeners = new Set<() => void>()
  const signal = {
    aborted: false,
    addEventListener: (_: "abort", listener: () => void) => void listeners.add(listener),
    removeEventListener: (_: "abort", listener: () => void) => void listeners.delete(listener),
  }
  const abort = () => {
    signal.aborted = true
    for (const listener of [...listeners]) listener()
  }
  return { signal, abort, listeners }
}

const forever = () => new Promise<never>(() => {})
const codeOf = (result: SyncResult) => (result.is === "failed" ? result.error.code : result.is)

describe("giving up", () => {
  it("ends a sync whose server never answers, though the host does not heed the signal", async () => {
    const at = await setting()
    const { signal, abort, listeners } = given()
    at.log.http.send = forever
    const syncing = at.client.sync({ signal })
    await new Promise(resolve => setImmediate(resolve))
    abort()
    expect(codeOf(await syncing)).to.equal("aborted")
    expect(listeners.size, "nothing is left behind").to.equal(0)
  })

  it("ends an upload, which the next run takes up", async () => {
    const at = await lab()
    const { signal, abort } = given()
    const draft = await draftOf(at)
    at.w.intercept((_, request, pass) => {
      if (!request.url.endsWith("/uploads")) return pass()
      abort()
      return forever()
    })
    expect(await draft.submit({ signal }).catch(error => error.code)).to.equal("aborted")
    at.w.intercept(undefined)
    expect((await at.anna.status()).report.is).to.equal("sending")
    await at.anna.run("cover", { signal: never })
    expect((await at.anna.status()).report.is).to.equal("sent")
    await at.w.close()
  })

  it("does no work for a signal that was given before", async () => {
    const at = await setting()
    at.log.requests.length = 0
    expect(codeOf(await at.client.sync({ signal: { ...never, aborted: true } }))).to.equal("aborted")
    expect(at.log.requests).to.deep.equal([])
  })
})

describe("long work", () => {
  it("lets others work every 30 ms, and ends at the next rest after it was given up", async () => {
    const { signal, abort } = given()
    let [now, pauses] = [0, 0]
    const rest = restOf({ now: () => now, stretchMs: 30, pause: async () => void pauses++ }, signal)
    for (; now < 300; now += 10) await rest()
    expect(pauses).to.equal(9)
    abort()
    expect(await rest().catch(error => error.code)).to.equal("aborted")
  })

  it("of reading what was heard, and of writing what a batch changes, rests", async () => {
    const design = designByName("hybrid")!
    const store = memoryStore()
    await store.write(tx => {
      for (let i = 0; i < 600; i++) tx.put(freshKey(1, seeded(i).bytes(16), 5, 4), new Uint8Array(8))
    })
    const gone = () => Promise.reject(new Error("given up"))
    const failure = (work: Promise<unknown>) => work.catch(error => error.message)
    expect(await failure(store.read(tx => readHeard(tx, design, gone)))).to.equal("given up")
    const heard = await store.read(tx => readHeard(tx, design))
    const header = { design, bucket: 6, parametersHash: new Uint8Array(32), salt: new Uint8Array(16) }
    const batch = parseBatch(encodeBatch(header, new Map()))
    const lengths = { epochMinutes: 15, windowMinutes: 120 }
    const before = await dump(store)
    expect(await failure(store.write(tx => applyBatch(tx, batch, heard, [], lengths, undefined, gone)))).to.equal(
      "given up",
    )
    expect(await dump(store)).to.deep.equal(before)
  })
})

describe("a deadline", () => {
  /** A phone whose host can wait; time passes when the test says so. */
  async function waiting(send: () => Promise<never>) {
    const log = new TestLog(FIRST)
    const virtual = { now: startOf(FIRST + 1) }
    const sleeping: (() => void)[] = []
    const { client } = await openPhone("phone", log.config, {
      clock: phoneClock(virtual),
      store: memoryStore(),
      random: seeded(1),
      http: { send },
      wait: () => new Promise(resolve => void sleeping.push(resolve)),
    })
    const wake = () => {
      for (const resolve of sleeping.splice(0)) resolve()
    }
    return { client, virtual, wake }
  }

  it("ends what waits for the network", async () => {
    const at = await waiting(forever)
    const deadline = (at.virtual.now * 1000 + 30_000) as EpochMs
    const running = at.client.run("sync", { signal: never, deadline })
    await new Promise(resolve => setImmediate(resolve))
    at.wake()
    await running
    const { lastSync } = await at.client.status()
    expect(lastSync && codeOf(lastSync)).to.equal("aborted")
  })

  it("that has passed makes no request", async () => {
    let asked = 0
    const at = await waiting(() => {
      asked++
      return forever()
    })
    await at.client.run("sync", { signal: never, deadline: (at.virtual.now * 1000) as EpochMs })
    expect(asked).to.equal(0)
  })

  it("and the caller's own signal both count", async () => {
    const at = await waiting(forever)
    const { signal, abort, listeners } = given()
    const running = at.client.run("sync", { signal, deadline: (at.virtual.now * 1000 + 30_000) as EpochMs })
    await new Promise(resolve => setImmediate(resolve))
    abort()
    await running
    expect(listeners.size).to.equal(0)
  })
})
