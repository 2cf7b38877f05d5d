import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { memoryCodeStore } from "../../../src/authority/index.ts"
import { code as codes } from "../../../src/crypto/index.ts"
import { encodeTest } from "../../../src/protocol/index.ts"
import { openWorld, PASSWORD, type World } from "./world.ts"

const key = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`
const DAY = 86_400
const dateOf = (unix: number): string => new Date(unix * 1000).toISOString().slice(0, 10)

describe("what staff does in the portal", () => {
  let world: World
  const daysBack = (days: number): string => dateOf(world.now() - days * DAY)
  const byDate = (days: number) => ({ by: "date", date: daysBack(days) })
  const order = (n: number, days = 2) => ({ key: key(n), test: "pcr", contagious: byDate(days) })
  afterEach(() => world.close())

  describe("with mechanism simple", () => {
    beforeEach(async () => {
      world = await openWorld()
    })

    it("issues a code that a phone accepts, with the time that is left", async () => {
      const browser = await world.signedIn("siti")
      const { status, json } = await browser.post("/codes", order(1))
      expect(status).to.equal(200)
      expect(codes.parse(json.grouped)).to.equal(json.code)
      expect(json.contagiousFrom).to.equal(daysBack(2))
      expect(json.expiresAt - world.now())
        .to.equal(json.secondsLeft)
        .and.be.within(24 * 3600, 25 * 3600)
    })

    it("a double click gives one code; the same key with another day is a conflict; another user's is another code", async () => {
      const browser = await world.signedIn("siti")
      const [one, two] = await Promise.all([browser.post("/codes", order(1)), browser.post("/codes", order(1))])
      expect(one.json.code).to.equal(two.json.code)
      expect((await browser.post("/codes", order(1, 3))).json.code).to.equal("conflict")
      expect((await browser.post("/codes", order(2))).json.code).to.not.equal(one.json.code)
      const other = await world.signedIn("ali")
      expect((await other.post("/codes", order(1))).json.code).to.not.equal(one.json.code)
      const entries = await world.authority.audit({ after: 0, limit: 100 })
      expect(entries.filter(({ action }) => action === "issue").map(({ actor }) => actor)).to.deep.equal([
        "siti",
        "siti",
        "ali",
      ])
    })

    it("the same key and body after midnight give the same codes, one by one and in bulk; another body is a conflict", async () => {
      await world.signedIn("siti", "supervisor")
      world.later(DAY - (world.now() % DAY) - 30)
      const single = { key: key(1), test: "pcr", contagious: { by: "onset", onset: daysBack(13) } }
      const line = { test: "pcr", contagious: byDate(2) }
      const bulk = { key: key(2), lines: [{ test: "pcr", contagious: byDate(14) }, { nonsense: 1 }, line] }
      const signedIn = async () => {
        const browser = world.browser()
        await browser.signIn("siti")
        return browser
      }
      const evening = await signedIn()
      const [one, many] = [await evening.post("/codes", single), await evening.post("/codes/bulk", bulk)]
      expect(many.json.lines.map(({ ok }: { ok: boolean }) => ok)).to.deep.equal([true, false, true])
      world.later(60)
      const night = await signedIn()
      const again = [await night.post("/codes", single), await night.post("/codes/bulk", bulk)]
      expect(again.map(({ status }) => status)).to.deep.equal([200, 200])
      expect(again[0]!.json.code).to.equal(one.json.code)
      expect(again[0]!.json.contagiousFrom).to.equal(one.json.contagiousFrom)
      const codesIn = ({ json }: typeof many) => json.lines.map((of: { issued?: { code: string } }) => of.issued?.code)
      expect(codesIn(again[1]!)).to.deep.equal(codesIn(many))
      for (const lines of [[line], [...bulk.lines, { nonsense: 2 }], [{ nonsense: 1 }], [...bulk.lines].reverse()])
        expect((await night.post("/codes/bulk", { key: key(2), lines })).json.code).to.equal("conflict")
      expect((await night.post("/codes", { ...single, test: "rapid" })).json.code).to.equal("conflict")
      const bad = { ...single, key: key(3), contagious: byDate(15) }
      expect((await night.post("/codes", bad)).json.code).to.equal("day")
      expect((await night.post("/codes", { ...bad, contagious: byDate(1) })).status, "nothing was kept").to.equal(200)
    })

    it("keeps of when somebody signed in the second, and of when he worked the minute", async () => {
      world.later(0.25)
      const begun = Math.floor(world.now())
      const sessions: { startedAt: number; seenAt: number }[] = []
      const { addSession, changeSession } = world.accounts
      Object.assign(world.accounts, {
        addSession(session: Parameters<typeof addSession>[0]) {
          sessions.push(session)
          return addSession(session)
        },
        async changeSession(...given: Parameters<typeof changeSession>) {
          const changed = await changeSession(...given)
          if (changed !== undefined) sessions.push(changed)
          return changed
        },
      })
      const browser = await world.signedIn("siti")
      world.later(95.5)
      await browser.post("/contagious-day", byDate(1))
      expect(new Set(sessions.map(({ seenAt }) => seenAt)).size, "begun, and used later").to.equal(2)
      for (const { startedAt, seenAt } of sessions) {
        expect(startedAt % 1).to.equal(0)
        expect(startedAt).to.be.within(begun, begun + 1)
        expect(seenAt % 60).to.equal(0)
      }
    })

    it("computes the day: two days before the symptoms, or before the test, and at most 14 days back", async () => {
      const browser = await world.signedIn("siti")
      const ask = async (body: object) => (await browser.post("/contagious-day", body)).json
      expect(await ask(byDate(3))).to.deep.equal({ contagiousFrom: daysBack(3), daysBack: 3, limited: false })
      expect(await ask({ by: "onset", onset: daysBack(4) })).to.include({ contagiousFrom: daysBack(6), limited: false })
      expect(await ask({ by: "test", tested: daysBack(0) })).to.include({ contagiousFrom: daysBack(2) })
      expect(await ask({ by: "onset", onset: daysBack(13) })).to.include({
        contagiousFrom: daysBack(14),
        limited: true,
      })
    })

    for (const [what, contagious] of Object.entries({
      "a day in the future": () => byDate(-1),
      "a day 15 days back": () => byDate(15),
      "symptoms 15 days ago": () => ({ by: "onset", onset: daysBack(15) }),
      "a test tomorrow": () => ({ by: "test", tested: daysBack(-1) }),
    }))
      it(`refuses ${what}`, async () => {
        const browser = await world.signedIn("siti")
        for (const [path, body] of [
          ["/contagious-day", contagious()],
          ["/codes", { ...order(1), contagious: contagious() }],
        ] as const) {
          const { status, json } = await browser.post(path, body)
          expect([status, json.code], path).to.deep.equal([400, "day"])
        }
      })

    for (const [what, change] of Object.entries({
      "a day that does not exist": { contagious: { by: "date", date: "2027-02-30" } },
      "a date with a time": { contagious: { by: "date", date: "2027-01-10T00:00:00Z" } },
      "two answers": { contagious: { by: "date", date: "2027-01-10", onset: "2027-01-10" } },
      "a day as a number": { contagious: { by: "date", date: 20_000 } },
      "no day": { contagious: undefined },
      "an unknown test": { test: "<img src=x>" },
      "a clinical diagnosis with the day of a test": {
        test: "clinical",
        contagious: { by: "test", tested: "2027-01-14" },
      },
      "a key that is too short": { key: "1" },
      "a member that nobody asked for": { patient: "<script>" },
    }))
      it(`refuses ${what}, and does not repeat it`, async () => {
        const browser = await world.signedIn("siti")
        const { status, json, text } = await browser.post("/codes", { ...order(1), ...change })
        expect([status, json.code]).to.deep.equal([400, "format"])
        expect(json.fields).to.have.length.above(0)
        expect(text).to.not.match(/<script|<img/)
      })

    it("issues in bulk, each line for itself; the same key again gives the same codes", async () => {
      const browser = await world.signedIn("siti", "supervisor")
      const lines = [
        { test: "pcr", contagious: byDate(1) },
        { test: "pcr", contagious: byDate(20) },
        { test: "nose", contagious: byDate(1) },
        "<b>",
        { test: "rapid", contagious: { by: "onset", onset: daysBack(2) } },
      ]
      const { json, text } = await browser.post("/codes/bulk", { key: key(9), lines })
      expect(json.lines.map((line: { ok: boolean; code?: string }) => (line.ok ? "ok" : line.code))).to.deep.equal([
        "ok",
        "day",
        "format",
        "format",
        "ok",
      ])
      expect(json.lines[4].issued.contagiousFrom).to.equal(daysBack(4))
      expect((await browser.post("/codes/bulk", { key: key(9), lines })).text).to.equal(text)
      const other = { key: key(9), lines: [lines[0]] }
      expect((await browser.post("/codes/bulk", other)).json.code).to.equal("conflict")
      expect((await browser.post("/codes/bulk", { key: key(8), lines: [] })).json.code).to.equal("format")
      const many = Array.from({ length: 1_001 }, () => lines[0])
      expect((await browser.post("/codes/bulk", { key: key(8), lines: many })).json.code).to.equal("format")
      const full = await browser.post("/codes/bulk", { key: key(7), lines: many.slice(1) })
      expect(new Set(full.json.lines.map((line: { issued: { code: string } }) => line.issued.code)).size).to.equal(
        1_000,
      )
    })

    it("revokes a code as it was typed, once", async () => {
      const browser = await world.signedIn("siti")
      const { code } = (await browser.post("/codes", order(1))).json
      const revoke = async (given: string) => (await browser.post("/codes/revoke", { given })).json.code ?? "revoked"
      expect(await revoke(code.slice(0, -1))).to.equal("code-format")
      expect(await revoke(codes.group(code).toLowerCase().replaceAll("0", "O"))).to.equal("revoked")
      expect(await revoke(code)).to.equal("unknown-code")
    })

    it("says what another mechanism would be for", async () => {
      const browser = await world.signedIn("siti")
      for (const [path, body] of [
        ["/codes/prepare", { key: key(1), test: "pcr" }],
        ["/codes/activate", { code: "00000-00000-0000", test: "pcr", contagious: byDate(1) }],
        ["/commitments", { scanned: "x", test: "pcr", contagious: byDate(1) }],
      ] as const)
        expect((await browser.post(path, body)).json.code, path).to.equal("mechanism")
    })

    it("shows the audit log in pages, newest first, with the end of its chain", async () => {
      const admin = await world.signedIn("admin", "administrator")
      for (let i = 0; i < 5; i++) await admin.post("/codes", order(i))
      const { json } = await admin.get("/audit?limit=3")
      const numbers = (page: { rows: { number: number }[] }) => page.rows.map(({ number }) => number)
      const newest = json.head.number
      expect(numbers(json)).to.deep.equal([newest, newest - 1, newest - 2])
      expect(json.rows[0]).to.include({ who: "admin", what: "issue", count: 1, hash: json.head.hash })
      expect(json.rows[0].at).to.match(/^2027-01-15T\d\d:\d\dZ$/)
      const next = (await admin.get(`/audit?limit=100&before=${json.before}`)).json
      expect(numbers(next)[0]).to.equal(newest - 3)
      expect(next.before).to.equal(null)
      expect((await admin.get("/audit?before=0")).json.rows).to.deep.equal([])
      for (const query of ["limit=0", "limit=501", "limit=x", "before=-1", "other=1"])
        expect((await admin.get(`/audit?${query}`)).json.code, query).to.equal("format")
    })

    it("counts by day, and withholds small numbers", async () => {
      const browser = await world.signedIn("siti", "supervisor")
      for (let i = 0; i < 4; i++) await browser.post("/codes", order(i))
      const today = async () => (await browser.get("/statistics?days=2")).json.days.at(-1)
      expect(await today()).to.deep.equal({
        day: daysBack(0),
        issued: null,
        activated: null,
        signed: null,
        revoked: null,
      })
      await browser.post("/codes", order(5))
      expect(await today()).to.include({ issued: 5 })
      expect((await browser.get("/statistics")).json.days).to.have.length(30)
      expect((await browser.get("/statistics?days=91")).json.code).to.equal("format")
    })

    it("sends a code by SMS, in the language asked for; shows the text before, without the code", async () => {
      const browser = await world.signedIn("siti")
      const { code, expiresAt } = (await browser.post("/codes", order(1))).json
      const preview = (await browser.post("/sms/preview", { language: "ms", expiresAt })).json
      for (const wrong of [8_640_000_000_001, -1, 2 ** 32]) {
        const refused = await browser.post("/sms/preview", { language: "en", expiresAt: wrong })
        expect([refused.status, refused.json.code], `${wrong}`).to.deep.equal([400, "format"])
      }
      expect(preview.text).to.include("•••••-•••••-••••").and.include("Kod anda")
      expect(preview.parts).to.equal(1)
      const message = { number: "+60123456789", code, language: "en", expiresAt }
      expect((await browser.post("/sms", message)).status).to.equal(204)
      expect(world.sent).to.have.length(1)
      expect(world.sent[0]!.text).to.include(codes.group(code)).and.include("UTC")
      for (const number of ["0123", "+0123456789", "+6012345678901234", "+60 12", "<b>"])
        expect((await browser.post("/sms", { ...message, number })).json.code, number).to.equal("format")
      expect((await browser.post("/sms", { ...message, code: "00000-00000-0001" })).json.code).to.equal("code-format")
      expect(world.sent).to.have.length(1)
    })

    it("training looks real and touches nothing", async () => {
      const browser = await world.signedIn("siti", "administrator")
      const before = await world.authority.auditHead()
      expect((await browser.post("/training", { on: true })).json).to.include({ training: true, name: "siti" })
      const { json } = await browser.post("/codes", order(1))
      expect(codes.parse(json.code)).to.equal(json.code)
      expect((await browser.post("/codes", order(1))).json.code, "the same again").to.equal(json.code)
      const message = { number: "+60123456789", code: json.code, language: "en", expiresAt: json.expiresAt }
      expect((await browser.post("/sms", message)).status).to.equal(204)
      expect((await browser.get("/audit")).json.rows).to.have.length(1)
      expect((await browser.post("/codes/revoke", { given: json.code })).status).to.equal(204)
      for (const [path, body] of [
        ["/users", { name: "two", role: "issuer" }],
        ["/password", { current: PASSWORD, next: "another good password" }],
        ["/api-keys", { label: "x" }],
        ["/second-factors/totp", { password: PASSWORD }],
      ] as const)
        expect((await browser.post(path, body)).json.code, path).to.equal("training")
      expect(world.sent).to.deep.equal([])
      expect(await world.authority.auditHead()).to.deep.equal(before)
      expect((await browser.post("/training", { on: false })).json).to.include({ training: false })
      expect((await browser.post("/codes/revoke", { given: json.code })).json.code).to.equal("unknown-code")
    })

    it("no answer but the one that issues it, no log line and no audit entry holds a code", async () => {
      const browser = await world.signedIn("siti", "administrator")
      const { code, grouped, expiresAt } = (await browser.post("/codes", order(1))).json
      const bulk = (await browser.post("/codes/bulk", { key: key(2), lines: [{ test: "pcr", contagious: byDate(1) }] }))
        .json
      const held = [code, grouped, bulk.lines[0].issued.code, bulk.lines[0].issued.grouped]
      await browser.post("/sms/preview", { language: "en", expiresAt })
      await browser.post("/sms", { number: "+60123456789", code, language: "en", expiresAt })
      const typed = [
        await browser.post("/codes/revoke", { given: code }),
        await browser.post("/codes/revoke", { given: code }),
        await browser.post("/codes/activate", { code, test: "pcr", contagious: byDate(1) }),
        await browser.post("/codes", { ...order(3), [code]: code, test: code }),
      ]
      await browser.get(`/${code}`)
      await browser.get(`/audit?${code}=${code}`)
      await browser.get("/audit")
      await browser.get("/statistics")
      await browser.get("/session")
      const all = [...world.answered, ...typed.map(({ text }) => text), ...world.log].join("\n")
      const entries = JSON.stringify(await world.authority.audit({ after: 0, limit: 1000 }))
      for (const one of held) {
        expect(all).to.not.include(one)
        expect(entries).to.not.include(one)
      }
      expect(all).to.not.include("+60123456789").and.not.include("60123456789")
    })

    it("serves its document, a page of it without a script, and forbids everything that is not its own", async () => {
      const browser = world.browser()
      const document = await browser.get("/v1/openapi.json")
      expect(document.json.openapi).to.equal("3.1.0")
      const policy = String(document.headers["content-security-policy"])
      expect(policy).to.include("default-src 'none'").and.include("script-src 'self'").and.include("style-src 'self'")
      expect(policy).to.include("frame-ancestors 'none'").and.not.include("unsafe")
      const page = await browser.get("/docs", { "sec-fetch-site": "none" })
      expect(page.text)
        .to.include("/v1/portal/codes/bulk")
        .and.not.match(/<script|https?:| on[a-z]+=| style=/)
      expect((await browser.get("/docs/style.css")).headers["content-type"]).to.match(/^text\/css/)
      expect((await browser.get("/portal/")).status, "no pages are configured").to.equal(404)
      expect(document.headers["strict-transport-security"]).to.match(/^max-age=/)
    })
  })

  it("serves the portal's pages from a directory, and nothing beside it", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lindung-portal-"))
    await mkdir(join(directory, "pages"))
    await writeFile(join(directory, "pages", "index.html"), "<!doctype html>")
    await writeFile(join(directory, "pages", ".env"), "secret")
    await writeFile(join(directory, "secret.txt"), "secret")
    world = await openWorld({ environment: { FILES: join(directory, "pages") } })
    const browser = world.browser()
    const page = await browser.get("/portal/")
    expect(page.text).to.equal("<!doctype html>")
    expect(page.headers).to.include({ "cache-control": "no-cache", "referrer-policy": "same-origin" })
    for (const path of [
      "/portal/../secret.txt",
      "/portal/%2e%2e/secret.txt",
      "/portal/.env",
      "/portal/..%2fsecret.txt",
    ])
      expect((await browser.get(path)).text, path).to.not.include("secret")
    await rm(directory, { recursive: true })
  })

  it("mechanism activated: a code is handed over dead, and comes alive with the result", async () => {
    world = await openWorld({ mechanism: "activated" })
    const browser = await world.signedIn("siti")
    const prepared = (await browser.post("/codes/prepare", { key: key(1), test: "pcr" })).json
    expect(prepared.contagiousFrom).to.equal(null)
    const activate = async (code: string) =>
      (await browser.post("/codes/activate", { code, test: "pcr", contagious: byDate(3) })).json
    expect(await activate(prepared.grouped)).to.include({ contagiousFrom: daysBack(3) })
    expect((await activate(prepared.code)).code, "twice").to.equal("unknown-code")
    expect((await activate("00000-00000-0001")).code).to.equal("code-format")
    expect((await browser.post("/codes", order(1))).json.code).to.equal("mechanism")
  })

  it("mechanism data-bound: what the phone showed is signed, once", async () => {
    world = await openWorld({ mechanism: "data-bound" })
    const browser = await world.signedIn("siti")
    const scanned = encodeTest({ commitment: new Uint8Array(32).fill(3), lock: new Uint8Array(16).fill(4) })
    const sign = async (text: string) =>
      (await browser.post("/commitments", { scanned: text, test: "pcr", contagious: byDate(3) })).json
    expect(await sign(scanned)).to.include({ contagiousFrom: daysBack(3) })
    expect((await sign(scanned)).code, "twice").to.equal("conflict")
    expect((await sign("https://evil.example/<script>")).code).to.equal("code-format")
    expect((await browser.post("/codes/revoke", { given: scanned })).status).to.equal(204)
    expect((await browser.post("/codes/prepare", { key: key(1), test: "pcr" })).json.code).to.equal("mechanism")
  })

  it("a gateway that fails is said to have failed, and neither number nor code is logged", async () => {
    world = await openWorld({
      sms: {
        send: async (number, text) => {
          throw new Error(`could not send ${text} to ${number}`)
        },
      },
    })
    const browser = await world.signedIn("siti")
    const { code, expiresAt } = (await browser.post("/codes", order(1))).json
    const sent = await browser.post("/sms", { number: "+60123456789", code, language: "en", expiresAt })
    expect([sent.status, sent.json.code]).to.deep.equal([502, "sms-failed"])
    expect(world.log.join()).to.include("sms-failed").and.not.include("6012").and.not.include(codes.group(code))
  })

  it("a store that fails is `full`, and says nothing of its inside", async () => {
    const store = memoryCodeStore()
    world = await openWorld({
      store: {
        ...store,
        beginBatch: async () => {
          throw Object.assign(new Error("disk of siti"), { code: "SQLITE_FULL" })
        },
      },
    })
    const browser = await world.signedIn("siti")
    const { status, json, text } = await browser.post("/codes", order(1))
    expect([status, json.code]).to.deep.equal([503, "full"])
    expect(text).to.not.include("siti")
    expect(world.log.join()).to.include("SQLITE_FULL").and.not.include("disk")
  })
})
