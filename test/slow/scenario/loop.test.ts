import { expect } from "chai"
import { wholeLoop } from "../../scenario/whole-loop.ts"

describe("the whole loop over real HTTP and files, of three designs", () => {
  const told = wholeLoop(["hybrid", "low-cost", "unlinkable"])

  describe("of all of them", () => {
    it("warns the same people, of the same minutes", () => {
      const [one, ...others] = [...told.values()]
      expect(others).to.have.length(2)
      for (const other of others) expect(other).to.deep.equal(one)
    })
  })
})
