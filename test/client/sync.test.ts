import { expect } from "chai"
import type { SyncResult } from "../../src/client/index.ts"
import { never } from "./lab.ts"
import { batchPath, codeOf, FIRST, HEARD, LIES, learnt, only, SECRET, setting } from "./lies.ts"
import { dump } from "./stored.ts"
import { startOf } from "./test-log.ts"

describe("a sync", () => {
  it("takes every new batch, oldest first, and tells the day", async () => {
    const at = await setting()
    const result = await at.client.sync()
    expect(result).to.deep.equal({ is: "done", batches: 2, keys: 1, newDays: ["2020-05-08"] })
    expect((await at.client.status()).exposure.is).to.equal("exposed")
    const again = await at.client.sync({ force: true })
    expect(again).to.deep.equal({ is: "done", batches: 0, keys: 0, newDays: [] })
  })

  for (const [claim, code, lie, head = "stays"] of LIES)
    it(`refuses ${claim} as ${code}, keeps what it had, and ${head === "held" ? "holds the log to it" : "goes on when the server is good again"}`, async () => {
      const at = await setting()
      const good = { leaves: [...at.log.leaves], files: new Map(at.log.files), now: at.virtual.now, ...at.log.http }
      const before = await learnt(at)
      lie(at)
      const result = await at.client.sync()
      expect(codeOf(result)).to.equal(code)
      expect(result).to.include({ is: "failed", batches: 0 })
      const after = await learnt(at)
      if (head === "stays") expect(after).to.deep.equal(before)
      else expect((after as { cursor: number }[]).at(-1)!.cursor).to.equal(FIRST)
      expect((await at.client.status()).exposure).to.include({ is: "none" })

      at.log.leaves.splice(0, at.log.leaves.length, ...good.leaves)
      at.log.files.clear()
      for (const [path, file] of good.files) at.log.files.set(path, file)
      at.log.tamper = (_, file) => file
      at.log.http.send = good.send
      at.virtual.now = good.now
      const recovered = await at.client.sync({ force: true })
      expect(codeOf(recovered)).to.equal(head === "held" ? "log-inconsistent" : "done")
      if (recovered.is === "done") expect(recovered.newDays).to.deep.equal(["2020-05-08"])
    })

  it("keeps the batches before the one that failed, and resumes there", async () => {
    const at = await setting()
    at.log.tamper = only(batchPath(FIRST + 2), () => undefined)
    expect(await at.client.sync()).to.include({ is: "failed", batches: 1 })
    expect((await at.client.status()).exposure.is).to.equal("exposed")
    at.log.tamper = (_, file) => file
    at.log.requests.length = 0
    expect(await at.client.sync({ force: true })).to.include({ is: "done", batches: 1 })
    expect(at.log.requests.map(({ url }) => url).filter(url => url.includes("batches"))).to.have.length(1)
  })

  it("which files a phone asks for depends on the log and its cursor alone", async () => {
    const asked = async (hears: boolean) => {
      const at = await setting()
      if (hears) at.hearSomebody()
      at.log.requests.length = 0
      await at.client.sync()
      return at.log.requests.map(({ method, url, headers }) => ({ method, url, headers }))
    }
    expect(await asked(true)).to.deep.equal(await asked(false))
  })

  it("waits for its interval, and after failures longer and longer, but not when it is forced", async () => {
    const at = await setting()
    await at.client.sync()
    expect(await at.client.sync()).to.deep.equal({
      is: "skipped",
      why: "too-soon",
      until: (at.virtual.now + 7200) * 1000,
    })
    at.virtual.now += 7200
    at.log.tamper = () => undefined
    const waits: number[] = []
    for (let n = 0; n < 9; n++) {
      const result = await at.client.sync({ force: true })
      const { notBefore } = (result as Extract<SyncResult, { is: "failed" }>).error
      waits.push(notBefore! / 1000 - at.virtual.now)
      expect(await at.client.sync()).to.include({ is: "skipped", until: notBefore })
    }
    waits.forEach((wait, n) => {
      const longest = Math.min(60 * 2 ** n, 4 * 3600)
      expect(wait).to.be.within(longest / 2, longest)
    })
    expect((await at.client.status()).next.sync).to.equal((at.virtual.now + waits.at(-1)!) * 1000)
  })

  it("runs once at a time", async () => {
    const at = await setting()
    const [first, second] = await Promise.all([at.client.sync(), at.client.sync()])
    expect([first.is, second]).to.deep.equal(["done", { is: "skipped", why: "running" }])
  })

  it("ends when its caller gives up, keeps what is done, and does not count that as a failure", async () => {
    const at = await setting()
    const signal = { ...never }
    at.log.tamper = (path, file) => {
      if (path === batchPath(FIRST + 2)) signal.aborted = true
      return file
    }
    const stopped = await at.client.sync({ signal })
    expect(codeOf(stopped)).to.equal("aborted")
    expect(stopped).to.include({ is: "failed", batches: 1 })
    expect(await at.client.sync()).to.include({ is: "done", batches: 1 })
  })

  it("a wrong clock is an impediment until a sync has succeeded", async () => {
    const at = await setting()
    at.virtual.now = startOf(FIRST - 3)
    expect(codeOf(await at.client.sync())).to.equal("clock-skew")
    const { tracing } = await at.client.status()
    expect(tracing.is === "limited" && tracing.by.map(({ code, userCan }) => [code, userCan])).to.deep.equal([
      ["clock-wrong", "fix-clock"],
    ])
    at.virtual.now = startOf(FIRST + 3) + 60
    expect(codeOf(await at.client.sync({ force: true }))).to.equal("done")
    expect((await at.client.status()).tracing.is).to.equal("on")
  })

  it("a clock that is set back neither stops syncing nor makes a replay count", async () => {
    const at = await setting()
    await at.client.sync()
    // What has been published is replayed to a phone whose clock says it has not.
    const matched = await dump(at.store, "x")
    at.virtual.now = startOf(FIRST + 1) + 60
    at.hearSomebody()
    at.virtual.now = startOf(FIRST + 4) + 60
    at.log.addBatch(FIRST + 3, at.log.batch(FIRST + 3, new Map([[HEARD, [SECRET]]])))
    at.log.publish(FIRST + 3)
    expect(await at.client.sync()).to.include({ is: "done", batches: 1 })
    const after = await dump(at.store, "x")
    expect(after).to.have.length(matched.length)
  })
})
