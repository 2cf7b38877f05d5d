// The load: keep-alive connections over raw sockets, each asking again when it is answered. One request in four carries a
// code that is good, one a code that is spent, one a code that nobody issued, and one what a cover action carries.
// argv: port, connections, seconds, file of codes, the first code of the file to use.
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { code } from "../../src/crypto/index.ts"
import { encodeRedeem, REDEEM_PATH } from "../../src/protocol/index.ts"

const [port, connections, seconds] = process.argv.slice(2, 5).map(Number) as [number, number, number]
const codes = readFileSync(process.argv[5]!, "utf8").split("\n")
const first = Number(process.argv[6])
const random = { bytes: (n: number) => new Uint8Array(randomBytes(n)) }
const WARM_UP_MS = 4000
const START_MS = 1500
const spent = codes[0]!

let next = first
const kinds = [
  () => codes[next++ % codes.length]!,
  () => spent,
  () => code.generate(random),
  () => code.generate(random),
]
const head = Buffer.from(
  `POST ${REDEEM_PATH} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/octet-stream\r\nContent-Length: 46\r\n\r\n`,
)
let asked = 0
const request = (): Buffer => Buffer.concat([head, encodeRedeem(kinds[asked++ % kinds.length]!(), random.bytes(32))])

const late: number[] = []
let refused = 0
let isMeasuring = false

function client(): void {
  const socket = connect(port, "127.0.0.1").setNoDelay(true)
  let sent = 0
  let seen = ""
  const send = (): void => {
    sent = performance.now()
    seen = ""
    socket.write(request())
  }
  socket.on("connect", send)
  socket.on("error", () => {
    refused++
  })
  socket.on("data", chunk => {
    seen += chunk.toString("latin1")
    const end = seen.indexOf("\r\n\r\n")
    const length = end < 0 ? Number.NaN : Number(/content-length: (\d+)/i.exec(seen.slice(0, end))?.[1])
    if (!(seen.length >= end + 4 + length)) return
    if (isMeasuring) late.push(performance.now() - sent)
    if (isMeasuring && !seen.startsWith("HTTP/1.1 200")) refused++
    send()
  })
}

// Spread over the time of an answer: phones do not come together.
for (let i = 0; i < connections; i++) setTimeout(client, (i * START_MS) / connections)
setTimeout(() => {
  isMeasuring = true
  const from = performance.now()
  setTimeout(() => {
    isMeasuring = false
    const took = (performance.now() - from) / 1000
    late.sort((a, b) => a - b)
    const at = (share: number) => late[Math.min(late.length - 1, Math.floor(share * late.length))] ?? 0
    const { user, system } = process.cpuUsage()
    const cpuMs = (user + system) / 1000
    const figures = {
      perSecond: late.length / took,
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      refused,
      used: next - first,
    }
    process.stdout.write(`${JSON.stringify({ ...figures, cpuMs })}\n`, () => process.exit(0))
  }, 1000 * seconds)
}, WARM_UP_MS)
