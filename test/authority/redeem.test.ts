import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { type CodeStore, memoryCodeStore, sqliteCodeStore } from "../../src/authority/index.ts"
import { code, hex } from "../../src/crypto/index.ts"
import { encodeRedeem, keyId, parseToken, TOKEN_BYTES, verifyToken } from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { type Answer, type Deployment, deploy, START, TODAY } from "./deployment.ts"

const HOUR = 3600
const commitment = (n: number) => new Uint8Array(32).fill(n)
const madeUp = (seed: number) => code.generate(seeded(seed))

describe("redeeming", () => {
  let site: Deployment
  let good: string
  const verifies = ({ body }: Answer) => verifyToken(parseToken(body), [site.authority.publicKey])
  const redeem = (typed: string, n: number) => site.redeem(encodeRedeem(typed, commitment(n)))

  beforeEach(async () => {
    site = await deploy()
    good = (await site.authority.issue({ contagiousFromDay: TODAY - 2 }, "nurse-1")).code
  })
  afterEach(() => site.close())

  it("turns a good code into a token for this commitment, with the day the authority gave", async () => {
    const answer = await redeem(good, 7)
    expect(answer.status).to.equal(200)
    expect(verifies(answer)).to.equal(true)
    const token = parseToken(answer.body)
    expect(token).to.deep.include({ mechanism: 1, contagiousFromDay: TODAY - 2, commitment: commitment(7) })
    expect(token.expiryDay).to.be.within(TODAY + 1, TODAY + 13)
  })

  it("gives the same token for the same commitment, until an hour after the code has ended", async () => {
    const first = await redeem(good, 7)
    site.later(24 * HOUR + 1800)
    expect((await redeem(good, 7)).body).to.deep.equal(first.body)
  })

  it("gives one length and the same headers for good, repeated, wrong, spent, expired and made-up codes", async () => {
    const second = (await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")).code
    const answers = {
      good: await redeem(good, 7),
      repeated: await redeem(good, 7),
      spent: await redeem(good, 8),
      madeUp: await redeem(madeUp(5), 7),
      wrongCheckSymbol: await redeem(`${good.slice(0, 13)}${good[13] === "0" ? "1" : "0"}`, 7),
      lowerCase: await redeem(good.toLowerCase(), 7),
      controlCharacters: await redeem("\0".repeat(14), 7),
      expired: await (async () => {
        site.later(25 * HOUR)
        return redeem(second, 7)
      })(),
    }
    for (const [name, { status, headers, body }] of Object.entries(answers)) {
      expect({ status, headers, length: body.length }, name).to.deep.equal({
        status: 200,
        headers: answers.good.headers,
        length: TOKEN_BYTES,
      })
    }
    const real = Object.entries(answers).filter(([, answer]) => verifies(answer))
    expect(real.map(([name]) => name)).to.deep.equal(["good", "repeated"])
  })

  it("gives a dummy that names the real key and holds the commitment, so that a phone works on it as long", async () => {
    const dummy = parseToken((await redeem(madeUp(5), 7)).body)
    expect(dummy.keyId).to.deep.equal(keyId(site.authority.publicKey))
    expect(dummy.commitment).to.deep.equal(commitment(7))
    expect(verifyToken(dummy, [site.authority.publicKey])).to.equal(false)
  })

  it("takes a code's 14 symbols as any bytes, also outside ASCII", async () => {
    const answer = await site.redeem(new Uint8Array(46).fill(0xff))
    expect(answer.body).to.have.length(TOKEN_BYTES)
    expect(verifies(answer)).to.equal(false)
  })

  it("lets exactly one commitment win when many come at once", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => redeem(good, n)))
    expect(answers.filter(verifies)).to.have.length(1)
    expect(new Set(answers.map(({ body }) => body.length))).to.deep.equal(new Set([TOKEN_BYTES]))
  })

  it("refuses a code of another authority", async () => {
    const other = await deploy({ hashKey: new Uint8Array(32).fill(3) }, { random: seeded(12) })
    const foreign = (await other.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")).code
    await other.close()
    expect(verifies(await redeem(foreign, 7))).to.equal(false)
  })

  it("gives no token that is accepted after the 13th day from the code's issue", async () => {
    for (const [codeValidHours, tokenValidDays] of [
      [24, 12],
      [288, 1],
      [1, 12],
    ] as const)
      for (const moment of [0, 1, 86_399]) {
        const midnight = TODAY * 86_400
        const longest = await deploy({ codeValidHours, tokenValidDays }, { clock: () => midnight + moment })
        const fresh = (await longest.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")).code
        const { body } = await longest.redeem(encodeRedeem(fresh, commitment(1)))
        expect(parseToken(body).expiryDay).to.be.at.most(TODAY + 13)
        await longest.close()
      }
  })

  const wrong: Record<string, [Uint8Array | string, Record<string, string>, number]> = {
    "no body": ["", { "content-type": "application/octet-stream" }, 400],
    "a byte too few": [new Uint8Array(45), { "content-type": "application/octet-stream" }, 400],
    "a byte too many": [new Uint8Array(47), { "content-type": "application/octet-stream" }, 413],
    "a megabyte": [new Uint8Array(2 ** 20), { "content-type": "application/octet-stream" }, 413],
    "another type": [new Uint8Array(46), { "content-type": "application/json" }, 415],
    "no type": [new Uint8Array(46), {}, 415],
    "a compressed body": [
      new Uint8Array(46),
      { "content-type": "application/octet-stream", "content-encoding": "gzip" },
      415,
    ],
  }
  for (const [name, [body, headers, status]] of Object.entries(wrong))
    it(`refuses ${name} with a problem document`, async () => {
      const answer = await site.post("/v1/redeem", body, headers)
      expect(answer.status).to.equal(status)
      expect(JSON.parse(answer.body.toString())).to.include({ status })
      expect(verifies(await redeem(good, 7)), "and nothing has changed").to.equal(true)
    })

  it("answers every preflight with the same few bytes, for redeeming alone", async () => {
    const preflight = (path: string, headers: Record<string, string>) => site.ask("OPTIONS", path, "", headers)
    const first = await preflight("/v1/redeem", { origin: "https://app.example" })
    expect({ status: first.status, length: first.body.length }).to.deep.equal({ status: 204, length: 0 })
    expect(first.headers).to.include.members([
      "Access-Control-Allow-Origin: *",
      "Access-Control-Allow-Methods: POST",
      "Access-Control-Allow-Headers: content-type",
      "Access-Control-Max-Age: 86400",
    ])
    for (const origin of ["null", "http://192.0.2.1:8080"])
      expect(await preflight("/v1/redeem", { origin, cookie: "a=1" })).to.deep.equal(first)
    expect((await preflight("/v1/codes", { origin: "https://app.example" })).headers.join()).to.not.include(
      "Allow-Origin",
    )
  })

  it("lets a page of any origin read its token and every refusal", async () => {
    for (const body of [encodeRedeem(good, commitment(7)), encodeRedeem(madeUp(5), commitment(7)), new Uint8Array(3)])
      expect((await site.redeem(body)).headers).to.include("Access-Control-Allow-Origin: *")
    expect((await site.issue({ contagiousFromDay: TODAY })).headers.join()).to.not.include("Allow-Origin")
  })

  it("answers other paths with a problem document", async () => {
    const { status, body } = await site.post("/v1/other", "")
    expect([status, JSON.parse(body.toString()).code]).to.deep.equal([404, "not-found"])
  })
})

