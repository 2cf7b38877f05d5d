import { mkdtemp, rm } from "node:fs/promises"
import type { Server } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { expect } from "chai"
import type { Browser } from "playwright-core"
import { hostClock } from "../../src/cli/clock.ts"
import { openServers } from "../../src/cli/start/servers.ts"
import type { Config } from "../../src/client/index.ts"
import { time } from "../../src/crypto/index.ts"
import { launch } from "./neighbourhood.ts"

const SERVE = pathToFileURL(fileURLToPath(new URL("../../../examples/browser/serve.mjs", import.meta.url))).href
const SPEED = 240

interface ServedPage {
  readonly server: Server
  readonly url: string
}

describe("the example for browsers", () => {
  let browser: Browser
  before(async () => {
    browser = await launch()
  })
  after(() => browser?.close())

  it("two tabs meet, one reports, and the other shows a warning, in the language of its reader", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lindung-example-"))
    const accelerate = `${SPEED}@${new Date(Date.now() - 1000).toISOString()}`
    const clock = hostClock(accelerate)
    const virtual = {
      get now() {
        return clock.seconds()
      },
    }
    const servers = await openServers({
      directory,
      design: "hybrid",
      mechanism: "simple",
      risk: "dp3t-exposure-score",
      virtual,
      redeemMillis: 50,
    })
    const publishing = setInterval(() => void servers.keyServer.publishDue(), 500)
    const { servePage } = (await import(SERVE)) as {
      servePage(config: Config, o: { accelerate: string }): Promise<ServedPage>
    }
    const site = await servePage(servers.appConfig, { accelerate })
    const context = await browser.newContext()
    const complaints: string[] = []
    try {
      const [anna, ben] = [await context.newPage(), await context.newPage()]
      for (const page of [anna, ben]) page.on("pageerror", error => complaints.push(String(error)))
      await anna.goto(`${site.url}#anna`)
      await ben.goto(`${site.url}?lang=ms#ben`)
      const text = (page: typeof anna, id: string) => page.locator(`#${id}`).innerText()
      expect(await text(ben, "look")).to.equal("Periksa sekarang")
      // Twenty-five minutes together.
      await anna.waitForTimeout((25 * 60_000) / SPEED)
      for (const page of [anna, ben]) await page.locator("#near").uncheck()
      await anna.waitForFunction(() => /^[1-9]/.test(document.getElementById("contacts")!.textContent ?? ""))
      await anna.locator("#code").fill("WRONG")
      await anna.locator("#send").click()
      await anna.getByText("This code is not good").waitFor()
      await anna.locator("#code").fill(await servers.issueCode(time.day(clock.seconds()) - 1))
      await anna.locator("#send").click()
      await anna.locator('#report[data-is="sent"]').waitFor({ timeout: 60_000 })
      const warned = ben.locator('#exposure[data-is="exposed"]')
      while (!(await warned.isVisible())) {
        await ben.locator("#look").click()
        await ben.waitForTimeout(2000)
      }
      expect(await text(ben, "exposure")).to.match(/^Pada \d{4}-\d\d-\d\d anda berada dekat .* minit\)\.$/)
      expect(complaints).to.deep.equal([])
    } finally {
      clearInterval(publishing)
      await context.close()
      site.server.closeAllConnections()
      await new Promise(done => site.server.close(done))
      await servers.close()
      await rm(directory, { recursive: true })
    }
  })
})
