import { createHash } from "node:crypto"
import { expect } from "chai"
import fc from "fast-check"
import { cover } from "../../src/client/index.ts"

/** The bytes of a hash chain: the same in every run. */
function dice(seed: string): { bytes(n: number): Uint8Array } {
  let count = 0
  return {
    bytes: n => new Uint8Array(createHash("sha512").update(`${seed} ${count++}`).digest().subarray(0, n)),
  }
}

const HOUR = 3600
const DAY = 24 * HOUR

describe("the cover schedule", () => {
  it("draws exponential pauses: mean 5 days, and e^-1 of them longer than the mean", () => {
    const random = dice("pauses")
    const pauses = Array.from({ length: 20_000 }, () => cover.coverInterval(random, 5) / DAY)
    expect(pauses.reduce((total, pause) => total + pause, 0) / pauses.length).to.be.closeTo(5, 0.1)
    expect(pauses.filter(pause => pause > 5).length / pauses.length).to.be.closeTo(Math.exp(-1), 0.01)
  })

  it("does not depend on when the phone was awake", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 * DAY }), { minLength: 1, maxLength: 10 }), pauses => {
        const times = (wakings: readonly number[]): number => {
          const random = dice("same")
          let scheduled = 1_589_000_000
          for (const now of wakings)
            scheduled = cover.overdueCover(scheduled, now, () => cover.coverInterval(random, 5), 48).next
          return scheduled
        }
        let now = 1_589_000_000
        const wakings = pauses.map(pause => (now += pause))
        expect(times(wakings)).to.equal(times(wakings.slice(-1)))
      }),
    )
  })

  it("runs one action at most, however many were missed, and gives up what is older than two days", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 * DAY }), late => {
        const step = cover.coverStep(1_589_000_000, 1_589_000_000 + late, dice(String(late)))
        expect(step.next).to.be.at.least(1_589_000_000 + late)
        if (late === 0) expect(step).to.deep.equal({ run: undefined, skipped: 0, next: 1_589_000_000 })
        if (step.run !== undefined) expect(step.run.delaySeconds).to.be.within(0, HOUR - 1)
        else if (late > 0) expect(step.skipped).to.be.at.least(1)
      }),
    )
  })

  it("an action on time runs at once, a late one up to an hour later", () => {
    expect(cover.coverStep(1000, 1030, dice("a")).run).to.deep.equal({ delaySeconds: 0 })
    const delays = Array.from(
      { length: 50 },
      (_, i) => cover.coverStep(1000, 1000 + HOUR, dice(`d${i}`)).run!.delaySeconds,
    )
    expect(Math.max(...delays)).to.be.greaterThan(HOUR / 2)
    expect(new Set(delays).size).to.be.greaterThan(40)
  })

  it("refuses a mean that is none and a pause that does not end", () => {
    for (const mean of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => cover.coverInterval(dice("x"), mean)).to.throw(RangeError, "meanDays")
    expect(() => cover.overdueCover(0, 1, () => 0, 48)).to.throw(RangeError, "interval")
  })
})
