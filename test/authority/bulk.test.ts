import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { type BulkLine, type CodeStore, memoryCodeStore, sqliteCodeStore } from "../../src/authority/index.ts"
import { code } from "../../src/crypto/index.ts"
import { encodeRedeem, parseToken, verifyToken } from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { deploy, TODAY } from "./deployment.ts"

const ID = "2027-01-15_clinic-7"
const BY = "api-key:1"
const codesOf = (lines: readonly BulkLine[]) => lines.map(line => ("code" in line ? line.code : undefined))
const orders = (n: number) => Array.from({ length: n }, (_, i) => ({ contagiousFromDay: TODAY - (i % 5) }))
const dir = mkdtempSync(join(tmpdir(), "lindung-bulk-"))
after(() => rmSync(dir, { recursive: true }))

describe("bulk issue", () => {
  it("gives one code a line, all different, well formed and good", async () => {
    const site = await deploy()
    const lines = await site.authority.bulkIssue({ batchId: ID, orders: orders(1200) }, BY)
    const codes = codesOf(lines)
    expect(new Set(codes).size).to.equal(1200)
    expect(codes.every(one => one !== undefined && code.parse(one) === one)).to.equal(true)
    for (const i of [0, 499, 500, 1199]) {
      const { body } = await site.redeem(encodeRedeem(codes[i]!, new Uint8Array(32)))
      expect(verifyToken(parseToken(body), [site.authority.publicKey])).to.equal(true)
      expect(parseToken(body).contagiousFromDay).to.equal(TODAY - (i % 5))
    }
    await site.close()
  })

  it("does the good lines and says of each bad one what is wrong with it", async () => {
    const site = await deploy()
    const given = [TODAY, TODAY + 1, TODAY - 14, TODAY - 15, 0.5, undefined]
    const lines = await site.authority.bulkIssue(
      { batchId: ID, orders: given.map(day => (day === undefined ? {} : { contagiousFromDay: day })) },
      BY,
    )
    expect(lines.map(line => "code" in line)).to.deep.equal([true, false, true, false, false, false])
    for (const line of lines) if ("refused" in line) expect(line.refused).to.match(/^contagiousFromDay: expected/)
    const [entry] = await site.authority.audit({ after: 0, limit: 10 })
    expect(entry).to.include({ action: "bulk-issue", count: 2 })
    await site.close()
  })

  it("gives the same codes for the same id and lines, a day later too, and stores and logs them once", async () => {
    const site = await deploy({ codeValidHours: 48 })
    const order = { batchId: ID, orders: orders(700) }
    const first = await site.authority.bulkIssue(order, BY)
    site.later(86_400)
    expect(await site.authority.bulkIssue(order, BY)).to.deep.equal(first)
    expect((await site.authority.auditHead()).number).to.equal(1)
    const others = await site.authority.bulkIssue(order, "api-key:2")
    expect(codesOf(others)).not.to.have.members(codesOf(first))
    await site.close()
  })

  it("goes on where it broke off", async () => {
    const memory = memoryCodeStore()
    let left = 2
    const stored: number[] = []
    const store: CodeStore = {
      ...memory,
      async addToBatch(id, done, rows, lines) {
        if (left-- === 0) throw Object.assign(new Error("no space"), { code: "SQLITE_FULL" })
        stored.push(done)
        return memory.addToBatch(id, done, rows, lines)
      },
    }
    const site = await deploy({}, { store })
    const order = { batchId: ID, orders: orders(1600) }
    expect(await site.authority.bulkIssue(order, BY).catch(error => error.code)).to.equal("SQLITE_FULL")
    const lines = await site.authority.bulkIssue(order, BY)
    expect(stored).to.deep.equal([0, 500, 1000, 1500])
    for (const i of [0, 999, 1000, 1599]) {
      const { body } = await site.redeem(encodeRedeem(codesOf(lines)[i]!, new Uint8Array(32)))
      expect(verifyToken(parseToken(body), [site.authority.publicKey])).to.equal(true)
    }
    await site.close()
  })

  it("refuses an id for other lines, an id that is none, and no or too many lines", async () => {
    const site = await deploy()
    const failure = (batchId: string, n: number) =>
      site.authority.bulkIssue({ batchId, orders: orders(n) }, BY).then(
        () => "issued",
        error => error.code ?? error.name,
      )
    expect(await failure(ID, 3)).to.equal("issued")
    expect(await failure(ID, 4)).to.equal("state")
    for (const id of ["", "short", "x".repeat(65), `${ID} `]) expect(await failure(id, 3)).to.equal("RangeError")
    expect(await failure(`${ID}-2`, 0)).to.equal("RangeError")
    expect(await failure(`${ID}-2`, 100_001)).to.equal("RangeError")
    await site.close()
  })

  it("keeps no code, no batch id and no orderer that a code could be found by", async () => {
    const path = join(dir, "codes.sqlite")
    const site = await deploy({}, { store: await sqliteCodeStore(path, seeded(4)) })
    const lines = await site.authority.bulkIssue({ batchId: ID, orders: orders(20) }, BY)
    const files = ["", "-wal"].map(suffix => readFileSync(path + suffix))
    for (const text of [ID, ...codesOf(lines)])
      expect(files.some(file => file.includes(Buffer.from(text!)))).to.equal(false)
    await site.close()
  })

  it("makes dead codes where codes are activated", async () => {
    const site = await deploy({ mechanism: "activated" })
    const [line] = await site.authority.bulkIssue({ batchId: ID, orders: [{}] }, BY)
    const typed = codesOf([line!])[0]!
    const good = async () =>
      verifyToken(parseToken((await site.redeem(encodeRedeem(typed, new Uint8Array(32)))).body), [
        site.authority.publicKey,
      ])
    expect(await good()).to.equal(false)
    await site.authority.activate({ code: typed, contagiousFromDay: TODAY }, BY)
    expect(await good()).to.equal(true)
    await site.close()
  })
})
