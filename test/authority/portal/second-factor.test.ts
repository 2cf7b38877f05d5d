import { expect } from "chai"
import { HOTP, Secret } from "otpauth"
import { Authenticator } from "./authenticator.ts"
import { type Browser, ORIGIN, openWorld, PASSWORD, type World } from "./world.ts"

describe("the second factor", () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld({ environment: { SECOND_FACTOR_FROM: "administrator" } })
  })
  afterEach(() => world.close())

  const codeOf = (secret: string, steps = 0): string =>
    HOTP.generate({ secret: Secret.fromBase32(secret), counter: Math.floor(world.now() / 30) + steps, digits: 6 })

  async function withTotp(name: string): Promise<{ browser: Browser; secret: string; recoveryCodes: string[] }> {
    const browser = await world.signedIn(name, "administrator")
    const { secret } = (await browser.post("/second-factors/totp", { password: PASSWORD })).json
    const { json } = await browser.post("/second-factors/totp/confirm", { code: codeOf(secret, -1) })
    return { browser, secret, recoveryCodes: json.recoveryCodes }
  }

  async function withPasskey(name: string): Promise<{ browser: Browser; key: Authenticator }> {
    const browser = await world.signedIn(name, "administrator")
    const key = new Authenticator(ORIGIN, `key of ${name}`)
    const options = (await browser.post("/second-factors/passkey/options", { password: PASSWORD })).json
    const body = { label: "desk <1>", response: key.create(options) }
    expect((await browser.post("/second-factors/passkey", body)).status).to.equal(200)
    return { browser, key }
  }

  it("an administrator can do nothing but set one up", async () => {
    const browser = await world.signedIn("admin", "administrator")
    expect((await browser.get("/session")).json).to.include({ is: "signed-in", mustEnrol: true })
    for (const path of ["/users", "/audit", "/statistics"])
      expect((await browser.get(path)).json.code, path).to.equal("second-factor")
    const issuer = await world.signedIn("siti")
    expect((await issuer.get("/session")).json, "another role may choose").to.include({ mustEnrol: false })
  })

  it("setting up an authenticator asks for the password, and for one of its codes", async () => {
    const browser = await world.signedIn("admin", "administrator")
    expect((await browser.post("/second-factors/totp", { password: "wrong" })).json.code).to.equal("credentials")
    expect((await browser.post("/second-factors/totp/confirm", { code: "000000" })).json.code).to.equal("conflict")
    const { secret, uri } = (await browser.post("/second-factors/totp", { password: PASSWORD })).json
    expect(uri).to.include(secret)
    expect((await browser.post("/second-factors/totp/confirm", { code: "000000" })).json.code).to.equal("credentials")
    expect((await browser.get("/second-factors")).json.totp, "it does not count yet").to.equal(false)
    const { json } = await browser.post("/second-factors/totp/confirm", { code: codeOf(secret) })
    expect(json.recoveryCodes).to.have.length(10)
    expect((await browser.get("/users")).status).to.equal(200)
  })

  it("signing in takes both; with the password alone nothing can be asked", async () => {
    const { secret } = await withTotp("admin")
    const browser = world.browser()
    const { json } = await browser.signIn("admin")
    expect(json).to.deep.include({ is: "half", factors: ["totp", "recovery"], secondsLeft: 300 })
    expect([...browser.cookies.keys()].some(name => name.includes("device"))).to.equal(false)
    for (const path of ["/users", "/second-factors"]) expect((await browser.get(path)).json.code).to.equal("signed-out")
    const half = browser.cookies.get("__Secure-lindung-session")
    expect((await browser.post("/sign-in/totp", { code: codeOf(secret) })).json.is).to.equal("signed-in")
    expect(browser.cookies.get("__Secure-lindung-session")).to.not.equal(half)
    expect((await browser.get("/users")).status).to.equal(200)
  })

  it("half a session ends after five minutes", async () => {
    const { secret } = await withTotp("admin")
    const browser = world.browser()
    await browser.signIn("admin")
    world.later(300)
    expect((await browser.post("/sign-in/totp", { code: codeOf(secret) })).json.code).to.equal("signed-out")
  })

  it("a code that was used is refused, the one before it too, and the next one taken", async () => {
    const { secret } = await withTotp("admin")
    const browser = world.browser()
    const tryWith = async (code: string) => {
      await browser.signIn("admin")
      return (await browser.post("/sign-in/totp", { code })).json
    }
    const used = codeOf(secret)
    expect((await tryWith(used)).is).to.equal("signed-in")
    expect((await tryWith(used)).code, "replayed").to.equal("credentials")
    expect((await tryWith(codeOf(secret, -1))).code, "older").to.equal("credentials")
    expect((await tryWith(codeOf(secret, 2))).code, "two steps ahead").to.equal("credentials")
    expect((await tryWith(codeOf(secret, 1))).is).to.equal("signed-in")
  })

  it("of two requests with one code at the same moment, one is signed in", async () => {
    const { secret } = await withTotp("admin")
    const [one, two] = [world.browser(), world.browser()]
    await one.signIn("admin")
    await two.signIn("admin")
    const code = codeOf(secret)
    const answers = await Promise.all([one, two].map(browser => browser.post("/sign-in/totp", { code })))
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 401])
  })

  it("codes cannot be tried through: six tries, then pauses that reach twelve hours", async () => {
    await withTotp("admin")
    const browser = world.browser()
    let pauses = 0
    for (let i = 0; i < 32; i++) {
      await browser.signIn("admin")
      const { json } = await browser.post("/sign-in/totp", { code: "000000" })
      if (json.code !== "throttled") continue
      pauses = json.retryAfterSeconds
      world.later(pauses)
    }
    expect(pauses).to.equal(43_200)
  })

  it("each recovery code serves once, in any spelling", async () => {
    const { recoveryCodes } = await withTotp("admin")
    const browser = world.browser()
    const [first = "", second = ""] = recoveryCodes
    const tryWith = async (code: string) => {
      await browser.signIn("admin")
      return (await browser.post("/sign-in/recovery", { code })).json
    }
    expect((await tryWith(first.toLowerCase().replaceAll("-", " "))).is).to.equal("signed-in")
    expect((await tryWith(first)).code).to.equal("credentials")
    expect((await tryWith("00000-00000-0000")).code).to.equal("credentials")
    expect((await tryWith(second)).is).to.equal("signed-in")
    expect((await browser.get("/second-factors")).json.recoveryCodes).to.equal(8)
    expect((await browser.post("/second-factors/recovery", { password: PASSWORD })).json.recoveryCodes).to.have.length(
      10,
    )
    expect((await tryWith(recoveryCodes[2]!)).code, "void by now").to.equal("credentials")
  })

  it("a passkey signs in, once for each challenge", async () => {
    const { key } = await withPasskey("admin")
    const browser = world.browser()
    expect((await browser.signIn("admin")).json.factors).to.deep.equal(["passkey", "recovery"])
    const response = key.get((await browser.post("/sign-in/passkey/options")).json)
    expect((await browser.post("/sign-in/passkey", { response })).json.is).to.equal("signed-in")
    await browser.signIn("admin")
    expect((await browser.post("/sign-in/passkey", { response })).json.code, "without a challenge").to.equal(
      "credentials",
    )
    await browser.post("/sign-in/passkey/options")
    expect((await browser.post("/sign-in/passkey", { response })).json.code, "of an older one").to.equal("credentials")
    const listed = (await world.accounts.user("admin"))!.passkeys
    expect(listed).to.have.length(1)
    expect(listed[0]).to.include({ label: "desk <1>", counter: 2 })
  })

  it("a passkey of another site, of another user, with a counter that goes back or a changed signature is refused", async () => {
    const { key } = await withPasskey("admin")
    const { key: others } = await withPasskey("other")
    const browser = world.browser()
    const answer = async (make: (options: object) => object) => {
      await browser.signIn("admin")
      const options = (await browser.post("/sign-in/passkey/options")).json
      return (await browser.post("/sign-in/passkey", { response: make(options) })).json.code
    }
    const phished = new Authenticator("https://codes.example.evil.example", "key of admin")
    expect(await answer(options => phished.get({ ...options }))).to.equal("credentials")
    expect(await answer(options => others.get({ ...options }))).to.equal("credentials")
    expect(await answer(options => ({ ...key.get({ ...options }), id: others.id }))).to.equal("credentials")
    expect(await answer(() => ({}))).to.equal("credentials")
    expect(await answer(() => ({ id: key.id, response: { clientDataJSON: "x" } }))).to.equal("credentials")
    key.counter = -1
    expect(await answer(options => key.get({ ...options }))).to.equal("credentials")
  })

  it("a passkey is set up once, for a challenge that was just asked for with the password", async () => {
    const { browser, key } = await withPasskey("admin")
    const response = key.create({ challenge: "AAAA" })
    expect((await browser.post("/second-factors/passkey", { label: "x", response })).json.code).to.equal("conflict")
    const options = (await browser.post("/second-factors/passkey/options", { password: PASSWORD })).json
    expect(options.excludeCredentials.map((one: { id: string }) => one.id)).to.deep.equal([key.id])
    const again = { label: "x", response: key.create(options) }
    expect((await browser.post("/second-factors/passkey", again)).json.code, "known already").to.equal("conflict")
  })

  it("the last factor of a role that needs one stays; another can be removed", async () => {
    const { browser, secret } = await withTotp("admin")
    expect(secret).to.have.length(32)
    const remove = (body: object) => browser.post("/second-factors/remove", { password: PASSWORD, ...body })
    expect((await remove({ remove: "totp" })).json.code).to.equal("conflict")
    expect((await remove({ remove: { passkey: "none" } })).json.code).to.equal("not-found")
    const key = new Authenticator(ORIGIN, "second")
    const options = (await browser.post("/second-factors/passkey/options", { password: PASSWORD })).json
    await browser.post("/second-factors/passkey", { label: "desk", response: key.create(options) })
    expect((await remove({ remove: "totp" })).json).to.deep.include({ totp: false })
    expect((await remove({ remove: { passkey: key.id } })).json.code).to.equal("conflict")
  })

  it("an administrator resets another's factors: the next sign-in asks to set one up", async () => {
    const { browser } = await withTotp("admin")
    await withTotp("other")
    expect((await browser.post("/users/reset-second-factor", { name: "other" })).status).to.equal(204)
    const other = world.browser()
    expect((await other.signIn("other")).json).to.include({ is: "signed-in", mustEnrol: true })
  })
})
