import { expect } from "chai"
import { ATTACKS, seededDice } from "../../src/simulator/index.ts"

/** Carries out an attack and holds each number against the one that arithmetic gives. */
export function gains(name: string, tolerance: number): void {
  const attack = ATTACKS.find(one => one.name === name)!
  for (const { design = "all", quantity, measured, expected } of attack.run(seededDice(`test/${name}`)))
    expect(measured, `${design}: ${quantity}`).to.be.closeTo(expected!, tolerance)
}
