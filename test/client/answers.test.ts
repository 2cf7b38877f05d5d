import { expect } from "chai"
import { type Client, type EpochMs, memoryStore, open, type Store, type TaskId } from "../../src/client/index.ts"
import { LindungError } from "../../src/protocol/index.ts"
import { phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { never } from "./lab.ts"
import { codeOf, FIRST, setting } from "./lies.ts"
import { startOf, TestLog } from "./test-log.ts"

const corrupt = () => new LindungError("storage-corrupt", "a page is damaged")
const full = () => new LindungError("storage-full", "the disk is full")

/** Calls of one function of a store, of which the one of a number fails, once. */
function failing(store: Store, name: "read" | "tidy", error = corrupt()) {
  const whole = (store[name] ?? (async () => {})).bind(store) as (...args: unknown[]) => Promise<unknown>
  const calls = { made: 0, failAt: -1 }
  Object.assign(store, {
    [name]: async (...args: unknown[]) => {
      if (calls.made++ === calls.failAt) throw error
      return whole(...args)
    },
  })
  return {
    made: () => calls.made,
    from(failAt: number) {
      calls.made = 0
      calls.failAt = failAt
    },
  }
}

const tracingOf = async (client: Client) => {
  const { tracing } = await client.status()
  return tracing.is === "limited" ? tracing.by.map(({ code, userCan }) => [code, userCan]) : tracing.is
}

describe("a store that fails", () => {
  it("in any read of a sync is the answer of that sync, and the next one takes what is left", async () => {
    const whole = await setting()
    const counted = failing(whole.store, "read")
    counted.from(-1)
    expect(await whole.client.sync({ force: true })).to.include({ is: "done", batches: 2 })
    const reads = counted.made()
    expect(reads).to.be.above(4)
    for (let n = 0; n < reads; n++) {
      const at = await setting()
      const store = failing(at.store, "read")
      store.from(n)
      expect(codeOf(await at.client.sync({ force: true })), `read ${n}`).to.equal("storage-corrupt")
      const { lastSync } = await at.client.status()
      expect(lastSync?.is === "failed" && lastSync.error.code).to.equal("storage-corrupt")
      expect(await at.client.sync({ force: true })).to.include({ is: "done" })
      expect((await at.client.status()).exposure.is).to.equal("exposed")
    }
  })

  it("to tidy up after a sync says so, with the batches that are kept; a full disk puts it off", async () => {
    const at = await setting()
    failing(at.store, "tidy").from(0)
    const result = await at.client.sync({ force: true })
    expect(codeOf(result)).to.equal("storage-corrupt")
    expect(result).to.include({ batches: 2 })
    expect((await at.client.status()).exposure.is).to.equal("exposed")
    const other = await setting()
    failing(other.store, "tidy", full()).from(0)
    expect(await other.client.sync({ force: true })).to.include({ is: "done", batches: 2 })
  })

  it("is a state: what was known before is shown beside it, and it goes when the store can be read again", async () => {
    const at = await setting()
    await at.client.sync({ force: true })
    const before = await at.client.status()
    const store = failing(at.store, "read")
    store.from(0)
    const during = await at.client.status()
    expect(during.exposure).to.deep.equal(before.exposure)
    expect(during.tracing).to.deep.equal({
      is: "limited",
      by: [{ code: "storage-failed", since: at.virtual.now * 1000, userCan: "reinstall" }],
    })
    expect(await tracingOf(at.client)).to.equal("on")
    await at.client.stop()
    store.from(0)
    expect(await tracingOf(at.client)).to.deep.equal([["storage-failed", "reinstall"]])
    expect(await tracingOf(at.client)).to.equal("off")
  })

  it("ends no watch", async () => {
    const at = await setting()
    const store = failing(at.store, "read")
    const watching = at.client.watch(never)[Symbol.asyncIterator]()
    const next = async () => (await watching.next()).value?.tracing.is
    expect(await next()).to.equal("on")
    store.from(0)
    await at.client.dismiss("2020-05-08")
    expect(await next()).to.equal("limited")
    await at.client.dismiss("2020-05-09")
    expect(await next()).to.equal("on")
  })

  it("does not take the place of a task's own failure", async () => {
    const at = await setting()
    failing(at.store, "tidy").from(0)
    const { write } = at.store
    at.store.write = async () => {
      throw full()
    }
    expect(await at.client.run("prune", { signal: never }).catch(error => error.code)).to.equal("storage-full")
    at.store.write = write
    failing(at.store, "tidy").from(0)
    expect(await at.client.run("prune", { signal: never }).catch(error => error.code)).to.equal("storage-corrupt")
    await at.client.run("prune", { signal: never })
  })

  it("leaves a host that comes back: every task is armed, though what is due could not be read", async () => {
    const log = new TestLog(FIRST)
    const virtual = { now: startOf(FIRST + 1) + 60 }
    const armed = new Map<TaskId, EpochMs>()
    const store = memoryStore()
    const client = await open(log.config, {
      radio: {
        can: { advertise: true, scan: true, rotatesAddressWithPayload: true },
        advertise: () => new Promise(() => {}),
        scan: () => new Promise(() => {}),
      },
      store,
      clock: phoneClock(virtual),
      http: log.http,
      random: seeded(5),
      scheduler: {
        arm: async (task, { earliest }) => void armed.set(task, earliest),
        disarm: async task => void armed.delete(task),
      },
    })
    await client.start()
    armed.clear()
    failing(store, "read").from(0)
    // Everything the rotation itself does is one write; the read is that of what is due.
    expect(await client.run("rotate", { signal: never }).catch(error => error.code)).to.equal("storage-corrupt")
    expect([...armed.keys()].sort()).to.deep.equal(["cover", "prune", "rotate", "sync"])
    for (const earliest of armed.values()) expect(earliest / 1000 - virtual.now).to.be.within(0, 900)
    await client.close()
  })
})
