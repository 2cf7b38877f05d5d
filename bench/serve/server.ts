// The process under load: a key server over files in argv[2]; says its port, stops when its input ends.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import express from "express"
import { openKeyServer } from "../../src/server/index.ts"
import { config, filePorts } from "./deployment.ts"

const directory = process.argv[2]!
const server = await openKeyServer(config(), await filePorts(directory))
const beside = express().use(
  "/static",
  express.static(`${directory}/public`, { immutable: true, maxAge: 1_209_600_000 }),
)
const listener = createServer((req, res) => {
  if (req.url?.startsWith("/static/")) beside(req, res)
  else server.handler(req, res)
})
listener.listen(0, "127.0.0.1", () => console.log((listener.address() as AddressInfo).port))
process.stdin.resume().on("end", async () => {
  listener.closeAllConnections()
  listener.close()
  await server.close()
  const { maxRSS } = process.resourceUsage()
  console.log(maxRSS)
  process.exit(0)
})
