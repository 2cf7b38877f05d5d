import { expect } from "chai"
import fc from "fast-check"
import { contagiousDay } from "../../src/authority/contagious.ts"

const TODAY = 20_833
const dateOf = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10)
const RULE = { daysBeforeOnset: 2, daysBeforeTest: 3 }

function dayOf(date: string): number {
  const day = Date.parse(date) / 86_400_000
  if (day > TODAY) throw new RangeError("to come")
  return day
}

describe("the first contagious day from what a patient says", () => {
  it("is the day that was named, two days before the first symptoms, or three before the test", () => {
    const from = (answer: Parameters<typeof contagiousDay>[0]) => contagiousDay(answer, TODAY, dayOf, RULE)
    expect(from({ by: "date", date: dateOf(TODAY - 5) }).contagiousFromDay).to.equal(TODAY - 5)
    expect(from({ by: "onset", onset: dateOf(TODAY - 5) }).contagiousFromDay).to.equal(TODAY - 7)
    expect(from({ by: "test", tested: dateOf(TODAY) }).contagiousFromDay).to.equal(TODAY - 3)
  })

  it("law: it is never later than what was named, never older than 14 days, and says when it was cut", () => {
    const offset = fc.integer({ min: -3, max: 30 })
    fc.assert(
      fc.property(offset, fc.constantFrom("date", "onset", "test"), (back, by) => {
        const date = dateOf(TODAY - back)
        const answer = { by, date, onset: date, tested: date } as Parameters<typeof contagiousDay>[0]
        const ask = () => contagiousDay(answer, TODAY, dayOf, RULE)
        if (back < 0 || back > 14) {
          expect(ask).to.throw(RangeError)
          return
        }
        const { contagiousFromDay, limited } = ask()
        expect(contagiousFromDay).to.be.within(TODAY - 14, TODAY - back)
        const before = { date: 0, onset: 2, test: 3 }[by as "date"]
        expect(limited).to.equal(back + before > 14)
      }),
    )
  })
})
