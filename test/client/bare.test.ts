import { fileURLToPath } from "node:url"
import { createContext, runInContext } from "node:vm"
import { expect } from "chai"
import { build } from "esbuild"
import { type Config, dayNumber } from "../../src/client/index.ts"
import { time } from "../../src/crypto/index.ts"
import { deploy } from "../../src/simulator/deployment.ts"
import { seededDice } from "../../src/simulator/index.ts"
import type { RemotePhone } from "../remote-phone.ts"
import type { Outside } from "./bare/phone.ts"
import { CONFIG } from "./config.ts"
import { START } from "./lab.ts"

/** What Hermes lacks, or has only where an app brings it along. */
const ABSENT = [
  ...["Buffer", "process", "require", "module", "console", "setTimeout", "queueMicrotask"],
  ...["TextEncoder", "TextDecoder", "URL", "fetch", "crypto", "performance", "structuredClone", "btoa"],
  ...["AbortController", "Event", "WebAssembly", "SharedArrayBuffer", "Atomics", "FinalizationRegistry"],
]

/** Runs the bundled client in a context that has the language and nothing else. */
async function bareEngine(outside: Outside) {
  const made = await build({
    entryPoints: [fileURLToPath(new URL("bare/phone.js", import.meta.url))],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    target: "es2022",
  })
  const context = createContext({ outside })
  const lacks = JSON.stringify(ABSENT)
  const left = runInContext(
    `for (const name of ${lacks}) delete globalThis[name]; ${lacks}.filter(name => name in globalThis).join()`,
    context,
  )
  expect(left, "what could not be taken away").to.equal("")
  runInContext(made.outputFiles[0]!.text, context)
  return runInContext("makePhone", context) as (name: string, config: Config, second: number) => Promise<RemotePhone>
}

describe("the client on an engine with the language and nothing else", () => {
  it("broadcasts, hears, reports, syncs and warns, and matches in JavaScript", async () => {
    const virtual = { now: dayNumber(START) * time.SECONDS_PER_DAY }
    const services = await deploy(5, () => virtual.now, time.bucket(virtual.now), "hybrid", "simple")
    const dice = seededDice("bare")
    const makePhone = await bareEngine({
      async send(method, url, body) {
        const headers = method === "POST" ? { "content-type": "application/octet-stream" } : {}
        const sent = method === "POST" ? { body: Uint8Array.from(body) } : {}
        const answer = await services.answer({ method, url, headers, ...sent })
        return { status: answer.status, body: [...answer.body] }
      },
      random: n => [...dice.bytes(n)],
    })
    const config: Config = { ...CONFIG, ...services.pinned, design: "hybrid" }
    const anna = await makePhone("anna", config, virtual.now)
    const ben = await makePhone("ben", config, virtual.now)
    const moveTo = async (second: number) => {
      virtual.now = second
      await services.keyServer.publishDue()
      for (const phone of [anna, ben]) phone.at(second)
    }
    const nextBucket = () => moveTo(time.bucketStart(time.bucket(virtual.now) + 1) + 1)
    expect(anna.backend()).to.equal("js")

    for (const phone of [anna, ben]) await phone.start()
    await nextBucket()
    for (let scan = 0; scan < 8; scan++) {
      await moveTo(virtual.now + 240)
      for (const phone of [anna, ben]) await phone.run("rotate")
      const [ofAnna, ofBen] = [anna.payload(), ben.payload()]
      anna.hear(ofBen, -50, scan)
      ben.hear(ofAnna, -50, scan)
    }
    await nextBucket()
    for (const phone of [anna, ben]) expect(await phone.sync()).to.include({ is: "done", batches: 2 })
    expect((await ben.status()).exposure.is).to.equal("none")

    const { code } = await services.authority.issue({ contagiousFromDay: dayNumber(START) }, "nurse-1")
    await anna.report(START, code)
    await nextBucket()
    expect(await ben.sync()).to.include({ is: "done", batches: 1 })
    const { exposure } = await ben.status()
    expect(exposure.is === "exposed" && exposure.days.map(({ day }) => day).join()).to.equal(START)
    await services.close()
  })
})
