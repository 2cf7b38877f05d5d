import { expect } from "chai"
import type { AuthorityConfig } from "../../src/authority/index.ts"
import { ascii, code } from "../../src/crypto/index.ts"
import { encodeRedeem, encodeTest, parseToken, TOKEN_BYTES, testLock, verifyToken } from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { type Answer, type Deployment, deploy, TODAY } from "./deployment.ts"

const HOUR = 3600
const commitment = (n: number) => new Uint8Array(32).fill(n)
const BY = "nurse-1"
const errorOf = (work: Promise<unknown>): Promise<{ code?: string; name: string }> =>
  work.then(
    () => ({ name: "none" }),
    error => error,
  )

describe("a mechanism", () => {
  let site: Deployment
  const open = async (mechanism: AuthorityConfig["mechanism"], config: Partial<AuthorityConfig> = {}) => {
    site = await deploy({ mechanism, ...config })
    return site.authority
  }
  const verifies = ({ body }: Answer) => verifyToken(parseToken(body), [site.authority.publicKey])
  const redeem = (typed: string, n: number) => site.redeem(encodeRedeem(typed, commitment(n)))
  afterEach(() => site.close())

  it("activated: a code is dead until it gets its day, and then good for activationHours, rounded up", async () => {
    const authority = await open("activated")
    const issued = await authority.issue({}, BY)
    expect(issued).to.have.all.keys("code", "grouped", "expiresAt")
    expect(verifies(await redeem(issued.code, 7)), "before the result").to.equal(false)
    const typed = issued.grouped.toLowerCase().replace("0", "o")
    const permission = await authority.activate({ code: typed, contagiousFromDay: TODAY - 2 }, BY)
    const answer = await redeem(issued.code, 7)
    expect(verifies(answer)).to.equal(true)
    expect(parseToken(answer.body)).to.include({ mechanism: 2, contagiousFromDay: TODAY - 2 })
    expect(permission.expiresAt % HOUR).to.equal(0)
    site.later(8 * HOUR)
    expect(verifies(await redeem(issued.code, 7)), "the end").to.equal(false)
  })

  it("activated: an activation that nobody uses ends, and a code that nobody activates ends too", async () => {
    const authority = await open("activated")
    const [used, late] = [await authority.issue({}, BY), await authority.issue({}, BY)]
    await authority.activate({ code: used.code, contagiousFromDay: TODAY }, BY)
    site.later(7 * HOUR)
    expect(verifies(await redeem(used.code, 7))).to.equal(false)
    site.later(168 * HOUR)
    expect((await errorOf(authority.activate({ code: late.code, contagiousFromDay: TODAY }, BY))).code).to.equal(
      "proof-invalid",
    )
  })

  it("data-bound: the phone that showed its commitment gets the token by the code that nobody saw, and no other", async () => {
    const authority = await open("data-bound")
    const secret = code.generate(seeded(1))
    const test = encodeTest({ commitment: commitment(7), lock: testLock(ascii(secret), commitment(7)) })
    expect(verifies(await redeem(secret, 7)), "before the result").to.equal(false)
    await authority.signCommitment({ test, contagiousFromDay: TODAY - 3 }, BY)
    const answer = await redeem(secret, 7)
    expect(verifies(answer)).to.equal(true)
    expect(parseToken(answer.body)).to.include({ mechanism: 3, contagiousFromDay: TODAY - 3 })
    expect((await redeem(secret, 7)).body).to.deep.equal(answer.body)
    expect(verifies(await redeem(secret, 8)), "other secrets").to.equal(false)
    expect(verifies(await redeem(code.generate(seeded(2)), 7)), "who saw the text and not the code").to.equal(false)
    expect((await errorOf(authority.signCommitment({ test, contagiousFromDay: TODAY }, BY))).code).to.equal("state")
    site.later(26 * HOUR)
    expect(verifies(await redeem(secret, 7)), "the end").to.equal(false)
  })

  for (const mechanism of ["simple", "activated", "data-bound"] as const)
    it(`${mechanism}: a good, wrong, spent, dead, ended, revoked and made-up code get answers of the same bytes`, async () => {
      const authority = await open(mechanism)
      const dice = seeded(3)
      /** A permission that is good, for a code and a commitment of its own. */
      const give = async (n: number): Promise<{ typed: string; given: string }> => {
        if (mechanism !== "data-bound") {
          const { code: typed } = await authority.issue(mechanism === "simple" ? { contagiousFromDay: TODAY } : {}, BY)
          if (mechanism === "activated") await authority.activate({ code: typed, contagiousFromDay: TODAY }, BY)
          return { typed, given: typed }
        }
        const typed = code.generate(dice)
        const given = encodeTest({ commitment: commitment(n), lock: testLock(ascii(typed), commitment(n)) })
        await authority.signCommitment({ test: given, contagiousFromDay: TODAY }, BY)
        return { typed, given }
      }
      const [good, revoked, ended] = [await give(7), await give(8), await give(9)]
      const dead = mechanism === "activated" ? (await authority.issue({}, BY)).code : code.generate(dice)
      expect(await authority.revoke(revoked.given, "supervisor-1")).to.equal(true)
      expect(await authority.revoke(revoked.given, "supervisor-1")).to.equal(false)
      const answers: Record<string, Answer> = {
        good: await redeem(good.typed, 7),
        again: await redeem(good.typed, 7),
        spent: await redeem(good.typed, 70),
        revoked: await redeem(revoked.typed, 8),
        dead: await redeem(dead, 7),
        madeUp: await redeem(code.generate(dice), 7),
        wrong: await redeem(`${good.typed.slice(1)}Z`, 7),
      }
      site.later(26 * HOUR)
      answers["ended"] = await redeem(ended.typed, 9)
      for (const [name, { status, headers, body }] of Object.entries(answers))
        expect({ status, headers, length: body.length }, name).to.deep.equal({
          status: 200,
          headers: answers["good"]!.headers,
          length: TOKEN_BYTES,
        })
      const real = Object.entries(answers).flatMap(([name, answer]) => (verifies(answer) ? [name] : []))
      expect(real).to.deep.equal(["good", "again"])
      const bodies = new Set(Object.values(answers).map(({ body }) => parseToken(body).mechanism))
      expect(bodies.size, "a dummy says the same mechanism").to.equal(1)
    })

  it("refuses what belongs to another mechanism, and a day that cannot be", async () => {
    const test = encodeTest({ commitment: commitment(7), lock: new Uint8Array(16) })
    const madeUp = code.generate(seeded(1))
    const activate = { code: madeUp, contagiousFromDay: TODAY }
    const sign = { test, contagiousFromDay: TODAY }
    let authority = await open("simple")
    expect((await errorOf(authority.issue({}, BY))).name).to.equal("RangeError")
    expect((await errorOf(authority.activate(activate, BY))).code).to.equal("state")
    expect((await errorOf(authority.signCommitment(sign, BY))).code).to.equal("state")
    await site.close()
    authority = await open("activated")
    expect((await errorOf(authority.issue({ contagiousFromDay: TODAY }, BY))).name).to.equal("RangeError")
    expect((await errorOf(authority.signCommitment(sign, BY))).code).to.equal("state")
    for (const day of [TODAY + 1, TODAY - 15, -1, 1.5])
      expect((await errorOf(authority.activate({ ...activate, contagiousFromDay: day }, BY))).name).to.equal(
        "RangeError",
      )
    const slip = `${madeUp.slice(0, 13)}${madeUp[13] === "0" ? "1" : "0"}`
    for (const typed of ["", slip, `${madeUp}0`])
      expect((await errorOf(authority.activate({ ...activate, code: typed }, BY))).code).to.equal("proof-invalid")
    await site.close()
    authority = await open("data-bound")
    expect((await errorOf(authority.issue({}, BY))).code).to.equal("state")
    expect((await errorOf(authority.bulkIssue({ batchId: "0123456789abcdef", orders: [{}] }, BY))).code).to.equal(
      "state",
    )
    for (const day of [TODAY + 1, TODAY - 15])
      expect((await errorOf(authority.signCommitment({ test, contagiousFromDay: day }, BY))).name).to.equal(
        "RangeError",
      )
    for (const text of ["", madeUp, test.slice(0, -1), test.replace(/.$/, "U"), `<b>${test}`])
      expect((await errorOf(authority.signCommitment({ test: text, contagiousFromDay: TODAY }, BY))).code).to.equal(
        "format",
      )
    expect((await errorOf(authority.signCommitment(sign, "two words"))).name).to.equal("RangeError")
  })

  it("says at /healthz whether the store answers", async () => {
    await open("simple")
    const { status, body } = await site.ask("GET", "/healthz", "")
    expect([status, JSON.parse(body.toString())]).to.deep.equal([200, { status: "ok" }])
  })

  it("takes dates of the deployment's calendar: today there, even while UTC has yesterday, and no day to come", async () => {
    const midnight = TODAY * 86_400
    const iso = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10)
    for (const [timeZone, now, yes, day, no] of [
      ["UTC", midnight + 100, TODAY, TODAY, TODAY + 1],
      // 07:00 in Malaysia: the new date has begun there, and not in UTC.
      ["Asia/Kuala_Lumpur", midnight - HOUR, TODAY, TODAY - 1, TODAY + 1],
      // 22:00 of the day before in New York, or 21:00.
      ["America/New_York", midnight + 2 * HOUR, TODAY - 1, TODAY - 1, TODAY],
    ] as const) {
      const there = await deploy({ timeZone }, { clock: () => now })
      expect(there.authority.contagiousDayOf(iso(yes)), timeZone).to.equal(day)
      expect(() => there.authority.contagiousDayOf(iso(no)), timeZone).to.throw(RangeError, /contagiousFrom/)
      for (const other of ["", "2027-1-1", "2027-02-30", "today"])
        expect(() => there.authority.contagiousDayOf(other)).to.throw(RangeError)
      await there.close()
    }
    site = await deploy()
  })
})
