import "fake-indexeddb/auto"
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { type Config, memoryStore, type Store } from "../../src/client/index.ts"
import { migrate, type Step } from "../../src/client/schema.ts"
import { encryptedStore } from "../../src/client/store/encrypted.ts"
import { indexedDBStore } from "../../src/client/store/indexeddb.ts"
import { sqliteStore } from "../../src/client/store/sqlite.ts"
import { openPhone, phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { dump, observations } from "./stored.ts"
import { testVault } from "./vault.ts"

/** Stores as version 1 of the library left them, byte by byte; nothing here is written by the library of today. */
const FOLDER = "test/client/schema"
const FIXTURE = JSON.parse(readFileSync(join(FOLDER, "1.json"), "utf8")) as {
  readonly now: number
  readonly config: Config
  readonly entries: [string, string][]
  readonly encrypted: [string, string][]
}
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"))

async function holding(store: Store, entries: readonly (readonly [string, string])[]): Promise<Store> {
  await store.write(tx => {
    for (const [key, value] of entries) tx.put(bytes(key), bytes(value))
  })
  return store
}

const directory = mkdtempSync(join(tmpdir(), "lindung-schema-"))
after(() => rmSync(directory, { recursive: true }))

const PLACES: Record<string, () => Promise<Store>> = {
  memory: () => holding(memoryStore(), FIXTURE.entries),
  async SQLite() {
    copyFileSync(join(FOLDER, "1.sqlite"), join(directory, "1.sqlite"))
    return sqliteStore(join(directory, "1.sqlite"))
  },
  IndexedDB: async () => holding(await indexedDBStore("schema-1"), FIXTURE.entries),
  encrypted: async () => encryptedStore(await holding(memoryStore(), FIXTURE.encrypted), testVault(), seeded(8)),
}

const openOn = (store: Store) =>
  openPhone("phone", FIXTURE.config, {
    clock: phoneClock({ now: FIXTURE.now }),
    store,
    random: seeded(9),
    http: { send: () => Promise.reject(new Error("offline")) },
  })

describe("a store of schema 1", () => {
  for (const [name, place] of Object.entries(PLACES))
    it(`is opened with all that is in it: ${name}`, async () => {
      const store = await place()
      const { client } = await openOn(store)
      const { exposure, report, contacts } = await client.status()
      expect(exposure).to.deep.include({ is: "exposed", dismissed: false })
      expect(report.is).to.equal("sent")
      expect(contacts.windows).to.equal(5)
      expect((await observations(store)).map(({ kind }) => kind)).to.have.members([
        "fresh",
        "fresh",
        "coarse",
        "coarse",
        "matched",
      ])
      expect(await dump(store, "fox")).to.deep.equal(FIXTURE.entries.filter(([key]) => /^(66|6f|78)/.test(key)))
      await client.close()
    })

  const prefixed = (letter: string) => FIXTURE.entries.find(([key]) => key.startsWith(letter))!
  const [action, report] = [prefixed("61"), prefixed("72")]

  it("has its report and the action that sends it in the layout of schema 2", async () => {
    const store = await PLACES["memory"]!()
    await migrate(store)
    expect(await dump(store, "ra")).to.deep.equal([
      [action[0], action[1].slice(0, 20) + "00".repeat(46) + action[1].slice(20)],
      [report[0], `00${report[1]}`],
    ])
  })

  it("whose action has not asked the authority yet has it taken back: the report is a draft again", async () => {
    const asks = `${action[1].slice(0, 2)}00${action[1].slice(4)}`
    const store = await holding(await PLACES["memory"]!(), [[action[0], asks]])
    const { client } = await openOn(store)
    expect((await client.status()).report.is).to.equal("draft")
    expect(await dump(store, "a")).to.deep.equal([])
    await client.close()
  })

  it("an encrypted one that dies while it gets its directory is found again whole, before or after", async () => {
    for (const moment of ["before", "after"] as const) {
      const under = await holding(memoryStore(), FIXTURE.encrypted)
      const dying: Store = {
        ...under,
        async write(f) {
          if (moment === "after") await under.write(f)
          throw new Error("no power")
        },
      }
      const failure = await encryptedStore(dying, testVault(), seeded(1))
        .read(tx => tx.count!(Uint8Array.of(), Uint8Array.of(255)))
        .catch(error => error.message)
      expect(failure).to.equal("no power")
      const store = encryptedStore(under, testVault(), seeded(2))
      expect(await dump(store)).to.deep.equal(FIXTURE.entries)
    }
  })
})

describe("the steps from schema to schema", () => {
  const rename =
    (from: string, to: string): Step =>
    async tx => {
      for await (const [key, value] of tx.range(bytes(from), bytes(to))) {
        tx.del(key)
        tx.put(Uint8Array.of(...bytes(to), ...key.subarray(1)), value)
      }
    }
  const steps = [rename("6f", "70"), rename("70", "71")]
  const schemaOf = async (store: Store) =>
    JSON.parse(Buffer.from((await dump(store, "m"))[0]![1], "hex").toString()).schema

  it("run in order, in one write, and once", async () => {
    const store = await PLACES["memory"]!()
    await migrate(store, steps)
    expect(await dump(store, "op")).to.deep.equal([])
    expect(await dump(store, "q")).to.have.length(2)
    expect(await schemaOf(store)).to.equal(3)
    const before = await dump(store)
    await migrate(store, steps)
    expect(await dump(store)).to.deep.equal(before)
  })

  it("begin where the store is", async () => {
    const store = await PLACES["memory"]!()
    await migrate(store, steps.slice(0, 1))
    await migrate(store, [() => Promise.reject(new Error("not again")), steps[1]!])
    expect(await dump(store, "q")).to.have.length(2)
  })

  it("that die in the middle have changed nothing", async () => {
    const store = await PLACES["memory"]!()
    const dies: Step = () => Promise.reject(new Error("no power"))
    expect(await migrate(store, [steps[0]!, dies]).catch(error => error.message)).to.equal("no power")
    expect(await dump(store, "msfoxraj")).to.deep.equal(FIXTURE.entries)
  })

  it("refuse a store of a later schema, and leave it alone", async () => {
    const store = await PLACES["memory"]!()
    await migrate(store, steps)
    const before = await dump(store)
    const opened = await openOn(store).catch(error => error)
    expect([opened.code, opened.retry, opened.userCan]).to.deep.equal(["schema-newer", "never", "reinstall"])
    expect(await dump(store)).to.deep.equal(before)
  })

  it("refuse a state that is none, and take an empty store for a new one", async () => {
    for (const state of ["7b", Buffer.from('{"schema":"1"}').toString("hex"), Buffer.from("null").toString("hex")]) {
      const store = await holding(memoryStore(), [["6d", state]])
      expect(await migrate(store).catch(error => error.code)).to.equal("storage-corrupt")
    }
    const empty = memoryStore()
    await migrate(empty, steps)
    expect(await dump(empty)).to.deep.equal([])
  })
})
