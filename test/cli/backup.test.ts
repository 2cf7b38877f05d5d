import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import Database from "better-sqlite3"
import { expect } from "chai"
import { auditDisk } from "../../src/audit/index.ts"
import { filesOf, inflate, rebuild } from "../../src/cli/audit/seized.ts"
import { openAuthorityOf } from "../../src/cli/authority-service.ts"
import { backUp, restore, restoreAuthority, restoreServer } from "../../src/cli/backup/index.ts"
import { initDeployment } from "../../src/cli/init.ts"
import { openKeyServerOf, openPublisherOf } from "../../src/cli/services.ts"
import { hex, sha256, time } from "../../src/crypto/index.ts"
import { random } from "../server/world.ts"

const NOW = 1_795_000_000
const deployment = {
  url: "http://127.0.0.1:8420",
  authorityUrl: "http://127.0.0.1:8421",
  listen: "127.0.0.1:0",
  authorityListen: "127.0.0.1:0",
  publisherListen: "127.0.0.1:0",
  design: "low-cost" as const,
  mechanism: "simple" as const,
  preset: "dp3t-android-2020",
  uploadsPerMinute: 600,
  proxies: 0,
}

const around = (now: number) => ({
  clock: () => now,
  onServerEvent: () => {},
  onAuthorityEvent: () => {},
  opensApart: false,
  environment: {},
})

/** Every file below a directory and its bytes' hash. */
async function contentOf(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    found[relative(directory, path)] = hex(sha256(await readFile(path)))
  }
  return found
}

