import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { Run } from "../../cli/run.ts"

describe("what a stranger tries with servers", () => {
  let cwd = ""
  beforeEach(() => {
    // A space and letters that are not ASCII, for every one of them.
    cwd = mkdtempSync(join(tmpdir(), "lindung für mamá 測試-"))
  })
  afterEach(() => {
    rmSync(cwd, { recursive: true, force: true })
  })
  const run = async (...args: string[]) => {
    const one = new Run(args, { cwd })
    return { code: await one.end(), output: one.output }
  }
  const trial = (port: number, ...more: string[]) => [
    ...["init", "trial", "--listen", `127.0.0.1:${port}`, "--authority-listen", "127.0.0.1:0"],
    ...["--publisher-listen", "127.0.0.1:0", ...more],
  ]

  it("a folder whose name has spaces and Unicode: init, config, serve, audit", async () => {
    expect((await run(...trial(0))).code).to.equal(0)
    expect((await run("config", "--dir", "trial")).code).to.equal(0)
    const serving = new Run(["serve", "trial"], { cwd })
    await serving.says(/health authority/)
    serving.child.kill("SIGTERM")
    expect(await serving.end()).to.equal(0)
    expect((await run("audit", "disk", "trial")).output).to.include("Nothing more.")
  })

  it("a port that is in use is named, and the exit code is 2", async () => {
    const taken = createServer().listen(0, "127.0.0.1")
    await once(taken, "listening")
    const { port } = taken.address() as { port: number }
    await run(...trial(port))
    const { code, output } = await run("serve", "trial")
    taken.close()
    expect(code).to.equal(2)
    expect(output).to.include(`port ${port} is in use`)
  })

  it("a second server over one deployment says that the first has it", async () => {
    await run(...trial(0))
    const first = new Run(["serve", "trial"], { cwd })
    await first.says(/health authority/)
    const second = await run("serve", "trial")
    first.child.kill("SIGTERM")
    await first.end()
    expect(second.code).to.equal(2)
    expect(second.output).to.match(/in use|another/)
  })

  it("Ctrl-C while it serves ends in order; a second one at once; both with 130", async () => {
    await run(...trial(0))
    for (const times of [1, 2]) {
      const serving = new Run(["serve", "trial"], { cwd })
      await serving.says(/health authority/)
      for (let i = 0; i < times; i++) serving.child.kill("SIGINT")
      expect(await serving.end()).to.equal(130)
    }
  })

  it("Ctrl-C while a scene is played leaves no half of a run", async () => {
    const started = new Run(["start", "--once", "--scenario", "train"], { cwd })
    for (let waited = 0; !existsSync(join(cwd, "data", "run-1", "app-config.json")) && waited < 30_000; waited += 20)
      await new Promise(done => setTimeout(done, 20))
    started.child.kill("SIGINT")
    expect(await started.end()).to.equal(130)
    expect(readdirSync(join(cwd, "data"))).to.deep.equal([])
  })
})