describe("the time of an answer", () => {
  it("is the configured one after the request, however long the store took, good code or not", async () => {
    for (const took of [0, 1, 700]) {
      let elapsed = 0
      const memory = memoryCodeStore()
      const store: CodeStore = {
        ...memory,
        redeem: async (attempts, hour) => {
          elapsed += took
          return memory.redeem(attempts, hour)
        },
      }
      const wait = async (ms: number) => {
        elapsed += ms
      }
      const site = await deploy({}, { store, monotonic: () => elapsed, wait })
      const { code: good } = await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")
      for (const typed of [good, good, madeUp(3)]) {
        const arrival = elapsed
        await site.redeem(encodeRedeem(typed, commitment(1)))
        expect(elapsed - arrival).to.equal(1500)
      }
      await site.close()
    }
  })
})

describe("an authority under load or in trouble", () => {
  it("refuses before any look-up, with one size for all codes, when too many wait", async () => {
    let lookUps = 0
    const memory = memoryCodeStore()
    const store: CodeStore = {
      ...memory,
      redeem: (attempts, hour) => {
        lookUps += attempts.length
        return memory.redeem(attempts, hour)
      },
    }
    const held: (() => void)[] = []
    const wait = () => new Promise<void>(resolve => held.push(resolve))
    const site = await deploy({ maxWaiting: 2 }, { store, wait })
    const { code: good } = await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")
    const answers: Answer[] = []
    const sent = [1, 2, 3, 4].map(async n => {
      answers.push(await site.redeem(encodeRedeem(n % 2 ? good : madeUp(n), commitment(n))))
    })
    while (answers.length < 2) await new Promise(resolve => setImmediate(resolve))
    expect(lookUps).to.equal(0)
    for (const { status, body } of answers) {
      expect(status).to.equal(429)
      expect(body).to.deep.equal(answers[0]!.body)
    }
    const release = setInterval(() => {
      for (const resolve of held.splice(0)) resolve()
    }, 1)
    await Promise.all(sent)
    clearInterval(release)
    expect(lookUps).to.equal(2)
    expect(answers.slice(2).map(({ status }) => status)).to.deep.equal([200, 200])
    await site.close()
  })

  it("answers 503 at the usual time when the store takes nothing, and logs why and nothing else", async () => {
    const full = Object.assign(new Error("disk full near ABCDE"), { code: "SQLITE_FULL" })
    const memory = memoryCodeStore()
    let broken = false
    const failing: CodeStore = {
      ...memory,
      add: (rows, by) => (broken ? Promise.reject(full) : memory.add(rows, by)),
      redeem: (attempts, hour) => (broken ? Promise.reject(full) : memory.redeem(attempts, hour)),
    }
    const site = await deploy({}, { store: failing })
    const { code: good } = await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")
    broken = true
    const refused = await site.redeem(encodeRedeem(good, commitment(1)))
    expect(refused.status).to.equal(503)
    expect((await site.issue({ contagiousFromDay: TODAY })).status).to.equal(503)
    const line = JSON.stringify({ event: "request-failed", code: "full", why: "SQLITE_FULL" })
    expect(site.log).to.deep.equal([line, line])
    broken = false
    const again = await site.redeem(encodeRedeem(good, commitment(1)))
    expect(verifyToken(parseToken(again.body), [site.authority.publicKey])).to.equal(true)
    await site.close()
  })

  it("writes no code, commitment, token, key or address to its log", async () => {
    const site = await deploy()
    const { code: good } = await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")
    await site.redeem(encodeRedeem(good, commitment(1)))
    await site.redeem(encodeRedeem(good, commitment(2)))
    await site.redeem(new Uint8Array(3))
    await site.issue({ contagiousFromDay: TODAY }, { authorization: "Bearer nobody" })
    expect(site.log).to.deep.equal([])
    await site.close()
  })

  it("answers who waits before it closes", async () => {
    const held: (() => void)[] = []
    const wait = () => new Promise<void>(resolve => held.push(resolve))
    const site = await deploy({}, { wait })
    const { code: good } = await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")
    const answer = site.redeem(encodeRedeem(good, commitment(1)))
    while (held.length === 0) await new Promise(resolve => setImmediate(resolve))
    const closed = site.authority.close()
    const release = setInterval(() => {
      for (const resolve of held.splice(0)) resolve()
    }, 1)
    expect(verifyToken(parseToken((await answer).body), [site.authority.publicKey])).to.equal(true)
    await closed
    clearInterval(release)
    await site.close()
  })
})

