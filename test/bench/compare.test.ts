import { readFileSync } from "node:fs"
import { expect } from "chai"
import { compare, type First, SLOWER } from "../../bench/all/compare.ts"

const first = (more: Partial<First> = {}): First => ({
  bench: "log",
  table: 0,
  row: [168, 0],
  column: "cpu",
  value: 5,
  page: "docs/reproducing.md",
  ...more,
})
const measured = (...rows: (string | number)[][]) => [
  { bench: "log", tables: [{ title: "", columns: ["leaves", "witnesses", "cpu"], rows }] },
]

describe("a figure beside the one that was first recorded", () => {
  it("is of the row that begins in the same way, and of the column of that name", () => {
    const [one] = compare([first()], measured([168, 1, 9], [168, 0, 10]))
    expect(one).to.include({ first: 5, now: 10, times: 2 })
  })

  it("is the least of its columns where it has several", () => {
    const columns = first({ column: ["witnesses", "cpu"], row: [168] })
    expect(compare([columns], measured([168, 7, 10]))[0]).to.include({ now: 7 })
  })

  it("counts how many times as slow, also where more is better", () => {
    const [one] = compare([first({ better: "more" })], measured([168, 0, 2]))
    expect(one!.times).to.equal(2.5).and.to.be.above(SLOWER)
  })

  it("is said to be gone where the bench ran without it, and never a number that compares as false", () => {
    for (const lost of [first({ row: [999, 0] }), first({ column: "wall" }), first({ table: 3 })]) {
      const [one] = compare([lost], measured([168, 0, 10]))
      expect(one).to.include({ now: undefined, times: undefined })
    }
  })

  it("is left out where its bench, or the data it is measured on, was not there", () => {
    expect(compare([first({ bench: "match" }), first({ row: [999], needs: "data" })], measured([168, 0, 10]))).to.be
      .empty
  })

  it("has a page that exists", () => {
    const recorded = JSON.parse(readFileSync("bench/first.json", "utf8")) as First[]
    expect(recorded).not.to.be.empty
    for (const { page, value } of recorded) {
      expect(readFileSync(page, "utf8")).to.include("npm run bench")
      expect(value).to.be.above(0)
    }
  })
})
