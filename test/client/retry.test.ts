import { expect } from "chai"
import fc from "fast-check"
import { type LindungError, memoryStore, type SyncResult } from "../../src/client/index.ts"
import { noteFailure } from "../../src/client/retry.ts"
import { retryAfter } from "../../src/client/transport.ts"
import { LindungError as Coded } from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { draftOf, lab, never } from "./lab.ts"
import { setting } from "./lies.ts"

const HOUR = 3600
const DATE = "Fri, 08 May 2020 12:00:00 GMT"
const headers = (after: string, date = DATE) =>
  new Map([
    ["retry-after", after],
    ["date", date],
  ])

describe("Retry-After", () => {
  it("is a number of seconds, or a date by the server's own clock", () => {
    expect(retryAfter(headers("120"))).to.equal(120)
    expect(retryAfter(headers(" 0 "))).to.equal(0)
    expect(retryAfter(headers("Fri, 08 May 2020 12:05:00 GMT"))).to.equal(300)
    expect(retryAfter(headers("Fri, 08 May 2020 11:00:00 GMT"))).to.equal(0)
  })

  it("is nothing where it is neither, or the server does not say by which clock", () => {
    for (const value of ["", "-1", "1.5", "soon", "1e9", "99999999999", "2020-05-08", "Fri, 99 May 2020 12:00:00 GMT"])
      expect(retryAfter(headers(value)), value).to.equal(undefined)
    expect(retryAfter(headers("Fri, 08 May 2020 12:05:00 GMT", ""))).to.equal(undefined)
    expect(retryAfter(new Map())).to.equal(undefined)
  })

  it("is waited for, with dice on top, and never for more than four hours", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(10 * HOUR), fc.nat(), async (asked, seed) => {
        const error = new Coded("full", "x", { retryAfter: asked })
        const at = await memoryStore().write(tx => noteFailure(tx, "sync", 1000, seeded(seed), error))
        expect(at - 1000).to.be.within(Math.min(asked, 4 * HOUR), 4 * HOUR)
        expect(at - 1000).to.be.at.most(Math.max(60, asked + Math.min(asked / 2 + 1, 300)))
      }),
    )
    const spread = await Promise.all(
      Array.from({ length: 20 }, (_, seed) =>
        memoryStore().write(tx =>
          noteFailure(tx, "sync", 0, seeded(seed), new Coded("full", "x", { retryAfter: 600 })),
        ),
      ),
    )
    expect(new Set(spread).size).to.be.greaterThan(15)
  })

  it("of a file is honoured by the next sync, and told", async () => {
    const at = await setting()
    at.log.http.send = async () => ({ status: 503, headers: headers("1800"), body: new Uint8Array(0) })
    const { error } = (await at.client.sync()) as Extract<SyncResult, { is: "failed" }>
    expect(error).to.include({ code: "full", status: 503, retryAfter: 1800 })
    expect(error.notBefore! / 1000 - at.virtual.now).to.be.within(1800, 2100)
    at.virtual.now += 1700
    expect(await at.client.sync()).to.include({ is: "skipped", until: error.notBefore })
  })
})

/** The seconds until a phone tries again whose upload or redemption was refused. */
async function waits(kind: "report" | "cover", path: string): Promise<number> {
  const at = await lab("hybrid", { config: { cover: kind === "cover" ? { meanDays: 1, catchUpHours: 48 } : "off" } })
  const refusal = { status: 429, headers: headers("3600"), body: new Uint8Array(0) }
  let refused = 0
  const draft = kind === "report" ? await draftOf(at) : undefined
  at.w.intercept(async (_, request, pass) => {
    if (!request.url.endsWith(path)) return pass()
    refused ||= at.w.now / 1000
    return refusal
  })
  if (draft) {
    const error = (await draft.submit().catch(caught => caught)) as LindungError
    expect(error).to.include({ code: "rate-limited", retryAfter: 3600 })
    expect(error.notBefore).to.be.greaterThan(at.w.now)
  }
  while (refused === 0) await at.w.advance({ hours: 1 })
  const { next } = await at.anna.status()
  await at.anna.run("cover", { signal: never })
  expect(
    at.w.wire().filter(({ url }) => url.endsWith(path)),
    "before its time nothing is sent",
  ).to.have.length(1)
  await at.w.close()
  return next.cover! / 1000 - refused
}

for (const path of ["/v1/redeem", "/v1/uploads"])
  it(`a report and a cover action that are refused wait by one schedule: ${path}`, async () => {
    for (const kind of ["report", "cover"] as const) expect(await waits(kind, path)).to.be.within(3590, 3910)
  })
