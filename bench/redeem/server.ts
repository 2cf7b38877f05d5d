// The process under load: an authority over a file in argv[2], with argv[3] codes issued in bulk and written to
// argv[2]/codes. Says its port and what the issue took; answers each line of input with the CPU milliseconds it has used.
import { randomBytes } from "node:crypto"
import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { authorityConfigFrom, openAuthority, sqliteCodeStore } from "../../src/authority/index.ts"
import { hex, time } from "../../src/crypto/index.ts"
import { nativeEd25519 } from "../../src/server/index.ts"

const [directory, codes] = [process.argv[2]!, Number(process.argv[3])]
const random = { bytes: (n: number) => new Uint8Array(randomBytes(n)) }
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const authority = await openAuthority(
  {
    ...authorityConfigFrom({
      LINDUNG_AUTHORITY_SIGNING_SEED: hex(random.bytes(32)),
      LINDUNG_AUTHORITY_HASH_KEY: hex(random.bytes(32)),
    }),
    maxWaiting: 4000,
  },
  {
    clock: () => Date.now() / 1000,
    monotonic: () => performance.now(),
    wait: ms => new Promise(done => setTimeout(done, ms)),
    random,
    store: await sqliteCodeStore(join(directory, "codes.sqlite"), random),
    curve: nativeEd25519,
  },
)
const contagiousFromDay = time.day(Date.now() / 1000)
const before = { wall: performance.now(), cpu: cpuMs() }
const orders = Array.from({ length: codes }, () => ({ contagiousFromDay }))
const lines = await authority.bulkIssue({ batchId: "bench-0123456789", orders }, "bench")
const took = { wallMs: performance.now() - before.wall, cpuMs: cpuMs() - before.cpu }
writeFileSync(join(directory, "codes"), lines.map(line => ("code" in line ? line.code : "")).join("\n"))

const listener = createServer(authority.handler)
listener.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: (listener.address() as AddressInfo).port, ...took }))
})
createInterface(process.stdin)
  .on("line", () => console.log(cpuMs()))
  .on("close", async () => {
    listener.closeAllConnections()
    listener.close()
    await authority.close()
    process.exit(0)
  })
