import { spawnSync } from "node:child_process"
import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { hostClock } from "../../src/cli/clock.ts"
import { initDeployment } from "../../src/cli/init.ts"
import { seeded } from "../dice.ts"
import { accelerate, channel, PhoneProcess } from "./phone-process.ts"

const MAIN = new URL("../../src/cli/main.js", import.meta.url).pathname

describe("lindung phone", () => {
  let directory = ""
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lindung-phone-"))
    // Nobody listens there: phones meet without any server.
    const nowhere = { url: "http://127.0.0.1:9", authorityUrl: "http://127.0.0.1:9" }
    const listen = { listen: "127.0.0.1:0", publisherListen: "127.0.0.1:0", authorityListen: "127.0.0.1:0" }
    const settings = {
      design: "hybrid" as const,
      mechanism: "simple" as const,
      preset: "dp3t-exposure-score",
      uploadsPerMinute: 0,
      proxies: 0,
    }
    const ports = { random: seeded(1), now: Date.now() / 1000 }
    await initDeployment(join(directory, "deployment"), { ...nowhere, ...listen, ...settings }, ports)
  })
  after(() => rm(directory, { recursive: true }))

  it("two of them, two processes, hear each other and nobody else; out of range they do not", async () => {
    const clock = accelerate(480)
    const phone = (name: string, on = channel()) =>
      new PhoneProcess(directory, "--name", name, "--channel", on, "--accelerate", clock)
    const [anna, ben, carla] = [phone("anna"), phone("ben"), phone("carla", "99")]
    const all = [anna, ben, carla]
    try {
      await Promise.all(all.map(({ on }) => on))
      const isSomebody = ({ heard }: { heard: unknown[] }) => heard.length > 0
      const [first] = (await anna.until("heard", isSomebody)).heard
      expect(first.attenuation).to.equal(50)
      await ben.until("heard", isSomebody)
      expect((await carla.ask("heard")).heard).to.deep.equal([])
      expect(await ben.ask("far")).to.deep.equal({ command: "far", attenuation: 127 })
      // Two scans pass, and the one that was going on is over.
      await ben.ask("wait 9")
      const minutes = async () =>
        (await anna.ask("heard")).heard.reduce((sum: number, one: { minutes: number }) => sum + one.minutes, 0)
      const before = await minutes()
      await anna.ask("wait 13")
      expect(await minutes()).to.equal(before)
      const { tracing, exposure, contacts, radio } = await anna.ask("status")
      expect([tracing.is, exposure.is]).to.deep.equal(["on", "unknown"])
      expect(Object.values(contacts.dropped)).to.deep.equal([0, 0, 0, 0, 0, 0])
      expect(radio.refused).to.deep.equal({ foreign: 0, length: 0, malformed: 0 })
      expect(await Promise.all(all.map(one => one.end()))).to.deep.equal([0, 0, 0])
      expect((await stat(join(directory, "phones", "anna.sqlite"))).mode & 0o777).to.equal(0o600)
    } finally {
      for (const one of all) one.kill()
    }
  })

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
