import { expect } from "chai"
import { hex } from "../../src/crypto/index.ts"
import {
  DESIGNS,
  defaultParameters,
  designByName,
  drawPadding,
  paddingSizes,
  slotAt,
  slotStart,
} from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { vectors } from "./vectors.ts"

const parameters = defaultParameters(0, ["low-cost", "unlinkable", "hybrid"])
const SECONDS = 7200
/** The last bucket of a day, for which the mean of the profile is stated. */
const LAST_OF_DAY = 12 * 20_000 + 11

// The keys of an archive have a padding of their own: test/protocol/archive-batch.test.ts.
for (const design of DESIGNS.filter(({ publishes }) => publishes !== "archive"))
  describe(`padding of the ${design.name} design`, () => {
    it("has the public sizes of the vector, ascending by a quarter", () => {
      const sizes = paddingSizes(design.name, parameters.paddingProfile, 20, parameters)
      expect(sizes).to.deep.equal(vectors.parameters_set.set.paddingSizes[design.name])
      expect(sizes).to.deep.equal(parameters.paddingSizes[design.name])
      expect(sizes[0]).to.equal(Math.ceil(20 * vectors.parameters_set.mean_entries[design.name]!))
      for (const [i, size] of sizes.entries()) {
        if (i === 0) continue
        expect(size).to.be.greaterThan(sizes[i - 1]!)
        expect(size / sizes[i - 1]!).to.be.within(1.2, 1.3)
      }
    })

    it("never lies after the bucket's end, nor more than thirteen days before its day, nor twice in a slot", () => {
      const dice = seeded(1)
      for (let bucket = LAST_OF_DAY - 12; bucket <= LAST_OF_DAY; bucket++) {
        const end = (bucket + 1) * SECONDS
        const firstDay = Math.floor((end - 1) / 86_400) - 13
        for (let i = 0; i < 6; i++) {
          const entries = drawPadding(design, bucket, parameters, dice)
          expect(new Set(entries.map(({ slot }) => slot)).size).to.equal(entries.length)
          for (const { slot, entry } of entries) {
            expect(slotStart(design, slot, parameters)).to.be.below(end)
            expect(slot).to.be.at.least(slotAt(design, firstDay * 86_400, parameters))
            expect(entry).to.have.length(design.secretBytes)
          }
        }
      }
    })

    it("reveals as many slots as a report may, and never one entry twice", () => {
      const dice = seeded(2)
      const all = Array.from({ length: 200 }, () => drawPadding(design, LAST_OF_DAY, parameters, dice))
      if (design.reveals === "one") for (const entries of all) expect(entries).to.have.length(1)
      const made = all.flat().map(({ entry }) => hex(entry))
      expect(new Set(made).size).to.equal(made.length)
    })

    it("has the mean that its sizes are counted from", () => {
      const dice = seeded(3)
      const draws = 800
      let entries = 0
      for (let i = 0; i < draws; i++) entries += drawPadding(design, LAST_OF_DAY, parameters, dice).length
      const expected = vectors.parameters_set.mean_entries[design.name]!
      // Four standard errors: the number of days makes entries deviate by about 0.6 of their mean.
      expect(Math.abs(entries / draws - expected)).to.be.at.most(design.reveals === "one" ? 0 : 0.085 * expected)
    })

    it("follows the profile's days and hours", () => {
      const only = (length: number, at: number, weight = 1) => Array.from({ length }, (_, i) => (i === at ? weight : 0))
      const paddingProfile = {
        firstDayAge: only(14, 3),
        revealedByHour: only(24, 8, 1000),
        nightStartHour: only(24, 22),
        nightHours: [1],
      }
      const bucket = LAST_OF_DAY
      const entries = drawPadding(design, bucket, { ...parameters, paddingProfile }, seeded(4))
      const day = Math.floor((bucket * SECONDS) / 86_400)
      // One window begins at eight, or four epochs in the hour after it.
      const eight = (on: number) =>
        Array.from(
          { length: Math.max(1, 3600 / design.slotSeconds(parameters)) },
          (_, i) => on * 86_400 + 8 * 3600 + 900 * i,
        )
      const starts = entries.map(({ slot }) => slotStart(design, slot, parameters))
      const hours = design.reveals === "one" ? [(day - 3) * 86_400] : [3, 2, 1, 0].flatMap(ago => eight(day - ago))
      expect(starts).to.deep.equal(hours)
    })
  })

it("padding is redacted at night", () => {
  const hybrid = designByName("hybrid")
  const paddingProfile = {
    firstDayAge: [1, ...new Array<number>(13).fill(0)],
    revealedByHour: new Array<number>(24).fill(1000),
    nightStartHour: Array.from({ length: 24 }, (_, hour) => (hour === 22 ? 1 : 0)),
    nightHours: [0, 0, 0, 0, 0, 0, 0, 0, 1],
  }
  const entries = drawPadding(hybrid!, LAST_OF_DAY, { ...parameters, paddingProfile }, seeded(5))
  const hours = entries.map(({ slot }) => (slotStart(hybrid!, slot, parameters) % 86_400) / 3600)
  expect(hours).to.deep.equal([6, 8, 10, 12, 14, 16, 18, 20])
})

it("padding sizes are refused for a design that there is not", () => {
  expect(() => paddingSizes("another" as "gaen", parameters.paddingProfile, 20, parameters)).to.throw(
    RangeError,
    /another/,
  )
})
