import { expect } from "chai"
import { hex, lowCost } from "../src/crypto/index.ts"

it("the published EphID of the all-zero day key comes out", () => {
  expect(hex(lowCost.ephIds(new Uint8Array(32))[0]!)).to.equal("eb0958c011492732c59e3ed2a5eef01d")
})
