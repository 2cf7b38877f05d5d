import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import type { Server } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { initDeployment, witnessVariable } from "../../src/cli/init.ts"
import { listen, openKeyServerOf, type Service, shut } from "../../src/cli/services.ts"
import { initWitness, openWitnessOf } from "../../src/cli/witness.ts"
import { encodeWitnessKey, PATHS, parseNoteKey } from "../../src/protocol/index.ts"
import { random } from "../server/world.ts"

const MAIN = new URL("../../src/cli/main.js", import.meta.url).pathname
const clock = () => Date.now() / 1000

describe("lindung witness and lindung monitor", () => {
  let folder = ""
  const open: [Server, Service][] = []
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "lindung-monitor-"))
  })
  after(async () => {
    for (const [server, service] of open) {
      server.closeAllConnections()
      await shut(server)
      await service.close()
    }
    rmSync(folder, { recursive: true })
  })
  const at = (...names: string[]) => join(folder, ...names)
  const serving = async (service: Service): Promise<string> => {
    const { server, port } = await listen(service)
    open.push([server, service])
    return `http://127.0.0.1:${port}`
  }

  async function monitor(url: string): Promise<{ status: number | null; line: Record<string, unknown> }> {
    const options = ["--config", at("server", "app-config.json"), "--dir", at("mirror"), "--once", "--json"]
    const child = spawn(process.execPath, [MAIN, "monitor", url, ...options], { stdio: ["ignore", "pipe", "inherit"] })
    let text = ""
    child.stdout.on("data", part => {
      text += String(part)
    })
    const status = await new Promise<number | null>(resolve => child.on("close", resolve))
    return { status, line: JSON.parse(text) }
  }

  it("monitor looks once a second to once a day, and nothing else is an interval", async () => {
    writeFileSync(at("pinned.json"), JSON.stringify({ server: { logKey: "keys.test+00000000+AAAA" } }))
    for (const every of ["0", "86401", "2592000", "Infinity", "often"]) {
      const options = ["--config", at("pinned.json"), "--dir", at("none"), "--every", every]
      const child = spawn(process.execPath, [MAIN, "monitor", "http://127.0.0.1:1", ...options])
      let errors = ""
      child.stderr.on("data", part => {
        errors += String(part)
      })
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000)
      expect(await new Promise(resolve => child.on("close", resolve)), every).to.equal(2)
      clearTimeout(timer)
      expect(errors).to.include("expected 1 to 86400 seconds")
    }
  })

  it("follow a key server that they are told of: one signs its heads, the other keeps and judges what it shows", async () => {
    await initDeployment(
      at("server"),
      {
        url: "http://keys.test",
        authorityUrl: "http://authority.test",
        listen: "127.0.0.1:0",
        authorityListen: "127.0.0.1:0",
        publisherListen: "127.0.0.1:0",
        design: "hybrid",
        preset: "dp3t-exposure-score",
        mechanism: "simple",
        uploadsPerMinute: 0,
        proxies: 0,
      },
      { random, now: clock() },
    )
    const path = at("server", "app-config.json")
    const app = JSON.parse(readFileSync(path, "utf8"))
    const logs = [parseNoteKey(app.server.logKey)]
    const key = await initWitness(at("witness"), { name: "witness.test", logs }, random)
    const failures: unknown[] = []
    const around = { clock, onEvent: () => {}, onFailure: (error: unknown) => failures.push(error) }
    const where = { host: "127.0.0.1", port: 0 }
    const url = await serving(await openWitnessOf(at("witness"), where, around))
    const service = await openKeyServerOf(at("server"), {
      clock,
      onServerEvent: () => {},
      onAuthorityEvent: () => {},
      opensApart: false,
      environment: {
        LINDUNG_SERVER_WITNESSES: witnessVariable({ key, url }),
        LINDUNG_SERVER_WITNESS_QUORUM: "1",
      },
    })
    await service.keyServer.publishDue()
    const files = await serving(service)
    app.server.witnesses = { keys: [encodeWitnessKey(key)], quorum: 1 }
    writeFileSync(path, JSON.stringify(app))

    const good = await monitor(files)
    expect(good.line).to.deep.include({ isNew: true, violations: [] })
    expect(good.status).to.equal(0)
    expect(readFileSync(at("mirror", "public", PATHS.checkpoint), "utf8")).to.include("witness.test")
    expect(failures).to.deep.equal([])

    const shown = at("server", "data", "server", "public", PATHS.parameters)
    writeFileSync(shown, readFileSync(shown, "utf8").replace('"coverMeanDays":5', '"coverMeanDays":6'))
    const bad = await monitor(files)
    expect(bad.line["violations"]).to.deep.include({
      code: "not-in-log",
      where: PATHS.parameters,
      what: "not the file that was logged",
    })
    expect(bad.status).to.equal(1)
  }).timeout(120_000)
})
