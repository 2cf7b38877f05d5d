import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { deflateSync, gzipSync } from "node:zlib"
import SQLite from "better-sqlite3"
import { expect } from "chai"
import fc from "fast-check"
import { DATABASES } from "../../src/audit/disk/inventory-databases.ts"
import { isAllowed } from "../../src/audit/disk/values.ts"
import {
  auditDisk,
  type DiskFile,
  encodings,
  INVENTORY,
  type Inventory,
  readSqlite,
  readWal,
  Search,
} from "../../src/audit/index.ts"
import { inflate } from "../../src/cli/audit/seized.ts"
import { seeded } from "../dice.ts"

const directory = mkdtempSync(join(tmpdir(), "lindung-disk-"))
let files = 0
const freshPath = () => join(directory, `${files++}.sqlite`)
const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(path))
after(() => rmSync(directory, { recursive: true }))

/** Nothing here is to survive a power cut. */
function fast(path: string): SQLite.Database {
  const db = new SQLite(path)
  db.pragma("synchronous = OFF")
  return db
}

const file = (path: string, bytes: Uint8Array | string, changes: Partial<DiskFile> = {}): DiskFile => ({
  path,
  mode: 0o600,
  changed: 7200,
  read: async () => (typeof bytes === "string" ? new Uint8Array(Buffer.from(bytes)) : bytes),
  ...changes,
})
const codes = async (seized: DiskFile[], inventory: Inventory = INVENTORY): Promise<string[]> =>
  (await auditDisk({ files: seized }, { inventory })).findings.map(({ code }) => code)

describe("an SQLite file, read page by page", () => {
  it("has the very rows that SQLite gives, with and without row numbers, whatever their sizes", () => {
    const value = fc.oneof(
      fc.constant(null),
      fc.integer({ min: -(2 ** 47), max: 2 ** 47 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: "grapheme-ascii", maxLength: 40 }),
      fc.uint8Array({ maxLength: 3000 }),
    )
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uint8Array({ maxLength: 600 }), { maxLength: 60 }),
        fc.array(value),
        (keys, others) => {
          const path = freshPath()
          const db = fast(path)
          db.exec("CREATE TABLE plain (a INTEGER NOT NULL, b)")
          db.exec(
            "CREATE TABLE keyed (b, k BLOB, CHECK (1, 2), PRIMARY KEY (k)) WITHOUT ROWID".replace("CHECK (1, 2), ", ""),
          )
          const known = new Set<string>()
          keys.forEach((key, i) => {
            db.prepare("INSERT INTO plain VALUES (?, ?)").run(i, others[i] ?? null)
            const name = Buffer.from(key).toString("hex")
            if (!known.has(name)) db.prepare("INSERT INTO keyed VALUES (?, ?)").run(others[i] ?? null, key)
            known.add(name)
          })
          const plain = db.prepare("SELECT a, b FROM plain ORDER BY rowid").raw().all()
          const keyed = db.prepare("SELECT k, b FROM keyed ORDER BY k").raw().all()
          db.close()
          const read = readSqlite(bytesOf(path))
          const rows = (name: string) =>
            read.tables.find(table => table.name === name)!.rows.map(({ values }) => values.map(plainValue))
          expect(rows("plain")).to.deep.equal(plain.map(row => (row as unknown[]).map(plainValue)))
          expect(rows("keyed")).to.deep.equal(keyed.map(row => (row as unknown[]).map(plainValue)))
          expect(read.tables.map(table => [table.isWithoutRowid, table.columns])).to.deep.equal([
            [false, ["a", "b"]],
            [true, ["k", "b"]],
          ])
        },
      ),
      { numRuns: 30 },
    )
  })

  it("shows what was deleted and can still be read, and that nothing can after a rebuild", () => {
    const path = freshPath()
    const db = fast(path)
    db.exec("CREATE TABLE t (k BLOB PRIMARY KEY) WITHOUT ROWID")
    const dice = seeded(3)
    const insert = db.prepare("INSERT INTO t VALUES (?)")
    for (let i = 0; i < 400; i++) insert.run(dice.bytes(32))
    db.exec("DELETE FROM t")
    const left = readSqlite(bytesOf(path))
    expect(left.freePages).to.be.greaterThan(0)
    expect(left.slack.reduce((sum, { bytes }) => sum + bytes.length, 0)).to.be.greaterThan(400 * 32)
    db.exec("VACUUM")
    const clean = readSqlite(bytesOf(path))
    expect([clean.freePages, clean.slack]).to.deep.equal([0, []])
    db.close()
  })

  it("of a log tells how many transactions it holds", () => {
    const path = freshPath()
    const db = fast(path)
    db.pragma("journal_mode = WAL")
    db.exec("CREATE TABLE t (k BLOB PRIMARY KEY) WITHOUT ROWID")
    db.pragma("wal_checkpoint(TRUNCATE)")
    for (let i = 0; i < 5; i++) db.prepare("INSERT INTO t VALUES (?)").run(Buffer.alloc(8, i))
    expect(readWal(bytesOf(`${path}-wal`)).transactions).to.equal(5)
    db.close()
  })

  it("is refused with a RangeError when it is cut, circular or no database", () => {
    const path = freshPath()
    const db = fast(path)
    db.exec("CREATE TABLE t (k BLOB PRIMARY KEY) WITHOUT ROWID")
    for (let i = 0; i < 200; i++) db.prepare("INSERT INTO t VALUES (?)").run(Buffer.alloc(300, i))
    db.close()
    const whole = bytesOf(path)
    expect(() => readSqlite(whole.subarray(1))).to.throw(RangeError)
    expect(() => readSqlite(whole.subarray(0, whole.length - 100))).to.throw(RangeError)
    const dice = seeded(5)
    for (let i = 0; i < 300; i++) {
      const damaged = new Uint8Array(whole)
      for (let k = 0; k < 20; k++)
        damaged[100 + (dice.bytes(4).reduce((a, b) => a * 256 + b, 0) % (whole.length - 100))] = i
      try {
        readSqlite(damaged)
      } catch (error) {
        expect(error).to.be.instanceOf(RangeError)
      }
    }
  })
})

