import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseEnv } from "node:util"
import { expect } from "chai"
import { explain } from "../../src/cli/config/index.ts"
import { initDeployment } from "../../src/cli/init.ts"
import { settingsOf } from "../../src/cli/settings.ts"
import { initWitness } from "../../src/cli/witness.ts"
import type { LindungError } from "../../src/protocol/index.ts"
import { parseNoteKey } from "../../src/protocol/index.ts"
import { random } from "../server/world.ts"

const NAMES = ["key-server", "ingest", "publisher", "authority", "witness", "app"] as const

describe("lindung config", () => {
  let directory = ""
  const at = (...names: string[]) => join(directory, ...names)
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lindung-config-"))
    const deployment = {
      url: "http://127.0.0.1:8420",
      authorityUrl: "http://127.0.0.1:8421",
      listen: "127.0.0.1:8420",
      authorityListen: "127.0.0.1:8421",
      publisherListen: "127.0.0.1:8422",
      design: "hybrid" as const,
      mechanism: "simple" as const,
      preset: "dp3t-android-2020",
      uploadsPerMinute: 600,
      proxies: 0,
    }
    await initDeployment(at("d"), deployment, { random, now: 1_795_000_000 })
    const app = JSON.parse(await readFile(at("d", "app-config.json"), "utf8"))
    await initWitness(at("w"), { name: "witness.test", logs: [parseNoteKey(app.server.logKey)] }, random)
  })
  after(() => rm(directory, { recursive: true, force: true }))

  const of = (name: (typeof NAMES)[number]) => explain(name, at(name === "witness" ? "w" : "d"), {})

  it("finds nothing wrong with what init wrote, and each setting has a meaning and a form", async () => {
    for (const name of NAMES) {
      const { settings, problems } = await of(name)
      expect(problems, name).to.deep.equal([])
      expect(settings.length, name).to.be.greaterThan(4)
      for (const { what, expected, name: setting } of settings) expect([what, expected], setting).to.not.include("")
    }
  })

  it("knows every setting that a deployment's files have, and where it is from", async () => {
    for (const file of ["ingest", "publisher", "authority"] as const) {
      const { settings } = await of(file)
      const written = Object.keys(parseEnv(await readFile(at("d", "secrets", `${file}.env`), "utf8")))
      const from = settings.filter(one => one.from === `secrets/${file}.env`).map(one => one.name)
      expect(from).to.have.members(written)
    }
  })

  it("shows no secret", async () => {
    for (const name of NAMES) {
      const text = JSON.stringify(await of(name))
      for (const file of ["ingest.env", "publisher.env", "authority.env"])
        for (const [variable, value] of Object.entries(parseEnv(await readFile(at("d", "secrets", file), "utf8"))))
          if (/SEED|_KEY$/.test(variable)) expect(text, variable).to.not.include(value)
      expect(text).to.not.include((await readFile(at("w", "seed"), "utf8")).trim())
    }
  })

  it("says that a variable of the process holds in place of the file's", async () => {
    const { settings } = await explain("ingest", at("d"), { LINDUNG_SERVER_PROXIES: "2" })
    expect(settings.find(({ name }) => name === "LINDUNG_SERVER_PROXIES")).to.include({
      value: "2",
      from: "environment",
    })
  })

  it("computes a default from what it follows from, as the process does", async () => {
    const environment = { LINDUNG_AUTHORITY_PHONES: "1000" }
    const { settings } = await explain("authority", at("d"), environment)
    const waiting = settings.find(({ name }) => name === "LINDUNG_AUTHORITY_MAX_WAITING")
    expect(waiting).to.include({ from: "default" })
    expect(waiting?.value).to.equal(String(settingsOf("authority", at("d"), environment).config.maxWaiting))
  })

  it("reports the same problems as the process that does not start, all at once, without a value", async () => {
    const environment = {
      LINDUNG_SERVER_PROXIES: "eleven",
      LINDUNG_SERVER_LOG_SEED: "wrong-secret",
      LINDUNG_LISTEN: "127.0.0.1:1",
      LINDUNG_INGEST_PORT: "1",
      LINDUNG_SERVER_PARAMETERS_FILE: "missing",
    }
    const { problems } = await explain("key-server", at("d"), environment)
    for (const name of Object.keys(environment)) expect(problems.join("\n")).to.include(`${name}: `)
    expect(problems.join("\n")).to.not.match(/eleven|wrong-secret/)
    try {
      settingsOf("key-server", at("d"), environment)
      expect.fail("the process would have started")
    } catch (error) {
      expect((error as LindungError).problems).to.deep.equal(problems)
    }
  })

  it("names the problems of all parts of an authority together", async () => {
    const environment = {
      LINDUNG_AUTHORITY_LISTEN: "x",
      LINDUNG_AUTHORITY_PHONES: "0",
      LINDUNG_PORTAL_IDLE_MINUTES: "long",
    }
    const { problems } = await explain("authority", at("d"), environment)
    for (const name of Object.keys(environment)) expect(problems.join("\n")).to.include(`${name}: expected`)
  })

  it("refuses two files of one process that disagree, and a name in a file that is no setting", async () => {
    const file = at("d", "secrets", "ingest.env")
    const before = await readFile(file, "utf8")
    await writeFile(file, `${before.replace("LINDUNG_SERVER_DATA=data", "LINDUNG_SERVER_DATA=other")}LINDUNG_DATA=x\n`)
    try {
      const { problems } = await of("key-server")
      expect(problems).to.have.length(2)
      expect(problems.join("\n")).to.include("LINDUNG_SERVER_DATA: expected the same in secrets/publisher.env")
      expect(problems.join("\n")).to.include("LINDUNG_DATA: not a setting")
    } finally {
      await writeFile(file, before)
    }
  })

  it("finds the problems of an app's configuration and of a witness by their paths", async () => {
    const file = at("d", "app-config.json")
    const app = await readFile(file, "utf8")
    await writeFile(
      file,
      app.replace('"meanDays": 5', '"meanDays": 0').replace('"design": "hybrid"', '"design": "gaen"'),
    )
    await writeFile(at("w", "seed"), "short")
    try {
      expect((await of("app")).problems.map(one => one.split(":")[0])).to.have.members([
        "server.exportKeys",
        "cover.meanDays",
      ])
      expect((await of("witness")).problems).to.deep.equal(["seed: expected 64 hexadecimal digits"])
    } finally {
      await writeFile(file, app)
    }
  })

  it("says of a directory that is none of a deployment what is missing", async () => {
    const failure = await explain("ingest", at("nowhere"), {}).catch(error => error)
    expect(failure.message).to.include("there is no such directory")
  })
})
