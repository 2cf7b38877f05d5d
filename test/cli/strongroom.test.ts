import { fork } from "node:child_process"
import { once } from "node:events"
import { expect } from "chai"
import type { Answer, Order } from "../../src/cli/strongroom/index.ts"

const CHILD = new URL("../../src/cli/strongroom/child.js", import.meta.url)
/** Runs in the child before its own code: says when that begins to listen for orders, which it does last. */
const SAYS_READY = 'process.on("newListener", name => { if (name === "message") process.send("ready") })'
const begin = () =>
  fork(CHILD, {
    serialization: "advanced",
    env: {},
    execArgv: ["--import", `data:text/javascript,${encodeURIComponent(SAYS_READY)}`],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
const order: Order = { do: "keys", firstBucket: 247_650, wrappingKey: new Uint8Array(32).fill(3) }

describe("the process that opens envelopes", () => {
  it("goes on with its work when a terminal or systemd tells all processes to stop, and ends with its answer", async () => {
    const child = begin()
    try {
      expect(await once(child, "message")).to.include("ready")
      child.kill("SIGINT")
      child.kill("SIGTERM")
      child.send(order)
      const [answer] = (await once(child, "message")) as [Answer]
      expect(answer.is).to.equal("keys")
      expect(await once(child, "exit")).to.deep.equal([0, null])
    } finally {
      child.kill("SIGKILL")
    }
  })
})
