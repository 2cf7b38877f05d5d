import { expect } from "chai"
import { type Browser, openWorld, PASSWORD, type World } from "./world.ts"

const SESSION = "__Secure-lindung-session"
const key = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`

describe("cheating the portal", () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  it("session fixation: a cookie that was planted before signing in is worth nothing after it", async () => {
    await world.user("siti")
    const victim = world.browser()
    const planted = "ab".repeat(32)
    victim.cookies.set(SESSION, planted)
    await victim.signIn("siti")
    expect(victim.cookies.get(SESSION)).to.not.equal(planted)
    const thief = world.browser()
    thief.cookies.set(SESSION, planted)
    expect((await thief.get("/session")).json.is).to.equal("signed-out")
  })

  it("session fixation: an attacker's own session does not become the victim's", async () => {
    const attacker = await world.signedIn("mallory")
    await world.user("siti")
    const victim = world.browser()
    victim.cookies.set(SESSION, attacker.cookies.get(SESSION)!)
    await victim.signIn("siti")
    expect((await attacker.get("/session")).json.is).to.equal("signed-out")
    expect((await victim.get("/session")).json.name).to.equal("siti")
  })

  const foreign: Record<string, Record<string, string>> = {
    "another origin": { origin: "https://evil.example" },
    "an origin of the same name with another port": { origin: "https://codes.example:444" },
    "an origin of the same name without TLS": { origin: "http://codes.example" },
    "an origin that has ours in front": { origin: "https://codes.example.evil.example" },
    "no origin": { origin: "" },
    "an opaque origin": { origin: "null" },
    "another site, by what the browser says": { "sec-fetch-site": "cross-site" },
    "a neighbour, by what the browser says": { "sec-fetch-site": "same-site" },
  }
  for (const [what, headers] of Object.entries(foreign))
    it(`a request from ${what} changes nothing`, async () => {
      const browser = await world.signedIn("siti")
      const before = await world.authority.auditHead()
      for (const path of ["/codes", "/sign-in", "/sign-out", "/training", "/password"])
        expect((await browser.post(path, {}, headers)).json.code, path).to.equal("foreign-origin")
      expect(await world.authority.auditHead()).to.deep.equal(before)
      expect((await browser.get("/session")).json.is).to.equal("signed-in")
    })

  it("a request without Origin at all changes nothing, and another site cannot read either", async () => {
    const browser = await world.signedIn("siti")
    const other = await browser.get("/session", { "sec-fetch-site": "cross-site" })
    expect(other.json.code).to.equal("foreign-origin")
    expect(other.headers).to.not.have.property("access-control-allow-origin")
  })

  it("a form's content types are refused: only application/json is read", async () => {
    const browser = await world.signedIn("siti")
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
      expect((await browser.post("/training", '{"on":true}', { "content-type": type })).json.code).to.equal(
        "wrong-type",
      )
  })

  const beyond: Record<
    string,
    [Role: "issuer" | "supervisor", ask: (b: Browser) => Promise<{ json: { code?: string } }>]
  > = {
    "an issuer issues in bulk": ["issuer", b => b.post("/codes/bulk", { key: key(1), lines: [{}] })],
    "an issuer reads statistics": ["issuer", b => b.get("/statistics")],
    "an issuer reads the audit log": ["issuer", b => b.get("/audit")],
    "an issuer makes itself administrator": [
      "issuer",
      b => b.post("/users/role", { name: "siti", role: "administrator" }),
    ],
    "a supervisor adds a user": ["supervisor", b => b.post("/users", { name: "two", role: "administrator" })],
    "a supervisor resets an administrator's password": [
      "supervisor",
      b => b.post("/users/reset-password", { name: "admin" }),
    ],
    "a supervisor makes an API key": ["supervisor", b => b.post("/api-keys", { label: "x" })],
    "a supervisor reads the audit log": ["supervisor", b => b.get("/audit")],
  }
  for (const [what, [role, ask]] of Object.entries(beyond))
    it(`${what}: forbidden`, async () => {
      await world.user("admin", "administrator")
      const browser = await world.signedIn("siti", role)
      expect((await ask(browser)).json.code).to.equal("forbidden")
      expect((await browser.get("/session")).json.role).to.equal(role)
    })

  it("a session loses what its user lost: role, password, permission to sign in", async () => {
    const admin = await world.signedIn("admin", "administrator")
    for (const [i, path] of ["/users/disable", "/users/reset-password", "/users/reset-second-factor"].entries()) {
      const browser = await world.signedIn(`user${i}`, "supervisor")
      expect((await admin.post(path, { name: `user${i}` })).status).to.be.oneOf([200, 204])
      expect((await browser.get("/statistics")).json.code, path).to.equal("signed-out")
    }
  })

  it("the last administrator can be neither disabled nor demoted, not by itself either", async () => {
    const admin = await world.signedIn("admin", "administrator")
    expect((await admin.post("/users/disable", { name: "admin" })).json.code).to.equal("conflict")
    expect((await admin.post("/users/role", { name: "admin", role: "issuer" })).json.code).to.equal("conflict")
    await world.user("second", "administrator")
    expect((await admin.post("/users/role", { name: "second", role: "issuer" })).status).to.equal(204)
    expect((await admin.post("/users/disable", { name: "admin" })).json.code).to.equal("conflict")
  })

  it("one name is one user", async () => {
    const admin = await world.signedIn("admin", "administrator")
    expect((await admin.post("/users", { name: "siti", role: "issuer" })).json.oneTimePassword).to.match(/^\w{5}-/)
    expect((await admin.post("/users", { name: "siti", role: "supervisor" })).json.code).to.equal("conflict")
    for (const name of ["Siti", "s", "key-1", "<script>", "a b", "../x", "x".repeat(32), "ｓiti"])
      expect((await admin.post("/users", { name, role: "issuer" })).json.code, name).to.equal("format")
  })

  it("nothing of the portal can be asked without a session, and the authority's own routes are as they were", async () => {
    const browser = world.browser()
    for (const path of ["/second-factors", "/statistics", "/audit", "/users", "/api-keys"])
      expect((await browser.get(path)).json.code, path).to.equal("signed-out")
    expect((await browser.get("/nothing")).json.code).to.equal("not-found")
    expect((await browser.get("/v1/nothing")).json.code).to.equal("not-found")
    expect((await browser.post("/v1/codes", { contagiousFromDay: 1 })).status).to.equal(401)
  })

  it("an API key issues, by its id in the log; a changed, a made-up and a revoked one do not, at no cost", async () => {
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
    const admin = await counted.signedIn("admin", "administrator")
    const { id, key: apiKey } = (await admin.post("/api-keys", { label: "laboratory <1>" })).json
    const program = counted.browser()
    const issue = (given: string) =>
      program.post(
        "/v1/codes",
        { contagiousFromDay: Math.floor(counted.now() / 86_400) },
        { authorization: `Bearer ${given}` },
      )
    hashed = 0
    for (let i = 0; i < 5; i++) expect((await issue(apiKey)).status).to.equal(201)
    expect(hashed, "found good once").to.equal(1)
    const changed = apiKey.slice(0, -1) + (apiKey.endsWith("0") ? "1" : "0")
    for (const wrong of [changed, apiKey.replace(id, "0".repeat(16)), `lindung_${id}_${"0".repeat(96)}`, "x", ""])
      expect((await issue(wrong)).status).to.equal(401)
    expect(hashed, "no hash for a key that was not made here").to.equal(1)
    const [entry] = await counted.authority.audit({ after: (await counted.authority.auditHead()).number - 1, limit: 1 })
    expect(entry).to.include({ actor: `key-${id}`, action: "issue" })
    expect((await admin.get("/api-keys")).text)
      .to.include("laboratory <1>")
      .and.not.include(apiKey.slice(25))
    await admin.post("/api-keys/revoke", { id })
    expect((await issue(apiKey)).status).to.equal(401)
    await counted.close()
  })

  it("a body that is too large is refused before it is parsed", async () => {
    const browser = await world.signedIn("siti")
    const { status, json } = await browser.post("/password", { current: PASSWORD, next: "x".repeat(20_000) })
    expect([status, json.code]).to.deep.equal([413, "too-large"])
  })
})
