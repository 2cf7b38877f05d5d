import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import SQLite from "better-sqlite3"
import { expect } from "chai"
import { memoryAccountStore, sqliteAccountStore } from "../../../src/authority/index.ts"
import { accountStoreContract } from "../../contract/account-store.ts"

describe("where accounts are kept", () => {
  let directory = ""
  let files = 0
  const path = () => join(directory, `accounts-${files}.sqlite`)
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lindung-accounts-"))
  })
  after(() => rm(directory, { recursive: true }))
  beforeEach(() => files++)

  accountStoreContract("memory", async () => memoryAccountStore())
  accountStoreContract("SQLite", () => {
    files++
    return sqliteAccountStore(path())
  })

  it("two processes may have the file open: what one adds, the other sees", async () => {
    const [server, shell] = [await sqliteAccountStore(path()), await sqliteAccountStore(path())]
    await shell.addApiKey({ id: "00", label: "x", hash: "h", createdDay: 1 })
    expect(await server.apiKey("00")).to.include({ label: "x" })
    await server.removeApiKey("00")
    expect(await shell.apiKeys()).to.deep.equal([])
    await server.close()
    await shell.close()
  })

  it("nobody but the owner may read the file, and what was removed is not in it any more", async () => {
    const store = await sqliteAccountStore(path())
    await store.addApiKey({ id: "00", label: "a label to be forgotten", hash: "h", createdDay: 1 })
    await store.removeApiKey("00")
    await store.pruneSessions(0, 0)
    expect((await stat(path())).mode & 0o777).to.equal(0o600)
    for (const file of [path(), `${path()}-wal`])
      expect((await readFile(file)).includes("to be forgotten"), file).to.equal(false)
    await store.close()
  })

  it("refuses a file of a later version, and one that is no database", async () => {
    await (await sqliteAccountStore(path())).close()
    const database = new SQLite(path())
    database.pragma("user_version = 99")
    database.close()
    expect(await sqliteAccountStore(path()).catch(error => error.code)).to.equal("schema-newer")
    files++
    await writeFile(path(), "not a database, but long enough to look at: ".repeat(50))
    expect(await sqliteAccountStore(path()).catch(error => error.code)).to.equal("storage-corrupt")
  })
})
