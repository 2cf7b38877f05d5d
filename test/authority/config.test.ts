import { expect } from "chai"
import { authorityConfigFrom } from "../../src/authority/index.ts"

const KEY = "ab".repeat(32)
const GOOD = {
  LINDUNG_AUTHORITY_SIGNING_SEED: KEY,
  LINDUNG_AUTHORITY_HASH_KEY: KEY,
}

function messageFor(environment: Record<string, string>): string {
  try {
    authorityConfigFrom(environment)
  } catch (error) {
    expect(error).to.include({ code: "config" })
    return (error as Error).message
  }
  return "accepted"
}

describe("the authority's configuration", () => {
  it("needs two secrets and has defaults for the rest", () => {
    const config = authorityConfigFrom({ ...GOOD, PATH: "/bin", LINDUNG_SERVER_PORT: "1" })
    expect(config.signingSeed).to.deep.equal(new Uint8Array(32).fill(0xab))
    expect(config).to.include({ mechanism: "simple", codeValidHours: 24, tokenValidDays: 3, redeemMillis: 1500 })
  })

  it("names every problem at once, and repeats no value", () => {
    const message = messageFor({
      LINDUNG_AUTHORITY_SIGNING_SEED: KEY.slice(2),
      LINDUNG_AUTHORITY_CODE_VALID_HOURS: "1e2",
      LINDUNG_AUTHORITY_REDEEM_MILLIS: "5",
      LINDUNG_AUTHORITY_MECHANISM: "blind",
      LINDUNG_AUTHORITY_MAX_WAITNG: "9",
    })
    for (const name of ["SIGNING_SEED", "HASH_KEY", "CODE_VALID_HOURS", "REDEEM_MILLIS", "MECHANISM", "MAX_WAITNG"])
      expect(message).to.include(`LINDUNG_AUTHORITY_${name}: `)
    expect(message).not.to.include("abab")
  })

  for (const [name, wrong] of [
    ["CODE_VALID_HOURS", ["0", "289", "-1", "1.5", "", "x"]],
    ["TOKEN_VALID_DAYS", ["0", "13"]],
    ["REDEEM_MILLIS", ["19", "10001"]],
    ["MAX_WAITING", ["0", "100001"]],
    ["ACTIVATION_HOURS", ["0", "289", "x"]],
    ["TEST_VALID_HOURS", ["0", "721"]],
    ["TIME_ZONE", ["", "Kuala Lumpur", "+8"]],
    ["SIGNING_SEED", ["", `${KEY}00`, "zz".repeat(32)]],
  ] as const)
    it(`refuses ${name} outside its bounds`, () => {
      for (const value of wrong) expect(messageFor({ ...GOOD, [`LINDUNG_AUTHORITY_${name}`]: value })).to.include(name)
    })

  it("lets as many wait as the phones of the population make at their busiest, unless it is told a number", () => {
    const waiting = (more: Record<string, string>) => authorityConfigFrom({ ...GOOD, ...more }).maxWaiting
    // 38 million phones, 0.2 actions a day, ten times the mean: 880 a second, 1.5 s each.
    expect(waiting({})).to.be.within(1319, 1520)
    expect(waiting({ LINDUNG_AUTHORITY_PHONES: "1000" })).to.be.within(100, 110)
    expect(waiting({ LINDUNG_AUTHORITY_MECHANISM: "data-bound" })).to.be.within(7917, 8100)
    expect(waiting({ LINDUNG_AUTHORITY_MAX_WAITING: "7" })).to.equal(7)
    expect(messageFor({ ...GOOD, LINDUNG_AUTHORITY_PHONES: "many" })).to.include("PHONES")
  })

  it("refuses lives of code and token that reach beyond the 13th day", () => {
    const lives = (hours: number, days: number) =>
      messageFor({
        ...GOOD,
        LINDUNG_AUTHORITY_CODE_VALID_HOURS: `${hours}`,
        LINDUNG_AUTHORITY_TOKEN_VALID_DAYS: `${days}`,
      })
    expect(lives(48, 11)).to.equal("accepted")
    expect(lives(49, 11)).to.include("TOKEN_VALID_DAYS")
  })
})