const plainValue = (value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value

describe("a planted secret", () => {
  const secret = seeded(1).bytes(32)
  const search = new Search([{ name: "r", bytes: secret }])
  const hits = (bytes: Uint8Array): string[] => [...new Set([...search.in(bytes)].map(({ encoding }) => encoding))]

  it("is found in every encoding, at any place", () => {
    for (const [name, form] of encodings(secret))
      for (const before of [0, 1, 2, 3, 1000]) {
        const bytes = new Uint8Array(before + form.length + 5)
        bytes.set(form, before)
        expect(hits(bytes), `${name} after ${before}`).to.include(name)
      }
  })

  it("is found in base64 of a longer text, wherever in it", () => {
    for (const before of [0, 1, 2, 3, 4, 5]) {
      const text = Buffer.concat([Buffer.alloc(before, 7), secret, Buffer.alloc(9, 8)]).toString("base64")
      expect(hits(new Uint8Array(Buffer.from(text))).join(), `${before}`).to.include("base64 +")
    }
  })

  it("is found inside gzip and zlib, behind other bytes", async () => {
    for (const pack of [gzipSync, deflateSync]) {
      const packed = new Uint8Array(
        Buffer.concat([Buffer.from("{'body': '"), pack(Buffer.from(secret).toString("hex")), Buffer.from("'}")]),
      )
      const { findings } = await auditDisk(
        { files: [file("ingest.log", packed)] },
        { canaries: [{ name: "r", bytes: secret }], inflate },
      )
      expect(findings.map(({ code, what }) => `${code} ${what}`).join()).to.include("canary r (hex), compressed")
    }
  })

  it("is not found where it is not", () => {
    const dice = seeded(9)
    const noise = new Uint8Array(Buffer.concat(Array.from({ length: 100 }, () => dice.bytes(10_000))))
    expect(hits(noise)).to.deep.equal([])
  })
})

describe("what an audit of disks finds", () => {
  it("a file that nobody has listed, or that others may read, or whose time is exact", async () => {
    expect(await codes([file("data/server/visitors.csv", "")])).to.deep.equal(["unlisted-file"])
    expect(await codes([file("data/server/envelopes/1/1.seg", "", { mode: 0o644 })])).to.deep.equal([
      "readable-by-others",
    ])
    expect(await codes([file("data/server/envelopes/1/1.seg", "", { changed: 7200.5 })])).to.deep.equal(["file-time"])
  })

  it("a log line of no listed event, with a field too many, an address or an exact time", async () => {
    const line = (fields: object) => codes([file("ingest.log", `${JSON.stringify(fields)}\n`)])
    const good = { level: 30, time: 1_783_080_000_000, event: "published", bucket: 247_650, envelopes: 3 }
    expect(await line(good)).to.deep.equal([])
    expect(await line({ ...good, event: "upload" })).to.deep.equal(["log-line"])
    expect(await line({ ...good, reports: 1 })).to.deep.equal(["log-line"])
    expect(await line({ ...good, time: 1_783_080_000_001 })).to.deep.equal(["exact-time"])
    expect(await line({ level: 50, event: "failed", error: { message: "from 198.51.100.7" } })).to.deep.equal([
      "address",
    ])
    expect(await codes([file("ingest.log", "127.0.0.1 - GET /\n")])).to.deep.equal(["log-line", "address"])
    const made = "0190163d-8694-739b-aea5-966c26f8ad91"
    expect(await line({ level: 50, event: "failed", error: { message: made } })).to.deep.equal(["identifier-with-time"])
  })

  it("a metric that moves with uploads", async () => {
    const dump = "# HELP uploads_total Uploads.\nuploads_total 17\nlindung_published_bucket 247650\n"
    expect(await codes([file("ingest.prom", dump)])).to.deep.equal(["metric"])
  })

  it("a time of staff's sessions that is finer than the second, or than the minute of the last use", () => {
    const { started_at, seen_at } = DATABASES["accounts.sqlite"]!["sessions"]!
    const allowed = (of: typeof started_at) =>
      [1_795_491_840, 1_795_491_889, 1_795_491_889.591, 1_795_491_889_591, -60, "1795491840"].map(value =>
        isAllowed(of!, value),
      )
    expect(allowed(started_at)).to.deep.equal([true, true, false, false, false, false])
    expect(allowed(seen_at)).to.deep.equal([true, false, false, false, false, false])
  })

  it("a journal or a log of transactions that is not empty", async () => {
    expect(await codes([file("data/authority/codes.sqlite-journal", "x")])).to.deep.equal(["rollback-journal"])
    expect(await codes([file("data/authority/codes.sqlite-wal", "x".repeat(40))])).to.deep.equal(["write-ahead-log"])
    expect(await codes([file("data/authority/codes.sqlite-wal", "")])).to.deep.equal([])
  })

  it("every class of value that stands where the inventory has another", async () => {
    const path = freshPath()
    const db = fast(path)
    db.pragma("journal_mode = WAL")
    db.exec("CREATE TABLE t (k INTEGER PRIMARY KEY, v) WITHOUT ROWID")
    for (const [holds, value] of [
      ["bucket", 1_783_080_001],
      ["day", 1_783_080_001],
      ["hour", -1],
      ["code", 1000],
      ["hash", Buffer.alloc(31)],
      ["noise", "words"],
      ["count", 0.5],
    ] as const) {
      db.exec("DELETE FROM t")
      db.prepare("INSERT INTO t VALUES (1, ?)").run(value)
      db.exec("VACUUM")
      db.pragma("wal_checkpoint(TRUNCATE)")
      const columns = { k: { holds: "code", why: "" }, v: { holds, why: "" } } as const
      const inventory = { ...INVENTORY, databases: { "codes.sqlite": { t: columns } } }
      expect(await codes([file("data/authority/codes.sqlite", bytesOf(path))], inventory), holds).to.include(
        "not-what-it-holds",
      )
    }
    db.close()
  })
})
