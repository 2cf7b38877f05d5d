import { expect } from "chai"
import fc from "fast-check"
import { code } from "../../src/crypto/index.ts"
import { scripted, seeded } from "./draws.ts"

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const values = fc.array(fc.nat(31), { minLength: 13, maxLength: 13 })
const anyCode = values.map(draws => code.generate(scripted(...draws)))

/** a·b in GF(2⁵) modulo x⁵ + x² + 1, by schoolbook multiplication and division. */
function times(a: number, b: number): number {
  let product = 0
  for (let bit = 0; bit < 5; bit++) if ((b >> bit) & 1) product ^= a << bit
  for (let bit = 8; bit >= 5; bit--) if ((product >> bit) & 1) product ^= 0b100101 << (bit - 5)
  return product
}
const alpha = (exponent: number): number => (exponent === 0 ? 1 : times(2, alpha(exponent - 1)))

const replaced = (text: string, place: number, symbol: string): string =>
  text.slice(0, place) + symbol + text.slice(place + 1)

describe("crypto/code", () => {
  it("a code is 13 drawn symbols and the one that makes Σ αⁱ·cᵢ zero", () => {
    fc.assert(
      fc.property(values, draws => {
        const made = code.generate(scripted(...draws))
        expect(made).to.have.length(14)
        expect(made.slice(0, 13)).to.equal(draws.map(value => CROCKFORD[value]).join(""))
        const sum = [...made].reduce((total, symbol, i) => total ^ times(alpha(i), CROCKFORD.indexOf(symbol)), 0)
        expect(sum).to.equal(0)
      }),
    )
  })

  it("codes worked out by hand come out", () => {
    // All zero; and a single 1 at place 0: α¹³·c = 1, and α¹⁸ = 3 = "3".
    expect(code.generate(scripted(...new Array(13).fill(0)))).to.equal("00000000000000")
    expect(alpha(18)).to.equal(3)
    expect(code.generate(scripted(1, ...new Array(12).fill(0)))).to.equal("10000000000003")
  })

  it("every symbol of a code takes each of the 32 values", () => {
    const source = seeded("codes")
    const seen = Array.from({ length: 14 }, () => new Set<string>())
    for (let i = 0; i < 400; i++)
      for (const [place, symbol] of [...code.generate(source)].entries()) seen[place]!.add(symbol)
    for (const symbols of seen) expect([...symbols].sort().join("")).to.equal(CROCKFORD)
    expect(code.ALPHABET).to.equal(CROCKFORD)
  })

  it("what was generated parses to itself, and so does what was grouped", () => {
    fc.assert(
      fc.property(anyCode, made => {
        expect(code.parse(made)).to.equal(made)
        expect(code.group(made)).to.match(/^.{5}-.{5}-.{4}$/)
        expect(code.group(made).replaceAll("-", "")).to.equal(made)
        expect(code.parse(code.group(made))).to.equal(made)
      }),
    )
  })

  it("every single wrong symbol is caught, at each place and for each of the 31 others", () => {
    fc.assert(
      fc.property(anyCode, made => {
        for (let place = 0; place < 14; place++)
          for (const symbol of CROCKFORD)
            if (symbol !== made[place]) expect(code.parse(replaced(made, place, symbol))).to.equal(undefined)
      }),
      { numRuns: 30 },
    )
  })

  it("every swap of two unlike neighbours is caught", () => {
    fc.assert(
      fc.property(anyCode, made => {
        for (let place = 0; place < 13; place++) {
          const swapped = made.slice(0, place) + made[place + 1]! + made[place]! + made.slice(place + 2)
          expect(code.parse(swapped)).to.equal(swapped === made ? made : undefined)
        }
      }),
    )
  })

  it("small letters, look-alikes, spaces and hyphens are taken as meant", () => {
    const spellings: Record<string, string[]> = { "0": ["0", "O", "o"], "1": ["1", "I", "i", "L", "l"] }
    const gaps = fc.constantFrom(
      "",
      "",
      "",
      " ",
      "-",
      "\t",
      "\u00a0",
      "\u00ad",
      "\u2010",
      "\u2011",
      "\u2013",
      "\u2014",
      "\u2015",
    )
    const choices = fc.array(fc.tuple(fc.nat(4), gaps), { minLength: 14, maxLength: 14 })
    fc.assert(
      fc.property(fc.oneof(anyCode, fc.constant("10000000000003")), choices, (made, chosen) => {
        const typed = [...made]
          .map((symbol, i) => {
            const ways = spellings[symbol] ?? [symbol, symbol.toLowerCase()]
            return ways[chosen[i]![0] % ways.length]! + chosen[i]![1]
          })
          .join("")
        expect(code.parse(typed)).to.equal(made)
      }),
    )
  })

  it("a foreign symbol is never taken for one of the 32", () => {
    const foreign = [..."Uu!?*~$=_.,:;/+@#", "\u2212", "\u0660", "\uff11", "\u{1d7d8}"]
    fc.assert(
      fc.property(anyCode, fc.nat(13), (made, place) => {
        for (const symbol of foreign) expect(code.parse(replaced(made, place, symbol))).to.equal(undefined)
      }),
      { numRuns: 20 },
    )
    // Fourteen symbols that would sum to zero if the foreign ones counted nothing.
    expect(code.parse("UUUUUUUUUUUUUU")).to.equal(undefined)
    expect(code.parse("0000000000000*")).to.equal(undefined)
  })

  it("a symbol too few or too many is no code, even where the sum is zero", () => {
    for (let length = 0; length <= 40; length++)
      expect(code.parse("0".repeat(length))).to.equal(length === 14 ? "0".repeat(14) : undefined)
    // Fourteen UTF-16 units that are thirteen symbols.
    expect(code.parse(`${"0".repeat(12)}\u{1d7d8}`)).to.equal(undefined)
  })

  it("what is no string is refused under its name", () => {
    for (const input of [undefined, null, 14, ["0"]] as unknown as string[]) {
      expect(() => code.parse(input)).to.throw(
        TypeError,
        /^typed: expected a string, got (undefined|null|number|Array)$/,
      )
      expect(() => code.group(input)).to.throw(
        TypeError,
        /^code: expected a string, got (undefined|null|number|Array)$/,
      )
    }
  })
})
