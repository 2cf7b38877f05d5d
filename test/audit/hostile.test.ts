import SQLite from "better-sqlite3"
import { expect } from "chai"
import { auditDatabase } from "../../src/audit/disk/database.ts"
import { DiskReport } from "../../src/audit/disk/findings.ts"
import { INVENTORY } from "../../src/audit/disk/inventory.ts"
import { withWal } from "../../src/audit/disk/sqlite-file.ts"
import { parseRecord } from "../../src/audit/disk/sqlite-page.ts"
import { auditDisk, readSqlite } from "../../src/audit/index.ts"
import { ProfileCounts } from "../../src/audit/profile.ts"
import { u32 } from "../../src/crypto/index.ts"
import { defaultParameters, designByName } from "../../src/protocol/index.ts"

const PAGE = 512
/** A database as SQLite writes it, of small pages. */
function database(rows: number): Uint8Array {
  const db = new SQLite(":memory:")
  db.pragma(`page_size = ${PAGE}`)
  db.exec("CREATE TABLE t (a BLOB)")
  for (let i = 0; i < rows; i++) db.prepare("INSERT INTO t VALUES (randomblob(100))").run()
  const bytes = Uint8Array.from(db.serialize())
  db.close()
  return bytes
}

const u16 = (bytes: Uint8Array, at: number): number => bytes[at]! * 256 + bytes[at + 1]!

describe("a disk audit of what was made to stop it", () => {
  it("allocates nothing for a record that says it is longer than its file", () => {
    const file = database(1)
    expect(readSqlite(file).tables[0]!.rows).to.have.length(1)
    const cell = PAGE + u16(file, PAGE + 8)
    file.set([0xff, 0xff, 0xff, 0x7f], cell)
    expect(() => readSqlite(file)).to.throw(RangeError, /longer than the file/)
  })

  it("believes no record's head, or value, that ends behind it", () => {
    expect(() => parseRecord(Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1, 1, 1))).to.throw(RangeError, /head/)
    expect(() => parseRecord(Uint8Array.of(2, 112, 1))).to.throw(RangeError, /value/)
  })

  it("reads no page twice, however many ways lead to it", () => {
    const file = database(60)
    const root = file.findIndex((byte, at) => at > 0 && at % PAGE === 0 && byte === 5)
    expect(root).to.be.above(0)
    const [first, second] = [root + u16(file, root + 12), root + u16(file, root + 14)]
    file.set(file.slice(second, second + 4), first)
    expect(() => readSqlite(file)).to.throw(RangeError, /circle/)
  })

  const wal = (pages: number): Uint8Array => {
    const log = new Uint8Array(32 + 24 + PAGE)
    log.set(u32(PAGE), 8)
    log.set(u32(1), 32)
    log.set(u32(pages), 36)
    return log
  }

  it("believes no write-ahead log that says it is longer than its pages", () => {
    const file = database(1)
    expect(withWal(file, wal(2))).to.have.length(2 * PAGE)
    expect(() => withWal(file, wal(2 ** 32 - 1))).to.throw(RangeError, /pages/)
  })

  it("names what it cannot read, and goes on", async () => {
    const of = (path: string, bytes: Uint8Array) => ({ path, mode: 0o600, changed: 0, read: async () => bytes })
    const report = await auditDisk({
      files: [
        of("data/server/publisher/records.sqlite", database(1)),
        of("data/server/publisher/records.sqlite-wal", wal(2 ** 32 - 1)),
        of("data/server/public/tile/entries/000", new Uint8Array(5)),
      ],
    })
    const unreadable = report.findings.filter(({ code }) => code === "unreadable").map(({ where }) => where)
    expect(unreadable).to.include.members([
      "data/server/publisher/records.sqlite",
      "data/server/public/tile/entries/000",
    ])
  })
})

describe("an honest authority's codes", () => {
  /** Codes as they came, at the end of the day: their keys are not in the order of their rows on the page. */
  function audited(codes: number) {
    const db = new SQLite(":memory:")
    db.exec("CREATE TABLE codes (code BLOB PRIMARY KEY, noise BLOB NOT NULL) WITHOUT ROWID")
    const insert = db.prepare("INSERT INTO codes VALUES (randomblob(32), randomblob(60))")
    db.transaction(() => {
      for (let i = 0; i < codes; i++) insert.run()
    })()
    const report = new DiskReport()
    auditDatabase("codes.sqlite", "codes.sqlite", Uint8Array.from(db.serialize()), { inventory: INVENTORY }, report)
    db.close()
    return { codes: report.findings.map(one => one.code), learnt: report.learnt.map(one => one.what).join() }
  }

  it("in a small file lie as in one made anew, and are found out when they do not", () => {
    const { codes, learnt } = audited(1000)
    expect(codes).to.include("row-order")
    expect(learnt).not.to.include("in which order")
  })

  it("in a large one are made anew once an hour: that is learnt, and is no finding", () => {
    const { codes, learnt } = audited(20_000)
    expect(codes).to.not.include.members(["row-order"])
    expect(codes).to.not.include.members(["deleted-data"])
    expect(learnt).to.include("in which order rows were written")
  })
})

describe("batches that do not look like made-up reports", () => {
  const design = designByName("hybrid")!
  const set = defaultParameters(0, ["hybrid"])
  const revealedByHour = set.paddingProfile.revealedByHour.map((share, hour) => (hour < 2 ? 0 : share))
  const sleepers = { ...set, paddingProfile: { ...set.paddingProfile, revealedByHour } }

  const judged = (atNight: number) => {
    const counts = new ProfileCounts()
    for (let k = 0; k < 40; k++) {
      const bucket = 220_691 + 12 * k
      const yesterday = Math.floor((bucket * 7200) / 86_400) - 1
      const groups = [{ slot: yesterday * 12 + 8, secrets: new Uint8Array(16 * 200) }]
      if (k < atNight) groups.unshift({ slot: yesterday * 12, secrets: new Uint8Array(16) })
      counts.add({ holds: "secrets", design, bucket, groups, entries: 0 } as never, sleepers)
    }
    return counts.results().find(({ over }) => over === "time of day")!
  }

  it("are suspicious also with one entry where made-up ones never have any", () => {
    const [without, one] = [judged(0), judged(1)]
    expect(without.isSuspicious).to.equal(true)
    expect(one.isSuspicious).to.equal(true)
    expect(Number.isFinite(one.deviations) && Number.isFinite(one.dispersion)).to.equal(true)
    expect(one.distance).to.be.at.least(without.distance - 0.001)
  })
})
