import { expect } from "chai"
import fc from "fast-check"
import { type Browser, openWorld, PASSWORD, type World } from "./world.ts"

const DEVICE = /^__Secure-lindung-device-/

const devicesOf = (browser: Browser): string[] => [...browser.cookies.keys()].filter(name => DEVICE.test(name))

describe("locking others out of the portal", () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  async function flood(name: string, times = 12): Promise<void> {
    for (let i = 0; i < times; i++) await world.browser().signIn(name, `guess number ${i}`)
  }

  it("strangers who fail are slowed, and told for how long", async () => {
    await world.user("siti")
    await flood("siti")
    const { status, json, headers } = await world.browser().signIn("siti")
    expect([status, json.code]).to.deep.equal([429, "throttled"])
    expect(json.retryAfterSeconds).to.equal(30)
    expect(headers["retry-after"]).to.equal("30")
    world.later(30)
    expect((await world.browser().signIn("siti")).json.is, "nobody is locked").to.equal("signed-in")
  })

  it("a device on which the user was signed in is not slowed by strangers", async () => {
    const known = await world.signedIn("siti")
    await known.post("/sign-out")
    await flood("siti")
    expect((await known.signIn("siti")).json.is).to.equal("signed-in")
  })

  it("a known device has a budget of its own, which a right password restores", async () => {
    const known = await world.signedIn("siti")
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 4; i++) await known.signIn("siti", "a slip of the finger")
      expect((await known.signIn("siti")).json.is).to.equal("signed-in")
    }
    for (let i = 0; i < 6; i++) await known.signIn("siti", "a thief at this desk")
    expect((await known.signIn("siti")).json.code).to.equal("throttled")
    const other = world.browser()
    expect((await other.signIn("siti")).json.is, "and slows no other").to.equal("signed-in")
  })

  it("a name that does not exist is slowed as one that does", async () => {
    await world.user("siti")
    const answers = { siti: [] as string[], nobody: [] as string[] }
    for (const name of ["siti", "nobody"] as const)
      for (let i = 0; i < 10; i++) answers[name].push((await world.browser().signIn(name, "guess")).text)
    expect(answers.siti).to.deep.equal(answers.nobody)
    expect(answers.siti.at(-1)).to.include("throttled")
  })

  it("a device's token is this user's alone, cannot be made up, and is void after a reset", async () => {
    const mine = await world.signedIn("mallory")
    await world.user("siti")
    const [token] = devicesOf(mine)
    const forged = world.browser()
    await flood("siti")
    const known = world.browser()
    world.later(900)
    await known.signIn("siti")
    const [sitis] = devicesOf(known)
    await flood("siti")
    forged.cookies.set(sitis!, mine.cookies.get(token!)!)
    expect((await forged.signIn("siti")).json.code, "another user's token").to.equal("throttled")
    forged.cookies.set(sitis!, "0".repeat(72))
    expect((await forged.signIn("siti")).json.code, "a made-up token").to.equal("throttled")
    expect((await known.signIn("siti")).json.is).to.equal("signed-in")
    const one = await world.portal.accounts.administration.resetPassword("siti", "test")
    expect((await known.signIn("siti", one)).json.code, "after a reset").to.equal("throttled")
  })

  it("a token grows old: after 180 days a device is a stranger", async () => {
    const known = await world.signedIn("siti")
    world.later(181 * 86_400)
    await flood("siti")
    expect((await known.signIn("siti")).json.code).to.equal("throttled")
  })

  it("law: whatever strangers do, in any order, the known device signs in at its first try", async () => {
    await world.user("siti")
    const known = world.browser()
    await known.signIn("siti")
    const attack = fc.array(
      fc.record({
        name: fc.constantFrom("siti", "nobody"),
        password: fc.constantFrom(PASSWORD.toUpperCase(), "x", "guess"),
        later: fc.nat({ max: 40 }),
      }),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(attack, async steps => {
        for (const { name, password, later } of steps) {
          world.later(later)
          await world.browser().signIn(name, password)
        }
        expect((await known.signIn("siti")).json.is).to.equal("signed-in")
      }),
      { numRuns: 10 },
    )
  })

  it("who took over a session cannot guess the password without being slowed, and slows only that session", async () => {
    const browser = await world.signedIn("siti")
    for (let i = 0; i < 6; i++)
      expect((await browser.post("/second-factors/totp", { password: "guess" })).json.code).to.equal("credentials")
    expect((await browser.post("/second-factors/totp", { password: PASSWORD })).json.code).to.equal("throttled")
    const other = world.browser()
    await other.signIn("siti")
    expect((await other.post("/second-factors/totp", { password: PASSWORD })).status).to.equal(200)
  })
})
