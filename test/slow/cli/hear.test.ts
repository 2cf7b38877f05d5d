import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { accelerate, channel, deploymentFor, PhoneProcess } from "../../cli/phone-process.ts"

describe("lindung phone, two of them", () => {
  let directory = ""
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lindung-phone-"))
    await deploymentFor(directory)
  })
  after(() => rm(directory, { recursive: true }))

  it("two processes hear each other and nobody else; out of range they do not", async () => {
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
})
