import { spawnSync } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { hostClock } from "../../src/cli/clock.ts"
import { channel, deploymentFor, PhoneProcess } from "./phone-process.ts"

const MAIN = new URL("../../src/cli/main.js", import.meta.url).pathname

describe("lindung phone", () => {
  let directory = ""
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lindung-phone-"))
    await deploymentFor(directory)
  })
  after(() => rm(directory, { recursive: true }))

  it("says what was wrong with a command, in words that help, and ends with exit code 1", async () => {
    const phone = new PhoneProcess(directory, "--name", "dora", "--channel", channel())
    try {
      await phone.on
      const message = async (command: string) => (await phone.ask(command)).error.message
      expect(await message("dance")).to.include("`help` lists them")
      expect(await message("near 128")).to.include("0 to 127, got 128")
      expect(await message("report")).to.include("code of the health authority is missing")
      expect((await phone.ask("report SECRETCODE yesterday")).command).to.equal("report")
      expect((await phone.ask("report ABC")).error).to.include({ code: "proof-invalid", retry: "after-user" })
      expect((await phone.ask("test")).error.code, "the deployment's codes are simple ones").to.equal("state")
      expect(await message("explain x")).to.include("expected a day like")
      expect(await message("wait soon")).to.include("got soon")
      expect((await phone.ask("sync")).error).to.include({ code: "network", userCan: "wait" })
      expect((await phone.ask("help")).commands.map(([usage]: [string]) => usage)).to.include("report CODE [DAY]")
      expect(await phone.end()).to.equal(1)
    } finally {
      phone.kill()
    }
  })

  it("that cannot begin says why", () => {
    const said = (...args: string[]) => {
      const { status, stderr } = spawnSync(process.execPath, [MAIN, "phone", ...args], {
        cwd: directory,
        encoding: "utf8",
        input: "",
      })
      expect(status).to.be.greaterThan(0)
      return stderr
    }
    expect(said("--name", "a/b")).to.include("--name: expected up to 40 letters")
    expect(said("--name", "eva", "--deployment", "none")).to.include("`lindung init none` makes a deployment")
  })

  it("the clock that runs faster is the machine's at its moment, and is refused when it is none", () => {
    const anchor = Date.now() - 10_000
    const fast = hostClock(`60@${new Date(anchor).toISOString()}`)
    const passed = (fast.now() - anchor) / (Date.now() - anchor)
    expect(passed).to.be.closeTo(60, 1)
    expect(Math.abs(hostClock().now() - Date.now())).to.be.lessThan(1000)
    expect(() => hostClock("2@2020-05-08")).to.throw("more than a day ago")
    for (const wrong of ["60", "0@2020-05-08", "60@never", "-1@2020-05-08", "9999@2020-05-08", "2@2999-01-01"])
      expect(() => hostClock(wrong), wrong).to.throw("--accelerate:")
  })
})
