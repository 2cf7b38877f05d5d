import { expect } from "chai"
import { defaultParameters, encodeParameters, parseParameters } from "../../src/protocol/index.ts"

it("the default parameter set is canonical and inside the bounds that phones pin", () => {
  const parameters = defaultParameters(1000, ["low-cost", "hybrid"])
  expect(parseParameters(encodeParameters(parameters))).to.deep.equal(parameters)
})
