import { expect } from "chai"
import fc from "fast-check"
import { concat, hex } from "../../src/crypto/index.ts"
import { between, fraction, normal, seededDice } from "../../src/simulator/index.ts"

describe("simulator/dice", () => {
  it("the bytes of seed 7 are H(label ‖ H(seed) ‖ u64 i), block after block", () => {
    // sha256(b"lindung/simulator/dice/1" + sha256(b"7").digest() + i.to_bytes(8, "big")) in Python, i = 0, 1
    expect(hex(seededDice(7).bytes(64))).to.equal(
      "9c19537ebdf85ff14b7323d17d9354c1c71ba9cb2772bd0bb9df4e88814c0407" +
        "efacfcdb55edad46be3dfe595d176b511afd2b3458c426c705bad8e521015967",
    )
    expect(hex(seededDice("7").bytes(8))).to.equal(hex(seededDice(7).bytes(8)))
  })

  it("the same bytes come out however they are asked for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), fc.array(fc.nat(70), { maxLength: 8 }), (seed, parts) => {
        const dice = seededDice(seed)
        const total = parts.reduce((sum, n) => sum + n, 0)
        expect(hex(concat(...parts.map(n => dice.bytes(n))))).to.equal(hex(seededDice(seed).bytes(total)))
      }),
    )
  })

  it("a caller may change the bytes without changing what follows", () => {
    const dice = seededDice(1)
    dice.bytes(8).fill(0)
    expect(hex(dice.bytes(8))).to.equal(hex(seededDice(1).bytes(16).subarray(8)))
  })

  it("a fraction is the first 48 bits, most significant first", () => {
    expect(fraction(seededDice(7))).to.equal(0x9c19537ebdf8 / 2 ** 48)
    expect(fraction({ bytes: n => new Uint8Array(n).fill(255) })).to.be.below(1)
    expect(fraction({ bytes: n => new Uint8Array(n) })).to.equal(0)
  })

  it("between stays between", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: -1000, max: 1000 }), fc.nat(1000), (seed, low, width) => {
        expect(between(seededDice(seed), low, low + width)).to.be.within(low, low + width)
      }),
    )
  })

  it("normal values have mean 0, variance 1 and the tails of a normal", () => {
    const dice = seededDice("normal")
    const values = Array.from({ length: 20_000 }, () => normal(dice))
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length
    expect(mean).to.be.closeTo(0, 0.03)
    expect(values.reduce((sum, x) => sum + x * x, 0) / values.length).to.be.closeTo(1, 0.04)
    expect(values.filter(x => Math.abs(x) > 1.96).length / values.length).to.be.closeTo(0.05, 0.006)
    expect(normal({ bytes: n => new Uint8Array(n).fill(255) })).to.satisfy(Number.isFinite)
  })

  it("refuses a count that is none, and a seed outside ASCII", () => {
    for (const n of [-1, 1.5, Number.NaN]) expect(() => seededDice(1).bytes(n)).to.throw(RangeError, "count of bytes")
    expect(() => seededDice("schlüssel")).to.throw(RangeError, "ASCII")
  })
})
