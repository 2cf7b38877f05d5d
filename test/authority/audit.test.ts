import { createHash } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import SQLite from "better-sqlite3"
import { expect } from "chai"
import fc from "fast-check"
import { type AuditEntry, sqliteCodeStore, verifyAudit } from "../../src/authority/index.ts"
import { encodeRedeem } from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { deploy, START, TODAY } from "./deployment.ts"

const dir = mkdtempSync(join(tmpdir(), "lindung-audit-"))
after(() => rmSync(dir, { recursive: true }))

const put = (log: readonly AuditEntry[], at: number, entry: AuditEntry): AuditEntry[] =>
  log.map((one, i) => (i === at ? entry : one))

describe("the audit log", () => {
  it("says who, what and in which minute, and holds nothing that an upload holds as well", async () => {
    const site = await deploy({ mechanism: "activated" })
    const { code } = await site.authority.issue({}, "nurse-1")
    site.later(60)
    await site.authority.activate({ code, contagiousFromDay: TODAY - 2 }, "nurse-2")
    await site.redeem(encodeRedeem(code, new Uint8Array(32).fill(7)))
    await site.authority.revoke(code, "supervisor-1")
    await site.authority.record("sign-in", "nurse-1")
    const log = await site.authority.audit({ after: 0, limit: 100 })
    const minute = Math.floor(START / 60)
    expect(log.map(({ hash: _, ...entry }) => entry)).to.deep.equal([
      { number: 1, minute, actor: "nurse-1", action: "issue", count: 1 },
      { number: 2, minute: minute + 1, actor: "nurse-2", action: "activate", count: 1 },
      { number: 3, minute: minute + 1, actor: "supervisor-1", action: "revoke", count: 1 },
      { number: 4, minute: minute + 1, actor: "nurse-1", action: "sign-in", count: 1 },
    ])
    expect(verifyAudit(log, await site.authority.auditHead())).to.equal(true)
    await site.close()
  })

  it("is the same to the byte whatever day, code or commitment an act was about", async () => {
    const logs = []
    for (const [seed, day] of [
      [1, TODAY],
      [2, TODAY - 14],
    ] as const) {
      const site = await deploy({}, { random: seeded(seed) })
      const { code } = await site.authority.issue({ contagiousFromDay: day }, "nurse-1")
      if (seed === 1) await site.redeem(encodeRedeem(code, new Uint8Array(32)))
      logs.push(await site.authority.audit({ after: 0, limit: 10 }))
      await site.close()
    }
    expect(logs[0]).to.deep.equal(logs[1])
  })

  it("has the hashes that its definition gives, computed by another program from the words of the text", async () => {
    const site = await deploy()
    await site.authority.record("sign-in", "nurse-1")
    await site.authority.bulkIssue({ batchId: "0123456789abcdef", orders: [{ contagiousFromDay: TODAY }] }, "key-2")
    const u32 = (n: number) => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(n)
      return bytes
    }
    let head = Buffer.alloc(32)
    for (const [i, text] of ["nurse-1\0sign-in", "key-2\0issue"].entries()) {
      const parts = [Buffer.from("lindung/audit/1"), head, u32(i + 1), u32(Math.floor(START / 60)), u32(1)]
      head = createHash("sha256")
        .update(Buffer.concat([...parts, Buffer.from(text)]))
        .digest()
      const [entry] = await site.authority.audit({ after: i, limit: 1 })
      expect(entry!.hash).to.equal(head.toString("hex"))
    }
    await site.close()
  })

  it("shows every entry that was changed, removed, added or moved", async () => {
    const site = await deploy()
    for (let i = 0; i < 6; i++) await site.authority.record(i % 2 ? "sign-in" : "sign-out", `user-${i}`)
    const log = await site.authority.audit({ after: 0, limit: 100 })
    const head = await site.authority.auditHead()
    await site.close()
    const changes = (entry: AuditEntry): AuditEntry[] => [
      { ...entry, minute: entry.minute + 1 },
      { ...entry, actor: "user-9" },
      { ...entry, action: "issue" },
      { ...entry, count: 2 },
      { ...entry, number: entry.number + 1 },
      { ...entry, hash: "00".repeat(32) },
    ]
    fc.assert(
      fc.property(fc.nat(5), fc.nat(5), fc.nat(5), (i, j, k) => {
        expect(verifyAudit(put(log, i, changes(log[i]!)[k]!), head)).to.equal(false)
        expect(verifyAudit([...log.slice(0, i), ...log.slice(i + 1)], head)).to.equal(false)
        expect(verifyAudit([...log.slice(0, i), log[j]!, ...log.slice(i)], head)).to.equal(false)
        if (i !== j) expect(verifyAudit(put(put(log, i, log[j]!), j, log[i]!), head)).to.equal(false)
        expect(verifyAudit(log.slice(i), head, i === 0 ? undefined : log[i - 1]), "a later part").to.equal(true)
      }),
      { numRuns: 60 },
    )
  })

  it("cannot be changed or cut through the file's own rules, and lives on when the file is opened again", async () => {
    const path = join(dir, "log.sqlite")
    const site = await deploy({}, { store: await sqliteCodeStore(path, seeded(1)) })
    await site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")
    const database = new SQLite(path)
    for (const attack of ["DELETE FROM audit", "UPDATE audit SET actor = 'x'"])
      expect(() => database.exec(attack)).to.throw(/only grows/)
    database.close()
    const head = await site.authority.auditHead()
    await site.close()
    const again = await deploy({}, { store: await sqliteCodeStore(path, seeded(2)) })
    again.later(100 * 86_400)
    await again.authority.prune()
    await again.authority.record("sign-in", "nurse-1")
    const log = await again.authority.audit({ after: 0, limit: 10 })
    expect(log[0]!.hash).to.equal(head.hash)
    expect(verifyAudit(log, await again.authority.auditHead())).to.equal(true)
    expect(again.log.at(-1), "the head, for whoever keeps the service's log").to.include(head.hash)
    await again.close()
  })

  it("takes no actor that could hide a line, and no action that is none", async () => {
    const site = await deploy()
    for (const [action, by] of [
      ["sign-in", ""],
      ["sign-in", "two words"],
      ["sign-in", "x".repeat(65)],
      ["sign-in", "line\n"],
      ["Sign in", "nurse-1"],
      ["", "nurse-1"],
    ] as const)
      expect(await site.authority.record(action, by).catch(error => error.name)).to.equal("RangeError")
    expect((await site.authority.auditHead()).number).to.equal(0)
    await site.close()
  })
})

