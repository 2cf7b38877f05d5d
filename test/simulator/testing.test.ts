import { expect } from "chai"
import { hex, sha256 } from "../../src/crypto/index.ts"
import { Crash, type Exchange, surviving, type World, world } from "../../src/simulator/testing.ts"
import { CONFIG } from "../client/config.ts"

const START = "2020-05-08"
const config = { ...CONFIG, sync: { minIntervalHours: 6 }, cover: { meanDays: 1, catchUpHours: 48 } } as const

/** The example of the documentation: anna meets ben, reports on the next day, and ben dies now and then. */
async function story(seed: number, dies = false): Promise<{ w: World; exposure: string; wire: readonly Exchange[] }> {
  const w = world({ seed, start: START, config })
  const anna = await w.device("anna")
  const ben = await w.device("ben")
  w.near("anna", "ben", { minutes: 20, attenuation: minute => 50 + minute / 10 })
  await w.advance({ days: 1 })
  const draft = await anna.prepareReport({
    onset: START,
    proof: await w.confirm("anna", START),
    consent: { to: "health authority", at: w.now },
  })
  await draft.submit()
  if (dies) w.crash("ben", "any-write")
  await w.advance({ days: 1 })
  const { exposure } = await surviving(() => ben.status())
  const wire = w.wire()
  await w.close()
  return { w, exposure: exposure.is, wire }
}

const digest = (wire: readonly Exchange[]): string =>
  hex(
    sha256(
      ...wire.flatMap(({ from, at, method, url, body }) => [Buffer.from(`${from} ${at} ${method} ${url}\n`), body]),
    ),
  )

describe("a world", () => {
  it("is told by its seed: the same bytes on the wire for the same seed, others for another", async () => {
    const [first, again, other] = [await story(7), await story(7), await story(8)]
    expect(first.exposure).to.equal("exposed")
    expect(first.wire.filter(({ method }) => method === "POST").length).to.be.greaterThan(2)
    expect(digest(again.wire)).to.equal(digest(first.wire))
    expect(digest(other.wire)).not.to.equal(digest(first.wire))
  })

  it("goes forward only, also where a phone pauses beyond the moment it is advanced to", async () => {
    const opened = async () => {
      const w = world({ seed: 3, start: START, config })
      await w.device("anna")
      return w
    }
    const first = await opened()
    await first.advance({ days: 3 })
    const times = first.wire().map(({ at }) => at)
    await first.close()
    // In the middle of its work a phone pauses for some seconds.
    const upload = times.find((at, i) => i > 0 && at - times[i - 1]! > 1500 && at - times[i - 1]! < 10_000)!
    expect(upload).to.be.above(0)
    const w = await opened()
    await w.advance({ minutes: (upload - w.now) / 60_000 - 1 / 60 })
    expect(w.wire().at(-1)!.at).to.be.at.least(upload)
    expect(w.now, "nothing was sent in the future").to.be.at.least(w.wire().at(-1)!.at)
    await w.advance({ days: 1 })
    const sent = w.wire().map(({ at }) => at)
    expect(sent).to.deep.equal([...sent].sort((one, other) => one - other))
    await w.close()
  })

  it("a phone that dies at every write of all it does is warned all the same", async () => {
    expect((await story(7, true)).exposure).to.equal("exposed")
  })

  it("a call that kills the phone says so, and the handle goes on with the one that was started again", async () => {
    const w = world({ seed: 1, start: START, config })
    const anna = await w.device("anna")
    w.crash("anna", 0)
    expect(await anna.sync({ force: true }).catch(error => error)).to.be.instanceOf(Crash)
    expect((await anna.status()).tracing.is).to.equal("on")
    expect((await anna.sync({ force: true })).is).to.equal("done")
    await w.close()
  })

  it("near by a wall, or for five minutes, is no contact", async () => {
    const w = world({ seed: 1, start: START, config })
    const [anna, ben] = [await w.device("anna"), await w.device("ben")]
    w.near("anna", "ben", { minutes: 5, attenuation: 40 })
    await w.advance({ hours: 1 })
    w.near("anna", "ben", { minutes: 120, attenuation: 75 })
    await w.advance({ hours: 11 })
    const proof = await w.confirm("anna", START)
    await (await anna.prepareReport({ onset: START, proof, consent: { to: "x", at: w.now } })).submit()
    await w.advance({ hours: 12 })
    expect((await ben.status()).exposure.is).to.equal("none")
    expect((await ben.explain(START)).score).to.be.within(5, 10)
    await w.close()
  })

  it("refuses what cannot be", async () => {
    expect(() => world({ seed: 1, start: "2020-02-30", config })).to.throw(RangeError, /start/)
    const w = world({ seed: 1, start: START, config })
    await w.device("anna")
    expect(await w.device("anna").catch(error => error.message)).to.match(/there is a anna already/)
    expect(() => w.near("anna", "ben", { minutes: 1, attenuation: 1 })).to.throw(RangeError, /no ben/)
    expect(() => w.near("anna", "anna", { minutes: 0, attenuation: 1 })).to.throw(RangeError, /minutes/)
    expect(await w.confirm("anna", "2020-05-09").catch(error => error.name)).to.equal("RangeError")
    expect(await w.advance({ hours: -1 }).catch(error => error.name)).to.equal("RangeError")
    await w.close()
  })
})
