import "fake-indexeddb/auto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import SQLite from "better-sqlite3"
import { expect } from "chai"
import { memoryStore } from "../../src/client/index.ts"
import { indexedDBStore } from "../../src/client/store/indexeddb.ts"
import { sqliteStore } from "../../src/client/store/sqlite.ts"
import { clientStoreContract } from "../contract/client-store.ts"
import { crashSafety } from "../contract/crash-safety.ts"

const directory = mkdtempSync(join(tmpdir(), "lindung-store-"))
after(() => rmSync(directory, { recursive: true }))
let files = 0
const freshPath = (): string => join(directory, `${files++}.sqlite`)
let databases = 0
const freshName = (): string => `lindung-${databases++}`

clientStoreContract("memory", async () => {
  const store = memoryStore()
  return { open: async () => store }
})
clientStoreContract("SQLite", async () => {
  const path = freshPath()
  return { open: () => sqliteStore(path) }
})
clientStoreContract("IndexedDB", async () => {
  const name = freshName()
  return { open: () => indexedDBStore(name) }
})

crashSafety("memory", () => {
  const store = memoryStore()
  return async () => store
}, ["hybrid"])
describe("the SQLite store", () => {
  const key = Uint8Array.of(1, 2, 3)
  const secret = Uint8Array.from({ length: 40 }, (_, i) => 200 - i)

  it("leaves no byte of what was deleted in its files once it is closed", async () => {
    const path = freshPath()
    const holds = () =>
      readdirSync(directory)
        .filter(name => join(directory, name).startsWith(path))
        .some(name => readFileSync(join(directory, name)).includes(Buffer.from(secret)))
    const store = await sqliteStore(path)
    await store.write(tx => tx.put(key, secret))
    expect(holds()).to.equal(true)
    await store.write(tx => tx.del(key))
    await store.close()
    expect(holds()).to.equal(false)
  })

  it("does not say in which order entries came, once one was deleted since and it was tidied", async () => {
    const files = async (order: readonly number[]) => {
      const path = freshPath()
      const store = await sqliteStore(path)
      for (const n of order) await store.write(tx => tx.put(Uint8Array.of(n), secret))
      const state = () => [path, `${path}-wal`].map(name => readFileSync(name).toString("latin1")).join()
      const before = state()
      await store.write(tx => tx.del(Uint8Array.of(0)))
      await store.tidy?.()
      const after = state()
      await store.close()
      return { before, after }
    }
    const [a, b] = [await files([0, 1, 2, 3, 4, 5]), await files([5, 3, 0, 4, 2, 1])]
    expect(b.before === a.before).to.equal(false)
    expect(b.after === a.after).to.equal(true)
  })

  it("is readable by its owner only", async () => {
    const path = freshPath()
    const store = await sqliteStore(path)
    await store.write(tx => tx.put(key, secret))
    for (const suffix of ["", "-wal"]) expect(statSync(path + suffix).mode & 0o777).to.equal(0o600)
    await store.close()
  })

  it("refuses a file of a later version and one that is not a database, and touches neither", async () => {
    const later = freshPath()
    const database = new SQLite(later)
    database.pragma("user_version = 2")
    database.close()
    const other = freshPath()
    writeFileSync(other, "not a database, but a text of more than sixteen bytes ".repeat(20))
    const before = [later, other].map(path => readFileSync(path))
    const codes = await Promise.all(
      [later, other].map(path =>
        sqliteStore(path).then(
          () => "opened",
          error => error.code,
        ),
      ),
    )
    expect(codes).to.deep.equal(["schema-newer", "storage-corrupt"])
    expect(readFileSync(other)).to.deep.equal(before[1])
  })
})

it("an IndexedDB of a later version is refused", async () => {
  const name = freshName()
  await new Promise<void>((resolve, reject) => {
    const asked = indexedDB.open(name, 2)
    asked.onerror = () => reject(asked.error)
    asked.onsuccess = () => {
      asked.result.close()
      resolve()
    }
  })
  expect(
    await indexedDBStore(name).then(
      () => "opened",
      error => error.code,
    ),
  ).to.equal("schema-newer")
})

it("the store in memory keeps order through thousands of changes in one write", async () => {
  const store = memoryStore()
  const key = (n: number) => Uint8Array.of(n >> 8, n & 255)
  const order = Array.from({ length: 3000 }, (_, i) => (i * 1237) % 3000)
  await store.write(tx => {
    for (const n of order) tx.put(key(n), key(n))
  })
  await store.write(tx => {
    for (const n of order) if (n % 3 === 0) tx.del(key(n))
  })
  await store.write(tx => tx.put(key(0), key(1)))
  const seen: number[] = []
  await store.read(async tx => {
    for await (const [[high = 0, low = 0]] of tx.range(new Uint8Array(0), Uint8Array.of(255)))
      seen.push(high * 256 + low)
  })
  expect(seen).to.deep.equal([0, ...Array.from({ length: 3000 }, (_, n) => n).filter(n => n % 3 !== 0)])
})