describe("statistics", () => {
  it("tell a day's numbers, and of a number below five no more than that", async () => {
    const site = await deploy()
    const issue = () => site.authority.issue({ contagiousFromDay: TODAY }, "nurse-1")
    for (let i = 0; i < 4; i++) await issue()
    const days = { firstDay: TODAY, lastDay: TODAY + 1 }
    const small = { below: 5 }
    const none = { issued: small, activated: small, signed: small, revoked: small }
    expect(await site.authority.statistics(days)).to.deep.equal([
      { day: TODAY, counts: none },
      { day: TODAY + 1, counts: none },
    ])
    await site.authority.bulkIssue({ batchId: "0123456789abcdef", orders: [{ contagiousFromDay: TODAY }] }, "api-key:1")
    expect((await site.authority.statistics(days))[0]!.counts).to.deep.equal({ ...none, issued: 5 })
    await site.close()
  })

  it("refuse days that are none, in the wrong order, or more than a year of them", async () => {
    const site = await deploy()
    for (const [firstDay, lastDay] of [
      [TODAY, TODAY - 1],
      [0.5, 1],
      [-1, 1],
      [0, 366],
      [0, Number.NaN],
    ])
      expect(
        await site.authority.statistics({ firstDay: firstDay!, lastDay: lastDay! }).catch(error => error.name),
      ).to.equal("RangeError")
    await site.close()
  })
})
