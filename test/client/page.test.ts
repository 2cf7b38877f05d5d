import { expect } from "chai"
import fc from "fast-check"
import { groupOf, isOf } from "../../src/client/store/groups.ts"
import { Page } from "../../src/client/store/page.ts"

const text = (bytes: Uint8Array): string => [...bytes].join(".")
const order = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b)
const key = fc.uint8Array({ minLength: 1, maxLength: 4, max: 3 })
const value = fc.uint8Array({ maxLength: 5 })
const changes = fc
  .array(fc.record({ key, value: fc.option(value, { nil: undefined }) }), { maxLength: 12 })
  .map(list => [...new Map(list.map(one => [text(one.key), one])).values()].sort((a, b) => order(a.key, b.key)))

const asMap = (page: Page): [string, string][] =>
  Array.from({ length: page.size }, (_, i) => [text(page.key(i)), text(page.value(i))])

describe("a page", () => {
  it("after any changes holds what a map holds after them, in order, and so do its bytes", () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 5 }), rounds => {
        const model = new Map<string, string>()
        let page = Page.empty()
        for (const round of rounds) {
          page = page.changed(round)
          for (const one of round)
            if (one.value === undefined) model.delete(text(one.key))
            else model.set(text(one.key), text(one.value))
          const padded = new Uint8Array(page.plain.length + 7)
          padded.set(page.plain)
          for (const one of [page, Page.parse(padded)]) {
            expect(new Map(asMap(one))).to.deep.equal(model)
            expect(asMap(one).map(([name]) => name)).to.deep.equal(
              [...model.keys()].sort((a, b) =>
                order(Buffer.from(a.split(".").map(Number)), Buffer.from(b.split(".").map(Number))),
              ),
            )
            for (const { key } of round) expect(one.get(key) && text(one.get(key)!)).to.equal(model.get(text(key)))
          }
        }
      }),
    )
  })

  it("whose bytes lie in another order is read in the right one", () => {
    const bytes = (...parts: number[][]) => Uint8Array.from(parts.flat())
    const [second, first] = [
      [0, 1, 9, 0, 0, 0, 1, 90],
      [0, 1, 8, 0, 0, 0, 2, 80, 81],
    ]
    const page = Page.parse(bytes([0, 0, 0, 2], second, first))
    expect(asMap(page)).to.deep.equal([
      ["8", "80.81"],
      ["9", "90"],
    ])
  })

  it("that ends before its entries do is refused, and so is one that claims more than it has", () => {
    const { plain } = Page.of([{ key: Uint8Array.of(1), value: new Uint8Array(9) }])
    for (let length = 0; length < plain.length; length++)
      expect(() => Page.parse(plain.slice(0, length)), `${length} bytes`).to.throw("stored page")
    expect(() => Page.parse(Uint8Array.of(255, 255, 255, 255))).to.throw("more entries than bytes")
  })

  it("holds the keys of one group: whether a key belongs to it is whether the name is that of its group", () => {
    const letters = fc.constantFrom(..."fxom".split("").map(letter => letter.charCodeAt(0)))
    const any = fc
      .tuple(letters, fc.uint8Array({ maxLength: 16, max: 1 }))
      .map(([a, rest]) => Uint8Array.of(a, ...rest))
    fc.assert(
      fc.property(any, any, (one, other) => {
        expect(isOf(groupOf(one), one)).to.equal(true)
        expect(isOf(groupOf(other), one)).to.equal(text(groupOf(other)) === text(groupOf(one)))
      }),
      { numRuns: 1000 },
    )
  })
})
