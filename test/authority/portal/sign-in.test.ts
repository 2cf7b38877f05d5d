import { expect } from "chai"
import { openWorld, PASSWORD, type World } from "./world.ts"

const SESSION = "__Secure-lindung-session"
const MINUTE = 60

describe("signing in to the portal", () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  it("answers who is signed in, what the role may do, and how long it lasts", async () => {
    const browser = await world.signedIn("siti", "supervisor")
    const { json } = await browser.get("/session")
    expect(json).to.include({ is: "signed-in", name: "siti", role: "supervisor", mechanism: "simple", training: false })
    expect(json).to.include({ mustChangePassword: false, mustEnrol: false, sms: true })
    // Of the last use, the minute is kept.
    expect(json.idleSecondsLeft).to.be.within(1740, 1800)
    expect(json.may).to.include("issue-in-bulk").and.not.include("manage-users")
    expect(json.secondsLeft).to.equal(36_000)
    expect(Date.parse(json.today) - Date.parse(json.earliestDay)).to.equal(14 * 86_400_000)
  })

  it("gives a cookie that scripts and other sites cannot read, for the portal's routes alone", async () => {
    await world.user("siti")
    const { headers } = await world.browser().signIn("siti")
    for (const cookie of headers["set-cookie"] as string[])
      expect(cookie)
        .to.match(/^__Secure-lindung-[a-z0-9-]+=[0-9a-f]{64,}; /)
        .and.to.include("Path=/v1/portal; ")
        .and.to.include("HttpOnly; Secure; SameSite=Strict")
  })

  it("keeps no cookie's value: the store holds its hash", async () => {
    const browser = await world.signedIn("siti")
    expect(await world.accounts.session(browser.cookies.get(SESSION)!)).to.equal(undefined)
  })

  it("a session ends when it is not used, and in any case after its hours", async () => {
    const browser = await world.signedIn("siti")
    world.later(29 * MINUTE)
    expect((await browser.get("/second-factors")).status).to.equal(200)
    world.later(29 * MINUTE)
    expect((await browser.get("/second-factors")).status, "used meanwhile").to.equal(200)
    world.later(31 * MINUTE)
    expect((await browser.get("/second-factors")).json.code).to.equal("signed-out")
    expect((await browser.get("/session")).json).to.deep.equal({ is: "signed-out" })

    await browser.signIn("siti")
    for (let i = 0; i < 20; i++) {
      world.later(29 * MINUTE)
      expect((await browser.get("/second-factors")).status).to.equal(200)
    }
    world.later(21 * MINUTE)
    expect((await browser.get("/second-factors")).json.code).to.equal("signed-out")
  })

  it("asking who is signed in is no use of the session", async () => {
    const browser = await world.signedIn("siti")
    world.later(29 * MINUTE)
    await browser.get("/session")
    world.later(2 * MINUTE)
    expect((await browser.get("/session")).json.is).to.equal("signed-out")
  })

  it("signing out ends this session; everywhere ends all of them, and forgets the devices", async () => {
    const here = await world.signedIn("siti")
    const there = world.browser()
    await there.signIn("siti")
    const copied = here.cookies.get(SESSION)!
    await here.post("/sign-out")
    here.cookies.set(SESSION, copied)
    expect((await here.get("/session")).json.is, "the old cookie").to.equal("signed-out")
    expect((await there.get("/session")).json.is).to.equal("signed-in")
    await here.signIn("siti")
    await here.post("/sign-out-everywhere")
    expect((await there.get("/session")).json.is).to.equal("signed-out")
  })

  it("a one-time password is good for choosing another, and for nothing else", async () => {
    const password = await world.portal.accounts.administration.add("siti", "issuer", "test")
    const browser = world.browser()
    const { json } = await browser.signIn("siti", password.toLowerCase().replaceAll("-", " "))
    expect(json).to.include({ is: "signed-in", mustChangePassword: true })
    expect((await browser.post("/codes", {})).json.code).to.equal("password-change")
    expect((await browser.post("/second-factors/totp", { password })).json.code).to.equal("password-change")
    for (const next of ["short", "siti is my name!!", "aaaaaaaaaaaaaaaa", password, "x".repeat(11)])
      expect((await browser.post("/password", { current: password, next })).json.code, next).to.equal("weak-password")
    expect((await browser.post("/password", { current: "wrong", next: PASSWORD })).json.code).to.equal("credentials")
    const changed = await browser.post("/password", { current: password, next: PASSWORD })
    expect(changed.json).to.include({ is: "signed-in", mustChangePassword: false })
    expect((await world.browser().signIn("siti", password)).json.code).to.equal("credentials")
    expect((await world.browser().signIn("siti")).json.is).to.equal("signed-in")
  })

  it("a one-time password is of no use after seven days", async () => {
    const password = await world.portal.accounts.administration.add("siti", "issuer", "test")
    world.later(7 * 86_400)
    expect((await world.browser().signIn("siti", password)).json.code).to.equal("credentials")
  })

  it("changing the password ends all other sessions, and gives this one a new id", async () => {
    const here = await world.signedIn("siti")
    const there = world.browser()
    await there.signIn("siti")
    const before = here.cookies.get(SESSION)
    await here.post("/password", { current: PASSWORD, next: `${PASSWORD} 2` })
    expect(here.cookies.get(SESSION)).to.not.equal(before)
    expect((await here.get("/session")).json.is).to.equal("signed-in")
    expect((await there.get("/session")).json.is).to.equal("signed-out")
  })

  it("does not tell an unknown name, a wrong password and a disabled user apart, and works as long on each", async () => {
    let hashed = 0
    const counted = await openWorld({
      passwords: real => ({
        ...real,
        verify: (hash, password) => {
          hashed++
          return real.verify(hash, password)
        },
      }),
    })
    await counted.user("siti")
    await counted.user("gone")
    await counted.portal.accounts.administration.disable("gone", "test")
    const answers = []
    for (const [name, password] of [
      ["siti", "wrong password"],
      ["nobody", PASSWORD],
      ["gone", PASSWORD],
      ["<script>", PASSWORD],
      ["", PASSWORD],
      ["key-1", PASSWORD],
    ] as const) {
      const { status, text, headers } = await counted.browser().signIn(name, password)
      const { date, ...others } = headers
      answers.push(JSON.stringify({ status, text, others }))
    }
    expect(new Set(answers).size).to.equal(1)
    expect(hashed).to.equal(answers.length)
    await counted.close()
  })

  for (const [what, body] of Object.entries({
    "no password": { name: "siti" },
    "a password too long": { name: "siti", password: "x".repeat(257) },
    "a name that is a number": { name: 1, password: PASSWORD },
    "a member too many": { name: "siti", password: PASSWORD, remember: "<b>yes</b>" },
    "an array": [],
    "broken JSON": "{",
    "an empty body": "",
  }))
    it(`refuses ${what} without repeating it`, async () => {
      const { status, headers, json, text } = await world.browser().post("/sign-in", body)
      expect(status).to.equal(400)
      expect(headers["content-type"]).to.match(/^application\/problem\+json/)
      expect(json.code).to.equal("format")
      expect(text).to.not.include("<b>").and.not.include("xxx")
    })
})
