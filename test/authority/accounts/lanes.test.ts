import { expect } from "chai"
import { lanes } from "../../../src/authority/accounts/lanes.ts"

/** Work that ends when it is told to. */
function work() {
  const ends: (() => void)[] = []
  const started: string[] = []
  const run = (name: string) => () => {
    started.push(name)
    return new Promise<void>(end => ends.push(end))
  }
  const settle = async () => {
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }
  return { ends, started, run, settle }
}

describe("work that is expensive", () => {
  it("runs two at a time, whoever asks, and who is known comes before strangers", async () => {
    const { ends, started, run, settle } = work()
    const inLane = lanes({ running: 2, waiting: 10 })
    const all = [
      ...["s1", "s2", "s3"].map(name => inLane("unknown", run(name))),
      inLane("key", run("k1")),
      inLane("known", run("n1")),
    ]
    await settle()
    expect(started).to.deep.equal(["s1", "s2"])
    for (let i = 0; i < 5; i++) {
      ends[i]?.()
      await settle()
    }
    expect(started).to.deep.equal(["s1", "s2", "n1", "k1", "s3"])
    await Promise.all(all)
  })

  it("a flood fills its own lane alone, and is refused at once", async () => {
    const { ends, run, settle } = work()
    const inLane = lanes({ running: 1, waiting: 3 })
    const flood = Array.from({ length: 10 }, (_, i) =>
      inLane("unknown", run(String(i))).then(
        () => "done",
        error => error.code,
      ),
    )
    const known = inLane("known", run("known"))
    await settle()
    for (let i = 0; i < 5; i++) {
      ends[i]?.()
      await settle()
    }
    await known
    expect(await Promise.all(flood)).to.deep.equal([...Array(4).fill("done"), ...Array(6).fill("busy")])
  })

  it("work that fails gives its place back", async () => {
    const inLane = lanes({ running: 1, waiting: 1 })
    for (let i = 0; i < 3; i++)
      expect(await inLane("key", () => Promise.reject(new Error("no"))).catch(error => error.message)).to.equal("no")
    expect(await inLane("key", async () => 7)).to.equal(7)
  })
})
