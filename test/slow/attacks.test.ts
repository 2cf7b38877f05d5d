import { expect } from "chai"
import { ATTACKS, seededDice } from "../../src/simulator/index.ts"
import { gains } from "../simulator/attacks.ts"

describe("an attack on what can only be counted gains what arithmetic says", () => {
  it("an upload is a report as rarely as reports are among cover", () => gains("traffic-cover", 0.002))
  it("cover does not hide a report that was to be expected at this moment", () => gains("traffic-call", 0.01))
  it("the size of a batch hardly tells whether one person reported", () => {
    // Four standard deviations of 300 batches of each kind.
    for (const { design, measured, expected } of ATTACKS.find(({ name }) => name === "padding")!.run(seededDice(1)))
      expect(measured, design).to.be.within(0.4, expected! + 0.095)
  })
})
