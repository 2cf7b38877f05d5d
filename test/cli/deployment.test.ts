import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { parseEnv } from "node:util"
import { expect } from "chai"
import { initDeployment } from "../../src/cli/init.ts"
import { settingsOf } from "../../src/cli/settings.ts"
import { checkConfig } from "../../src/client/index.ts"
import { base64 } from "../../src/crypto/index.ts"
import { parseNoteKey, verifyCheckpoint } from "../../src/protocol/index.ts"
import { random } from "../server/world.ts"

const deployment = {
  url: "http://127.0.0.1:8420",
  authorityUrl: "http://127.0.0.1:8421",
  listen: "127.0.0.1:0",
  authorityListen: "127.0.0.1:0",
  publisherListen: "127.0.0.1:0",
  design: "hybrid" as const,
  mechanism: "simple" as const,
  preset: "dp3t-android-2020",
  uploadsPerMinute: 600,
  proxies: 0,
}
const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url))

describe("lindung init", () => {
  let directory = ""
  let staff: Awaited<ReturnType<typeof initDeployment>>
  const text = (...names: string[]) => readFile(join(directory, ...names), "utf8")
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lindung-init-"))
    staff = await initDeployment(directory, deployment, { random, now: 1_795_000_000 })
  })
  after(() => rm(directory, { recursive: true, force: true }))

  it("writes a configuration that a server takes, whose public half apps take", async () => {
    const settings = settingsOf("key-server", directory, {})
    const app = JSON.parse(await text("app-config.json"))
    expect(parseNoteKey(app.server.logKey).name).to.equal(settings.config.logName)
    expect(base64(settings.config.authorityKeys[0]!)).to.equal(app.authority.publicKey)
    expect(checkConfig(app), "what an app passes to open()").to.have.property("ok", true)
    expect(app).to.have.all.keys("server", "authority", "design", "risk", "cover", "retention", "sync")
  })
  it("lets nobody but the owner read a secret, and keeps secrets apart from data", async () => {
    for (const name of await readdir(join(directory, "secrets")))
      expect((await stat(join(directory, "secrets", name))).mode & 0o777, name).to.equal(0o600)
    for (const name of ["secrets", join("data", "server"), join("data", "authority")])
      expect((await stat(join(directory, name))).mode & 0o777, name).to.equal(0o700)
  })

  it("puts no secret into the public half, and neither the API key nor the one-time password anywhere", async () => {
    const environment = {
      ...parseEnv(await text("secrets", "publisher.env")),
      ...parseEnv(await text("secrets", "ingest.env")),
      ...parseEnv(await text("secrets", "authority.env")),
    }
    const app = await text("app-config.json")
    const secrets = Object.entries(environment).filter(([name]) => /SEED|_KEY$|HASH/.test(name))
    expect(secrets).to.have.length(5)
    for (const [name, value] of secrets) expect(app, name).to.not.include(value)
    const accounts = await text("data", "authority", "accounts.sqlite")
    for (const file of [app, accounts, ...Object.values(environment)])
      for (const shown of [staff.apiKey, staff.administrator.oneTimePassword]) expect(file).to.not.include(shown)
    expect(accounts).to.include("$argon2id$v=19$m=19456,t=2,p=1$")
  })

  it("never writes over what is there", async () => {
    const failure = await initDeployment(directory, deployment, { random, now: 1 }).catch(error => error)
    expect(failure.message).to.include("not empty")
  })

  it("is enough to serve from: lindung serve starts, answers, and stops in order when told to", async () => {
    const child = spawn(process.execPath, [MAIN, "serve", directory], { stdio: ["ignore", "pipe", "inherit"] })
    try {
      const lines: string[] = []
      const output = createInterface(child.stdout)
      output.on("line", line => lines.push(line))
      await once(output, "line")
      const { event, port } = JSON.parse(lines[0]!)
      expect(event).to.equal("listening")
      const answer = await fetch(`http://127.0.0.1:${port}/checkpoint`)
      const app = JSON.parse(await text("app-config.json"))
      const checkpoint = verifyCheckpoint(new Uint8Array(await answer.arrayBuffer()), parseNoteKey(app.server.logKey))
      expect(checkpoint.size).to.equal(3)
      child.kill("SIGTERM")
      const [code] = await once(child, "close")
      expect(code).to.equal(0)
      expect(JSON.parse(lines.at(-1)!).event).to.equal("stopped")
    } finally {
      child.kill("SIGKILL")
    }
  })

  it("lindung serve takes no name that is not a service's, be it one that every object has", async () => {
    for (const name of ["toString", "constructor", "portal"]) {
      const child = spawn(process.execPath, [MAIN, "serve", directory, name], { stdio: ["ignore", "ignore", "pipe"] })
      let errors = ""
      child.stderr.on("data", chunk => {
        errors += chunk
      })
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000)
      const [code] = await once(child, "close")
      clearTimeout(timer)
      expect(code, name).to.equal(2)
      expect(errors).to.include("expected key-server, ingest, publisher, authority")
    }
  })

  it("of a damaged deployment: lindung serve names every problem and does not start", async () => {
    const environment = await text("secrets", "publisher.env")
    await writeFile(
      join(directory, "secrets", "publisher.env"),
      environment.replace(/^LINDUNG_SERVER_(LOG_SEED|LOG_NAME).*$/gm, ""),
    )
    const child = spawn(process.execPath, [MAIN, "serve", directory], { stdio: ["ignore", "ignore", "pipe"] })
    let errors = ""
    child.stderr.on("data", chunk => {
      errors += chunk
    })
    const [code] = await once(child, "close")
    expect(code).to.equal(2)
    expect(errors).to.include("LINDUNG_SERVER_LOG_SEED:").and.include("LINDUNG_SERVER_LOG_NAME:")
  })
})