describe("what an authority keeps in its file", () => {
  const dir = mkdtempSync(join(tmpdir(), "lindung-authority-"))
  after(() => rmSync(dir, { recursive: true }))

  it("is no code, no commitment, no token and no time finer than the hour", async () => {
    const path = join(dir, "codes.sqlite")
    const inner = await sqliteCodeStore(path, seeded(4))
    const rows: unknown[] = []
    const store: CodeStore = {
      ...inner,
      add: (added, by) => {
        rows.push(...added)
        return inner.add(added, by)
      },
    }
    const site = await deploy({}, { store })
    const { code: good } = await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")
    const { body: token } = await site.redeem(encodeRedeem(good, commitment(0xc7)))
    const { readFileSync } = await import("node:fs")
    for (const suffix of ["", "-wal"]) {
      const file = readFileSync(path + suffix)
      for (const [name, secret] of Object.entries({
        code: Buffer.from(good),
        commitment: Buffer.from(commitment(0xc7)),
        signature: token.subarray(46),
      }))
        expect(file.includes(secret), `${name} in the file${suffix}`).to.equal(false)
    }
    expect(rows).to.have.length(1)
    expect(rows[0]).to.have.all.keys("code", "mechanism", "contagiousFromDay", "expiresHour")
    expect(hex((rows[0] as { code: Uint8Array }).code)).not.to.include(hex(Buffer.from(good)))
    expect(rows[0]).to.include({ expiresHour: Math.ceil(START / HOUR) + 24 })
    await site.close()
  })

  it("goes away when it has expired, without anybody asking", async () => {
    const path = join(dir, "expiry.sqlite")
    const site = await deploy({}, { store: await sqliteCodeStore(path, seeded(4)) })
    await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")
    const { default: SQLite } = await import("better-sqlite3")
    const reader = new SQLite(path, { readonly: true })
    const count = () => reader.prepare("SELECT count(*) FROM codes WHERE mechanism > 0").pluck().get()
    expect(count()).to.equal(1)
    site.later(27 * HOUR)
    await site.redeem(encodeRedeem(madeUp(1), commitment(1)))
    expect(count()).to.equal(0)
    reader.close()
    await site.close()
  })
})
