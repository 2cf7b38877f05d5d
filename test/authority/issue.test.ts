import { expect } from "chai"
import { code } from "../../src/crypto/index.ts"
import { API_KEY, type Deployment, deploy, START, TODAY } from "./deployment.ts"

const HOUR = 3600
const dateOf = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10)

describe("issuing a simple code", () => {
  let it1: Deployment
  before(async () => {
    it1 = await deploy()
  })
  after(() => it1.close())

  it("gives a code that a phone accepts, in groups, with an end at a full hour", async () => {
    const { status, body } = await it1.issue({ contagiousFromDay: TODAY - 2 })
    const issued = JSON.parse(body.toString())
    expect(status).to.equal(201)
    expect(issued).to.have.all.keys("code", "grouped", "contagiousFromDay", "expiresAt")
    expect(code.parse(issued.grouped)).to.equal(issued.code)
    expect(issued.contagiousFromDay).to.equal(TODAY - 2)
    expect(issued.expiresAt % HOUR).to.equal(0)
    expect(issued.expiresAt - START).to.be.within(24 * HOUR, 25 * HOUR)
  })

  it("takes the day as a date too", async () => {
    const { body } = await it1.issue({ contagiousFrom: dateOf(TODAY - 14) })
    expect(JSON.parse(body.toString())).to.include({ contagiousFromDay: TODAY - 14 })
  })

  it("never gives one code twice", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => it1.issue({ contagiousFromDay: TODAY })))
    expect(new Set(answers.map(({ body }) => JSON.parse(body.toString()).code)).size).to.equal(50)
  })

  const wrongBodies: Record<string, unknown> = {
    "a day in the future": { contagiousFromDay: TODAY + 1 },
    "a day 15 days back": { contagiousFromDay: TODAY - 15 },
    "a date in the future": { contagiousFrom: dateOf(TODAY + 1) },
    "a date 15 days back": { contagiousFrom: dateOf(TODAY - 15) },
    "a date that does not exist": { contagiousFrom: "2027-02-30" },
    "a date with a time": { contagiousFrom: "2027-01-10T00:00:00Z" },
    "a day with a fraction": { contagiousFromDay: TODAY - 0.5 },
    "a negative day": { contagiousFromDay: -1 },
    "a day beyond every integer": { contagiousFromDay: 1e300 },
    "a day as text": { contagiousFromDay: String(TODAY) },
    "no day": {},
    "two days": { contagiousFromDay: TODAY, contagiousFrom: dateOf(TODAY) },
    "a member that nobody asked for": { contagiousFromDay: TODAY, name: "<script>" },
    "an array": [TODAY],
    null: "null",
    "broken JSON": "{",
    "an empty body": "",
  }
  for (const [name, body] of Object.entries(wrongBodies))
    it(`refuses ${name}`, async () => {
      const { status, headers, body: document } = await it1.issue(body)
      expect(status).to.equal(400)
      expect(headers).to.include("Content-Type: application/problem+json")
      expect(JSON.parse(document.toString())).to.include({ status: 400, code: "format" })
      expect(document.toString()).not.to.include("<script>")
    })

  it("refuses a body that is too large, compressed or of another type", async () => {
    expect((await it1.issue(JSON.stringify({ contagiousFrom: "x".repeat(2000) }))).status).to.equal(413)
    const authorization = `Bearer ${API_KEY}`
    expect((await it1.issue("{}", { authorization, "content-encoding": "gzip" })).status).to.equal(415)
    expect((await it1.issue("{}", { authorization, "content-type": "text/plain" })).status).to.equal(415)
  })

  const wrongKeys: Record<string, Record<string, string>> = {
    "no key": {},
    "an empty key": { authorization: "Bearer " },
    "a wrong key": { authorization: `Bearer ${"0".repeat(64)}` },
    "a prefix of the key": { authorization: `Bearer ${API_KEY.slice(0, -1)}` },
    "the key and more": { authorization: `Bearer ${API_KEY}0` },
    "another scheme": { authorization: `Basic ${API_KEY}` },
    "a key outside ASCII": { authorization: "Bearer \u00e9" },
    "a very long key": { authorization: `Bearer ${"a".repeat(5000)}` },
  }
  for (const [name, headers] of Object.entries(wrongKeys))
    it(`refuses ${name}, before it looks at the body`, async () => {
      const { status, body } = await it1.issue("{", headers)
      expect(status).to.equal(401)
      expect(JSON.parse(body.toString())).to.include({ code: "unauthorised" })
    })

  it("takes a day from the caller and refuses what cannot be, naming the argument", async () => {
    const problem = await it1.authority.issue({ contagiousFromDay: TODAY + 1 }, "nurse-1").then(
      () => undefined,
      error => error,
    )
    expect(problem).to.be.instanceOf(RangeError)
    expect(problem.message).to.include("contagiousFromDay")
  })
})
