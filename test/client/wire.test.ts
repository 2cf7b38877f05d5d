import { expect } from "chai"
import { action, distance, type Kind } from "./wire.ts"

const KINDS: readonly Kind[] = ["report", "wrong code", "cover"]

describe("an action on the wire", () => {
  it("is the same requests in the same order with the same headers and lengths, whatever it is for", async () => {
    const [report, ...others] = await Promise.all(KINDS.map(kind => action(kind, 1, { writeSeconds: 0 })))
    expect(report!.requests).to.have.length(3)
    for (const other of others) expect(other.requests).to.deep.equal(report!.requests)
  })

  it("pauses 2 to 5 seconds between its first two requests, however long the phone works in between", async () => {
    for (const kind of KINDS)
      for (let seed = 0; seed < 4; seed++) {
        const { pause, buckets } = await action(kind, seed, { writeSeconds: 0.9 })
        expect(pause, kind).to.be.within(2, 5)
        expect(buckets).to.equal(2)
      }
  })
})

describe("the distance of two distributions", () => {
  it("is that of Kolmogorov and Smirnov", () => {
    expect(distance([1, 2, 3], [1, 2, 3])).to.equal(0)
    expect(distance([1, 1], [2, 2])).to.be.closeTo(1, 1e-12)
    expect(distance([1, 2, 3, 4], [3, 4, 5, 6])).to.be.closeTo(0.5 / Math.sqrt(0.5), 1e-12)
  })
})
