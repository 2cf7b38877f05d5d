import { expect } from "chai"
import fc from "fast-check"
import { throttle } from "../../../src/authority/accounts/throttle.ts"
import { seeded } from "../../dice.ts"

const SETTINGS = { free: 5, firstSeconds: 30, longestSeconds: 900, forgetSeconds: 86_400 }
const steps = fc.array(fc.record({ key: fc.constantFrom("a", "b", "c"), wait: fc.nat({ max: 2_000 }) }), {
  maxLength: 60,
})

describe("slowing down who guesses", () => {
  it("permits five failures, then pauses of 30 s, 60 s, … up to 15 minutes", () => {
    const tries = throttle(SETTINGS, seeded(1))
    let now = 0
    const pauses: number[] = []
    for (let i = 0; i < 14; i++) {
      const wait = tries.begin("name siti", now)
      if (wait > 0) {
        now += wait
        expect(tries.begin("name siti", now), "the pause was all of it").to.equal(0)
      }
      pauses.push(wait)
    }
    expect(pauses).to.deep.equal([0, 0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900])
  })

  it("law: what happens to one key slows no other", () => {
    fc.assert(
      fc.property(steps, plan => {
        const [alone, among] = [throttle(SETTINGS, seeded(2)), throttle(SETTINGS, seeded(2))]
        let now = 0
        for (const { key, wait } of plan) {
          now += wait
          const answer = among.begin(key, now)
          if (key === "a") expect(answer).to.equal(alone.begin("a", now))
        }
      }),
    )
  })

  it("law: nobody is locked: who waits as long as told may always try", () => {
    fc.assert(
      fc.property(steps, plan => {
        const tries = throttle(SETTINGS, seeded(3))
        let now = 0
        for (const { key, wait } of plan) {
          now += wait
          const pause = tries.begin(key, now)
          expect(pause).to.be.within(0, SETTINGS.longestSeconds)
          if (pause > 0) expect(tries.begin(key, now + pause)).to.equal(0)
          now += pause
        }
      }),
    )
  })

  it("law: in a day a key is permitted at most 5 + 5 + 96 tries, however they are spread", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400 }), { minLength: 200, maxLength: 400 }), waits => {
        const tries = throttle(SETTINGS, seeded(4))
        let now = 0
        let permitted = 0
        for (const wait of waits) {
          now += wait
          if (now > 86_400) break
          if (tries.begin("a", now) === 0) permitted++
        }
        expect(permitted).to.be.at.most(106)
      }),
    )
  })

  it("tries at once gain nothing: each counts when it begins", () => {
    const tries = throttle(SETTINGS, seeded(5))
    const permitted = Array.from({ length: 100 }, () => tries.begin("a", 1)).filter(wait => wait === 0)
    expect(permitted).to.have.length(6)
  })

  it("a right try does not count, and does not wipe out what strangers did", () => {
    const tries = throttle(SETTINGS, seeded(6))
    for (let i = 0; i < 50; i++) {
      expect(tries.begin("a", i)).to.equal(0)
      tries.succeed("a")
    }
    for (let i = 0; i < 5; i++) tries.begin("a", 100)
    tries.begin("a", 100)
    tries.succeed("a")
    expect(tries.begin("a", 100), "the sixth").to.equal(0)
    expect(tries.begin("a", 100)).to.equal(30)
  })

  it("forgets after a day without a failure, and at once when told", () => {
    const tries = throttle(SETTINGS, seeded(7))
    for (let i = 0; i < 6; i++) tries.begin("a", 0)
    expect(tries.begin("a", 1)).to.be.above(0)
    tries.forgive("a")
    expect(tries.begin("a", 1)).to.equal(0)
    for (let i = 0; i < 8; i++) tries.begin("a", 1)
    expect(tries.begin("a", 86_500)).to.equal(0)
    for (let i = 0; i < 4; i++) expect(tries.begin("a", 86_500)).to.equal(0)
  })
})
