import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { initDeployment } from "../../../src/cli/init.ts"
import { systemRandom } from "../../../src/cli/random.ts"
import { time } from "../../../src/crypto/index.ts"
import { CODES_PATH } from "../../../src/protocol/index.ts"
import { accelerate, channel, freePort, PhoneProcess } from "../../cli/phone-process.ts"

const MAIN = new URL("../../../src/cli/main.js", import.meta.url).pathname
const SPEED = 240

describe("two phones and the servers, four processes", () => {
  it("meet over the radio of this machine, one reports, the other is warned; a third, out of range, is not", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lindung-phones-"))
    const [server, authority] = [await freePort(), await freePort()]
    const clock = accelerate(SPEED)
    const { apiKey } = await initDeployment(
      join(directory, "deployment"),
      {
        url: `http://127.0.0.1:${server}`,
        authorityUrl: `http://127.0.0.1:${authority}`,
        listen: `127.0.0.1:${server}`,
        publisherListen: "127.0.0.1:0",
        authorityListen: `127.0.0.1:${authority}`,
        design: "hybrid",
        mechanism: "simple",
        preset: "dp3t-exposure-score",
        uploadsPerMinute: 0,
        proxies: 0,
      },
      { random: systemRandom, now: Date.now() / 1000 },
    )
    const serving: ChildProcess = spawn(process.execPath, [MAIN, "serve", "deployment", "--accelerate", clock], {
      cwd: directory,
      stdio: ["ignore", "pipe", "inherit"],
    })
    const phone = (name: string, ...args: string[]) =>
      new PhoneProcess(directory, "--name", name, "--channel", channel(), "--accelerate", clock, ...args)
    await once(serving.stdout!, "data")
    const [anna, ben, carla] = [phone("anna"), phone("ben"), phone("carla", "--attenuation", "127")]
    const all = [anna, ben, carla]
    try {
      await Promise.all(all.map(({ on }) => on))
      type Heard = { heard: { minutes: number }[] }
      const isLong = ({ heard }: Heard) => heard.reduce((sum, { minutes }) => sum + minutes, 0) >= 20
      await Promise.all([anna, ben].map(one => one.until("heard", isLong, 500)))
      await Promise.all([anna, ben].map(one => one.ask("far")))
      const answer = await fetch(`http://127.0.0.1:${authority}${CODES_PATH}`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ contagiousFromDay: time.day(Date.now() / 1000) - 1 }),
      })
      const { code } = (await answer.json()) as { code: string }
      expect((await anna.ask(`report ${code}`)).days).to.have.length.greaterThan(0)
      expect((await anna.ask("status")).report.is).to.equal("sent")
      await ben.until("sync", ({ newDays }) => newDays?.length > 0, 3000)
      const { exposure } = await ben.ask("status")
      expect(exposure.is).to.equal("exposed")
      expect(exposure.days[0].score).to.be.greaterThan(14)
      expect(ben.events.map(({ event }) => event)).to.include("warned")
      await carla.ask("sync")
      expect((await carla.ask("status")).exposure.is).to.equal("none")
      expect(await Promise.all(all.map(one => one.end()))).to.deep.equal([0, 0, 0])
    } finally {
      for (const one of all) one.kill()
      serving.kill("SIGKILL")
      await rm(directory, { recursive: true })
    }
  })
})