describe("a backup", () => {
  let root = ""
  let directory = ""
  const at = (...names: string[]) => join(root, ...names)
  const records = () => join(directory, "data", "server", "publisher", "records.sqlite")

  /** Publishes so many buckets. */
  async function publish(count: number, from = NOW): Promise<void> {
    const service = await openKeyServerOf(directory, around(from + count * 7200))
    await service.keyServer.publishDue()
    await service.close()
  }
  const headOf = async () => (await readFile(join(directory, "data", "server", "public", "checkpoint"))).toString()

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "lindung-backup-"))
    directory = at("deployment")
    await initDeployment(directory, deployment, { random, now: NOW })
    const first = await openKeyServerOf(directory, around(NOW))
    await first.close()
    const authority = await openAuthorityOf(directory, around(NOW))
    await authority.close()
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it("of equal content has equal bytes, also after the records were rebuilt", async () => {
    await publish(3)
    await backUp(directory, at("one"), {})
    const db = new Database(records())
    // Rows that come and go leave other pages behind.
    for (let n = 0; n < 50; n++) db.prepare("INSERT INTO spent VALUES (?, 1)").run(random.bytes(32))
    db.exec("DELETE FROM spent WHERE bucket = 1")
    db.close()
    await backUp(directory, at("two"), {})
    const content = await contentOf(at("one"))
    expect(await contentOf(at("two"))).to.deep.equal(content)
    expect(Object.keys(content)).to.include.members([
      "data/server/publisher/records.sqlite",
      "data/server/public/checkpoint",
      "data/authority/codes.sqlite",
      "data/authority/accounts.sqlite",
    ])
  })

  it("holds no key of a bucket, no secret, no code and no envelope, nor a trace of one", async () => {
    await publish(1)
    const live = new Database(records())
    const keys = live.prepare("SELECT wrapped FROM bucket_key").pluck().all() as Buffer[]
    expect(keys.length).to.be.greaterThan(20)
    live.close()
    const codes = new Database(join(directory, "data", "authority", "codes.sqlite"))
    const code = Buffer.from(random.bytes(32))
    codes.prepare("INSERT INTO codes VALUES (?, 1, 18000, 500000, ?, ?)").run(code, random.bytes(32), random.bytes(8))
    codes.prepare("INSERT INTO audit VALUES (1, 5, 'clinic', 'issue', 3, ?)").run(random.bytes(32))
    codes.close()
    await backUp(directory, at("out"), {})
    const secrets = (await readFile(join(directory, "secrets", "publisher.env"))).toString().match(/[0-9a-f]{64}/g)!
    for (const path of Object.keys(await contentOf(at("out")))) {
      const bytes = await readFile(at("out", path))
      for (const key of [...keys, code]) expect(bytes.includes(key), path).to.equal(false)
      for (const secret of secrets.slice(0, 2)) expect(bytes.includes(Buffer.from(secret, "hex")), path).to.equal(false)
    }
    const copy = new Database(at("out", "data", "authority", "codes.sqlite"))
    expect(copy.prepare("SELECT count(*) FROM codes").pluck().get()).to.equal(0)
    expect(copy.prepare("SELECT actor FROM audit").pluck().get(), "the audit log").to.equal("clinic")
    copy.close()
    const staff = new Database(at("out", "data", "authority", "accounts.sqlite"))
    expect(staff.prepare("SELECT name FROM users").pluck().all()).to.deep.equal(["admin"])
    expect(staff.prepare("SELECT count(*) FROM api_keys").pluck().get()).to.equal(1)
    staff.close()
    expect((await stat(at("out"))).mode & 0o777).to.equal(0o700)
    expect((await stat(at("out", "data", "server", "publisher", "records.sqlite"))).mode & 0o777).to.equal(0o600)
  })

  it("gives away no more than what is documented to remain, to whoever gets it", async () => {
    await publish(2)
    await backUp(directory, at("out"), {})
    const report = await auditDisk({ files: await filesOf(at("out")), memory: [] }, { inflate, rebuild, canaries: [] })
    expect(report.findings).to.deep.equal([])
    expect(report.learnt.filter(({ where }) => /bucket_key|secrets|envelopes/.test(where))).to.deep.equal([])
  })

  it("is refused into a directory that is not empty, and while the publisher runs", async () => {
    await mkdir(at("full"))
    await writeFile(at("full", "x"), "")
    expect((await backUp(directory, at("full"), {}).catch(error => error)).message).to.include("not empty")
    const publisher = await openPublisherOf(directory, around(NOW))
    expect(await backUp(directory, at("out"), {}).catch(error => error)).to.include({ code: "state" })
    await publisher.close()
  })

  it("restores a key server that goes on with the same log, from the newest tree there is", async () => {
    await publish(2)
    await backUp(directory, at("old"), {})
    await publish(5)
    await backUp(directory, at("new"), {})
    const head = await headOf()
    for (const backup of ["old", "new"]) {
      await rm(join(directory, "data", "server", "publisher"), { recursive: true })
      const { added } = await restoreServer(directory, at(backup), {})
      expect(added > 0, backup).to.equal(backup === "old")
      await publish(5)
      expect(await headOf(), `${backup}: nothing was signed again`).to.equal(head)
    }
    // The whole disk is gone: secrets and backup are left.
    await rm(join(directory, "data", "server"), { recursive: true })
    await restoreServer(directory, at("new"), {})
    expect(await headOf()).to.equal(head)
    await publish(7)
    const size = (note: string) => Number(note.split("\n")[1])
    expect(size(await headOf())).to.be.greaterThan(size(head))
    const bucket = time.bucket(NOW) + 6
    expect(
      await readFile(join(directory, "data", "server", "public", "batches", "low-cost", `${bucket}`)),
    ).to.not.equal("")
  })

  it("is not needed where the tree is whole: records are made from it alone, and old ones are brought up to it", async () => {
    await publish(2)
    const copy = await readFile(records())
    await publish(4)
    const head = await headOf()
    await rename(records(), at("records-of-before"))
    await restoreServer(directory, undefined, {})
    await publish(4)
    expect(await headOf()).to.equal(head)
    await writeFile(records(), copy)
    const refused = await publish(4).catch(error => error)
    expect(refused, "an older copy alone would sign a second history").to.include({ code: "log-inconsistent" })
    const { added } = await restoreServer(directory, undefined, {})
    expect(added).to.equal(2)
    await publish(4)
    expect(await headOf()).to.equal(head)
  })

  it("that is not there, or lacks the half that is named, is not said to be restored", async () => {
    await backUp(directory, at("out"), {})
    await rm(at("out", "data", "authority"), { recursive: true })
    const said: string[] = []
    const tried = (backup: string | undefined, half?: string) =>
      restore(directory, backup, { half, environment: {}, tell: line => said.push(line) }).catch(error => error.message)
    expect(await tried(at("nowhere"))).to.include("there is no backup of a deployment")
    expect(await tried(at("nowhere"), "key-server")).to.include("no backup of the key-server")
    expect(await tried(at("out"), "authority")).to.include("no backup of the authority")
    expect(await tried(undefined, "authority")).to.include("needs a backup")
    expect(said).to.deep.equal([])
    await rm(records())
    expect(await tried(at("out"))).to.equal(undefined)
    expect(said.join()).to.include("key server: ")
  })

  it("of an authority goes on where restoring it was killed between two files, and leaves no half of one", async () => {
    await backUp(directory, at("out"), {})
    const authority = join(directory, "data", "authority")
    await rm(authority, { recursive: true })
    await restoreAuthority(directory, at("out"), {})
    const whole = await contentOf(authority)
    await rm(join(authority, "codes.sqlite"))
    await writeFile(join(authority, "codes.sqlite.new"), "half of")
    await restoreAuthority(directory, at("out"), {})
    expect(await contentOf(authority)).to.deep.equal(whole)
  })

  it("is never put over what is there", async () => {
    await backUp(directory, at("out"), {})
    const failure = await restoreServer(directory, at("out"), {}).catch(error => error)
    expect(failure.message).to.include("is there")
    expect((await restoreAuthority(directory, at("out"), {}).catch(error => error)).message).to.include("is there")
    await rm(join(directory, "data", "authority"), { recursive: true })
    expect(await restoreAuthority(directory, at("out"), {})).to.include("codes.sqlite")
    const authority = await openAuthorityOf(directory, around(NOW))
    await authority.close()
  })
})
