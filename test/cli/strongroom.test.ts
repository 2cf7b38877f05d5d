import { fork } from "node:child_process"
import { once } from "node:events"
import { expect } from "chai"
import type { Answer, Order } from "../../src/cli/strongroom/index.ts"

const CHILD = new URL("../../src/cli/strongroom/child.js", import.meta.url)
const begin = () =>
  fork(CHILD, { serialization: "advanced", env: {}, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] })
const order: Order = { do: "keys", firstBucket: 247_650, wrappingKey: new Uint8Array(32).fill(3) }

/** Resolves once the child has loaded what it runs: it has no answer to this. */
async function loaded(child: ReturnType<typeof begin>): Promise<void> {
  child.send({ do: "go on", spent: [] } satisfies Order)
  await new Promise(resolve => setTimeout(resolve, 700))
}

describe("the process that opens envelopes", () => {
  it("goes on with its work when a terminal or systemd tells all processes to stop, and ends with its answer", async () => {
    const child = begin()
    try {
      await loaded(child)
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
