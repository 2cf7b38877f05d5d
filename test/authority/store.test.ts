import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import SQLite from "better-sqlite3"
import { expect } from "chai"
import { memoryCodeStore, sqliteCodeStore } from "../../src/authority/index.ts"
import { BY, codeRow, codeStoreContract } from "../contract/code-store.ts"
import { seeded } from "../dice.ts"

const dir = mkdtempSync(join(tmpdir(), "lindung-codes-"))
let files = 0
const freshPath = () => join(dir, `${files++}.sqlite`)
after(() => rmSync(dir, { recursive: true }))

codeStoreContract("memory", async () => memoryCodeStore())
codeStoreContract("SQLite", () => sqliteCodeStore(freshPath(), seeded(7)))

const HOUR = 400_000
const key = (n: number) => new Uint8Array(32).fill(n)

describe("the SQLite code store", () => {
  it("keeps codes and what they were spent for when it is opened again", async () => {
    const path = freshPath()
    const first = await sqliteCodeStore(path, seeded(1))
    await first.add([codeRow(1)], BY)
    await first.redeem([{ code: key(1), commitment: key(10) }], HOUR)
    await first.close()
    const again = await sqliteCodeStore(path, seeded(2))
    const [other, same] = await again.redeem(
      [
        { code: key(1), commitment: key(11) },
        { code: key(1), commitment: key(10) },
      ],
      HOUR,
    )
    await again.close()
    expect(other).to.equal(undefined)
    expect(same).to.include({ contagiousFromDay: 18_000 })
  })

  it("rewrites exactly one row for a good, repeated, spent, expired and made-up code, and adds none", async () => {
    const path = freshPath()
    const store = await sqliteCodeStore(path, seeded(3))
    await store.add([codeRow(1), codeRow(2, { expiresHour: HOUR })], BY)
    const reader = new SQLite(path, { readonly: true })
    const rows = () => reader.prepare("SELECT hex(code) AS id, * FROM codes").all() as { id: string }[]
    const attempts = { good: [1, 10], repeated: [1, 10], spent: [1, 11], expired: [2, 10], unknown: [9, 10] }
    for (const [name, [code, commitment]] of Object.entries(attempts)) {
      const before = new Map(rows().map(row => [row.id, JSON.stringify(row)]))
      await store.redeem([{ code: key(code!), commitment: key(commitment!) }], HOUR)
      const after = rows()
      expect(after.length, name).to.equal(before.size)
      expect(after.filter(row => before.get(row.id) !== JSON.stringify(row)).length, name).to.equal(1)
    }
    reader.close()
    await store.close()
  })

  it("changes nothing while another process writes; one that reads holds up no change, and leaves nothing behind", async () => {
    const path = freshPath()
    const store = await sqliteCodeStore(path, seeded(3))
    await store.add([codeRow(1)], BY)
    const other = new SQLite(path)
    other.exec("BEGIN IMMEDIATE")
    const refused = await store.redeem([{ code: key(1), commitment: key(10) }], HOUR).catch(error => error)
    expect(refused.code).to.equal("SQLITE_BUSY")
    other.exec("ROLLBACK")
    const [granted] = await store.redeem([{ code: key(1), commitment: key(11) }], HOUR)
    expect(granted, "for whoever comes next").to.include({ contagiousFromDay: 18_000 })
    other.exec("BEGIN")
    other.prepare("SELECT count(*) FROM codes").get()
    expect(await store.revoke(key(1), BY)).to.equal(true)
    expect(statSync(`${path}-wal`).size).to.be.greaterThan(0)
    other.exec("COMMIT")
    await store.redeem([{ code: key(9), commitment: key(9) }], HOUR)
    expect(statSync(`${path}-wal`).size).to.equal(0)
    other.close()
    await store.close()
  })

  it("does not grow by wrong codes", async () => {
    const path = freshPath()
    const store = await sqliteCodeStore(path, seeded(4))
    await store.prune(HOUR)
    const before = statSync(path).size
    const dice = seeded(5)
    for (let i = 0; i < 20; i++)
      await store.redeem(
        Array.from({ length: 100 }, () => ({ code: dice.bytes(32), commitment: dice.bytes(32) })),
        HOUR,
      )
    await store.prune(HOUR)
    expect(statSync(path).size).to.equal(before)
    await store.close()
  })

  it("leaves no byte of a pruned row in any of its files", async () => {
    const path = freshPath()
    const store = await sqliteCodeStore(path, seeded(6))
    const dice = seeded(8)
    const code = dice.bytes(32)
    const commitment = dice.bytes(32)
    await store.add([codeRow(1, { code })], BY)
    await store.redeem([{ code, commitment }], HOUR)
    const holds = (bytes: Uint8Array) =>
      readdirSync(dir)
        .filter(name => join(dir, name).startsWith(path))
        .some(name => readFileSync(join(dir, name)).includes(Buffer.from(bytes)))
    expect(holds(code) && holds(commitment)).to.equal(true)
    await store.prune(HOUR + 100)
    expect(holds(code) || holds(commitment)).to.equal(false)
    await store.close()
  })

  it("is readable by its owner only", async () => {
    const path = freshPath()
    const store = await sqliteCodeStore(path, seeded(6))
    await store.add([codeRow(1)], BY)
    for (const suffix of ["", "-wal"]) expect(statSync(path + suffix).mode & 0o777).to.equal(0o600)
    await store.close()
  })

  it("goes on with the codes of a file of version 1", async () => {
    const path = freshPath()
    const first = await sqliteCodeStore(path, seeded(1))
    await first.add([codeRow(1)], BY)
    await first.close()
    const database = new SQLite(path)
    database.exec("DROP TABLE audit; DROP TABLE batches; PRAGMA user_version = 1")
    database.close()
    const again = await sqliteCodeStore(path, seeded(2))
    expect(await again.redeem([{ code: key(1), commitment: key(10) }], HOUR)).to.have.deep.members([
      { mechanism: 1, contagiousFromDay: 18_000, expiresHour: HOUR + 24 },
    ])
    await again.record(BY)
    expect((await again.head()).number).to.equal(1)
    await again.close()
  })

  it("refuses a file of a later version and one that is not a database", async () => {
    const later = freshPath()
    const database = new SQLite(later)
    database.pragma("user_version = 3")
    database.close()
    const other = freshPath()
    writeFileSync(other, "not a database, but a text of more than sixteen bytes ".repeat(20))
    const codeOf = (path: string) =>
      sqliteCodeStore(path, seeded(1)).then(
        () => "opened",
        error => error.code,
      )
    expect(await codeOf(later)).to.equal("schema-newer")
    expect(await codeOf(other)).to.equal("storage-corrupt")
  })
})
