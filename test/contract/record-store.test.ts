import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Database from "better-sqlite3"
import { expect } from "chai"
import { hex } from "../../src/crypto/index.ts"
import { memoryRecords, type RecordStore, sqliteRecords } from "../../src/server/index.ts"
import { random } from "../server/world.ts"

const bytes = (n: number, length = 32): Uint8Array => new Uint8Array(length).fill(n)

describe("every record store", () => {
  let directory = ""
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "lindung-records-"))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const path = () => join(directory, "records.sqlite")
  const adapters: Record<string, () => Promise<RecordStore>> = {
    memory: async () => memoryRecords(),
    sqlite: () => sqliteRecords(path()),
  }

  for (const [name, open] of Object.entries(adapters))
    describe(`record store: ${name}`, () => {
      let store: RecordStore
      beforeEach(async () => {
        store = await open()
      })
      afterEach(() => store.close())

      it("begins once", async () => {
        expect(await store.published()).to.equal(undefined)
        await store.begin(10)
        await store.begin(20)
        expect(await store.published()).to.equal(10)
      })

      it("gives leaves and files in the order of the log", async () => {
        await store.append(bytes(1, 46), { type: "parameters", bytes: bytes(11) }, [], 0)
        await store.stage(5, [bytes(2, 46), bytes(3, 46)], [])
        expect((await store.leaves()).map(leaf => leaf[0])).to.deep.equal([1])
        await store.begin(4)
        await store.publish(5)
        await store.append(bytes(4, 46), { type: "ingest-keys", bytes: bytes(14) }, [], 3)
        expect((await store.leaves()).map(leaf => leaf[0])).to.deep.equal([1, 2, 3, 4])
        expect(await store.files()).to.deep.equal([
          { position: 0, type: "parameters", bytes: bytes(11) },
          { position: 3, type: "ingest-keys", bytes: bytes(14) },
        ])
        expect(await store.published()).to.equal(5)
      })

      it("keeps staged leaves until they are published", async () => {
        await store.begin(4)
        expect(await store.staged(5)).to.deep.equal([])
        await store.stage(5, [bytes(2, 46)], [])
        expect(await store.staged(5)).to.deep.equal([bytes(2, 46)])
        await store.publish(5)
        expect(await store.staged(5)).to.deep.equal([])
      })

      const refused = (attempt: Promise<unknown>) =>
        attempt.then(
          () => undefined,
          error => error.code,
        )

      it("moves the log forward only from where it is", async () => {
        await store.begin(4)
        await store.append(bytes(1, 46), { type: "parameters", bytes: bytes(11) }, [], 0)
        for (const position of [0, 2])
          expect(
            await refused(store.append(bytes(9, 46), { type: "parameters", bytes: bytes(19) }, [], position)),
          ).to.equal("state")
        await store.stage(5, [bytes(2, 46)], [bytes(7)])
        expect(await refused(store.stage(5, [bytes(3, 46)], [bytes(8)]))).to.equal("state")
        await store.publish(5)
        expect(await refused(store.publish(5))).to.equal("state")
        expect(await refused(store.stage(5, [bytes(3, 46)], []))).to.equal("state")
        expect((await store.leaves()).map(leaf => leaf[0])).to.deep.equal([1, 2])
        expect((await store.spent([bytes(7), bytes(8)])).map(hex)).to.deep.equal([hex(bytes(7))])
        expect(await store.files()).to.have.length(1)
      })

      it("moves the head only from the one that is there", async () => {
        expect(await store.head()).to.equal(undefined)
        expect(await refused(store.moveHead(bytes(1), bytes(2)))).to.equal("state")
        await store.moveHead(undefined, bytes(1))
        for (const from of [undefined, bytes(2)])
          expect(await refused(store.moveHead(from, bytes(3)))).to.equal("state")
        await store.moveHead(bytes(1), bytes(2, 400))
        expect(await store.head()).to.deep.equal(bytes(2, 400))
      })

      it("knows spent tags until they are forgotten", async () => {
        await store.stage(5, [], [bytes(1), bytes(2)])
        await store.stage(6, [], [bytes(3)])
        expect((await store.spent([bytes(1), bytes(9), bytes(3)])).map(hex)).to.deep.equal([
          hex(bytes(1)),
          hex(bytes(3)),
        ])
        await store.forget({ keysThrough: 0, tagsThrough: 5, files: [] })
        expect((await store.spent([bytes(1), bytes(2), bytes(3)])).map(hex)).to.deep.equal([hex(bytes(3))])
      })

      it("gives the key of a bucket until it is destroyed", async () => {
        const keys = [7, 8, 9].map(bucket => ({ bucket, wrapped: bytes(bucket, 60) }))
        await store.append(bytes(1, 46), { type: "ingest-keys", bytes: bytes(1) }, keys, 0)
        await store.forget({ keysThrough: 8, tagsThrough: 0, files: [0] })
        expect(await store.bucketKey(7)).to.equal(undefined)
        expect(await store.bucketKey(8)).to.equal(undefined)
        expect(await store.bucketKey(9)).to.deep.equal(bytes(9, 60))
        expect(await store.files()).to.deep.equal([])
        expect(await store.leaves()).to.have.length(1)
      })
    })

  describe("records in SQLite", () => {
    it("are there again after the file was closed", async () => {
      const first = await adapters["sqlite"]!()
      await first.begin(4)
      await first.stage(5, [bytes(2, 46)], [bytes(3)])
      await first.close()
      const second = await adapters["sqlite"]!()
      expect(await second.staged(5)).to.deep.equal([bytes(2, 46)])
      expect(await second.spent([bytes(3)])).to.have.length(1)
      await second.close()
    })

    it("belong to one process at a time", async () => {
      const first = await adapters["sqlite"]!()
      const failure = await adapters["sqlite"]!().catch(error => error)
      expect(failure).to.include({ code: "state" })
      await first.close()
      await (await adapters["sqlite"]!()).close()
    })

    it("of a newer schema are refused", async () => {
      await (await adapters["sqlite"]!()).close()
      const db = new Database(path())
      db.pragma("user_version = 3")
      db.close()
      expect(await adapters["sqlite"]!().catch(error => error)).to.include({ code: "schema-newer" })
    })

    it("that were forgotten are in no file, and the write-ahead log is empty", async () => {
      const store = await adapters["sqlite"]!()
      const tags = Array.from({ length: 500 }, () => random.bytes(32))
      const keys = Array.from({ length: 24 }, (_, bucket) => ({ bucket, wrapped: random.bytes(60) }))
      await store.append(bytes(1, 46), { type: "ingest-keys", bytes: bytes(1) }, keys, 0)
      await store.stage(5, [], [...tags].sort(Buffer.compare))
      const before = await readFile(`${path()}-wal`)
      expect(before.includes(Buffer.from(tags[0]!))).to.equal(true)
      await store.forget({ keysThrough: 23, tagsThrough: 5, files: [0] })
      const after = await readFile(path())
      for (const gone of [...tags, ...keys.map(key => key.wrapped)])
        expect(after.includes(Buffer.from(gone))).to.equal(false)
      expect((await stat(`${path()}-wal`)).size).to.equal(0)
      await store.close()
    })

    it("of the same content have the same bytes, whatever was there before and in whatever order it came", async () => {
      const tags = Array.from({ length: 40 }, () => random.bytes(32)).sort(Buffer.compare)
      const dump = async (buckets: number[][]): Promise<string> => {
        await rm(path(), { force: true })
        const store = await adapters["sqlite"]!()
        await store.begin(1)
        for (const [bucket, from, to] of buckets) await store.stage(bucket!, [], tags.slice(from, to))
        await store.forget({ keysThrough: 0, tagsThrough: 5, files: [] })
        await store.close()
        const db = new Database(path())
        db.exec(`VACUUM INTO '${path()}.copy'`)
        db.close()
        const copy = hex(await readFile(`${path()}.copy`))
        await rm(`${path()}.copy`)
        return copy
      }
      const one = await dump([
        [6, 0, 20],
        [7, 20, 30],
      ])
      const other = await dump([
        [5, 30, 40],
        [7, 20, 30],
        [6, 0, 20],
      ])
      expect(one).to.equal(other)
    })

    it("stand in tables without a row number, a sequence or a time", async () => {
      await (await adapters["sqlite"]!()).close()
      const db = new Database(path())
      const tables = db.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all() as {
        name: string
        sql: string
      }[]
      expect(tables.map(({ name }) => name)).to.have.members([
        "progress",
        "head",
        "leaf",
        "file",
        "staged",
        "bucket_key",
        "spent",
      ])
      for (const { name, sql } of tables) {
        expect(sql, name).to.match(/WITHOUT ROWID$/)
        expect(sql, name).to.not.match(/time|date|AUTOINCREMENT/i)
      }
      expect((await stat(path())).mode & 0o777).to.equal(0o600)
      db.close()
    })
  })
})
