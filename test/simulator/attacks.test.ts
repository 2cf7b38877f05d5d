import { expect } from "chai"
import { ATTACKS, seededDice } from "../../src/simulator/index.ts"
import { gains } from "./attacks.ts"

describe("an attack gains what arithmetic says", () => {
  it("a published secret links the identifiers of its slot, or of its chain, and no others", () => gains("linking", 0))
  it("a replayed identifier counts until its slot ends, or for the tolerance", () => gains("replay", 0))
  it("many people relayed at once make no minute longer", () => gains("relay", 0))
  it("three pictures leave one person exactly where the three identifiers are linked", () => gains("paparazzi", 0.02))
  it("after a week off a third of the phones upload, once", () => gains("overdue", 0.04))
  it("guessing codes and filters stays below a chance in a thousand, and below a thousand matches", () => {
    const measured = (name: string) => ATTACKS.find(one => one.name === name)!.run(seededDice(1))[0]!.measured
    expect(measured("guessing")).to.be.within(1e-6, 1e-3)
    expect(measured("false-positives")).to.be.within(100, 1000)
  })
  it("each has a name and a number of its own, ascending", () => {
    const numbers = ATTACKS.map(({ number }) => number)
    expect(numbers).to.deep.equal([...new Set(numbers)].sort((a, b) => a - b))
    expect(new Set(ATTACKS.map(({ name }) => name)).size).to.equal(ATTACKS.length)
  })
})
