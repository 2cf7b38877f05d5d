import { expect } from "chai"
import { ATTACKS, seededDice } from "../../src/simulator/index.ts"
import { gains } from "../simulator/attacks.ts"

const padding = () => ATTACKS.find(({ name }) => name === "padding")!.run(seededDice(1))

describe("an attack on what can only be counted gains what arithmetic says", () => {
  it("an upload is a report as rarely as reports are among cover", () => gains("traffic-cover", 0.002))
  it("cover does not hide a report that was to be expected at this moment", () => gains("traffic-call", 0.01))
  it("the size of a batch hardly tells whether one person reported", () => {
    // Four standard deviations of 300 batches of each kind.
    for (const { design, measured, expected } of padding().slice(0, 2))
      expect(measured, design).to.be.within(0.4, expected! + 0.095)
  })
  it("a report of all 14 days shows in the size: by 1/21 where it is one entry, by a fifth where it is many", () => {
    const [lowCost, unlinkable, hybrid, gaen] = padding().slice(2)
    expect(lowCost!.measured).to.be.closeTo(1 / 21, 1e-8)
    // 200,000 batches of each kind, drawn one by one, gave 0.202 for both, of which the sampling itself adds some 0.004.
    expect(unlinkable!.measured).to.be.closeTo(0.202, 0.02)
    expect(hybrid!.measured).to.be.closeTo(0.202, 0.02)
    expect(gaen!.measured).to.be.within(1 / 21, 0.3)
  })
})
