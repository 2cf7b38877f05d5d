import { expect } from "chai"
import { workerMatcher } from "../../../src/client/node/index.ts"
import { cases, scene, sorted } from "../../crypto/kernel/world.ts"

describe("the matcher over worker threads", () => {
  const matcher = workerMatcher({ workers: 2 })
  after(() => matcher.close())

  for (const design of cases)
    it(`finds the candidates of the definition: ${design.name}`, async () => {
      const { keys, heard } = scene(design, 11, 700, 400)
      const search = await matcher.search(design.design, heard)
      const parts: number[] = []
      const found = await search.match(keys, { progress: part => parts.push(part) })
      expect(found).to.have.length.above(20)
      expect(sorted(found ?? [])).to.deep.equal(sorted(design.definition(keys, heard)))
      expect(parts).to.deep.equal([...parts].sort((a, b) => a - b))
      expect(parts.at(-1)).to.equal(1)
      await search.close()
    })

  it("takes an empty batch", async () => {
    const { keys, heard } = scene(cases[0]!, 12, 0, 10)
    const search = await matcher.search("low-cost", heard)
    expect(await search.match(keys)).to.deep.equal([])
  })

  it("ends without a result when it is cancelled, and can be used again", async () => {
    const { keys, heard } = scene(cases[0]!, 13, 300, 100)
    const search = await matcher.search("low-cost", heard)
    expect(await search.match(keys, { cancelled: () => true })).to.equal(undefined)
    expect(await search.match(keys)).to.have.length.above(5)
  })

  it("refuses a batch whose columns do not fit together", async () => {
    const { keys, heard } = scene(cases[0]!, 14, 3, 10)
    const search = await matcher.search("low-cost", heard)
    const error = await search.match({ ...keys, last: keys.last.subarray(1) }).catch((e: unknown) => e)
    expect(error).to.be.instanceOf(RangeError)
  })

  it("refuses observations whose columns do not fit together", async () => {
    const { heard } = scene(cases[0]!, 15, 3, 10)
    const error = await matcher
      .search("low-cost", { ...heard, times: heard.times.subarray(1) })
      .catch((e: unknown) => e)
    expect(error).to.be.instanceOf(RangeError)
  })

  it("rejects what is asked of it after it was closed", async () => {
    const closed = workerMatcher({ workers: 1 })
    await closed.close()
    const { heard } = scene(cases[0]!, 16, 0, 1)
    expect(await closed.search("low-cost", heard).catch((e: unknown) => e)).to.be.instanceOf(Error)
  })

  it("refuses a number of threads that is not one", () => {
    expect(() => workerMatcher({ workers: 0 })).to.throw(RangeError)
    expect(() => workerMatcher({ workers: 1.5 })).to.throw(RangeError)
  })
})
