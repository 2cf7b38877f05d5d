// The process under load: a key server over files, as `lindung serve` composes it. argv: directory, bucket, port.
// Says its port; after a line "publish" it closes the bucket and says what was in it.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createInterface } from "node:readline"
import { openKeyServer } from "../../src/server/index.ts"
import { config, filePorts } from "../serve/deployment.ts"
import type { Ended } from "./figures.ts"

const [directory, bucket] = [process.argv[2]!, Number(process.argv[3])]
let ended: Pick<Ended, "envelopes" | "lost"> | undefined
const server = await openKeyServer(config(bucket), {
  ...(await filePorts(directory)),
  log(event) {
    if (event.event !== "published") console.error(event)
    else if (event.bucket === bucket) ended = event
  },
})
const listener = createServer({ requestTimeout: 15_000, headersTimeout: 15_000 }, server.handler)
listener.listen(Number(process.argv[4]), "127.0.0.1", () => console.log((listener.address() as AddressInfo).port))
for await (const line of createInterface(process.stdin)) {
  if (line !== "publish") continue
  const start = performance.now()
  await server.closeBucket(bucket)
  const publishSeconds = (performance.now() - start) / 1000
  console.log(JSON.stringify({ envelopes: ended?.envelopes, lost: ended?.lost, publishSeconds }))
}
listener.closeAllConnections()
listener.close()
await server.close()
process.exit(0)
