// The load: keep-alive connections over raw sockets, each sending its next request when the last one is answered.
// argv: port, connections, seconds, then "uploads" or a path to download.
import { connect } from "node:net"
import { sealedBox } from "../../src/crypto/index.ts"
import { designByName, sealCover } from "../../src/protocol/index.ts"
import { nativeX25519 } from "../../src/server/index.ts"
import { BUCKET, parameters, random } from "./deployment.ts"

const [port, connections, seconds] = process.argv.slice(2, 5).map(Number) as [number, number, number]
const what = process.argv[5]!
/** Envelopes are sealed before the clock starts and sent in turn: sealing is the phones' work. */
const DIFFERENT = 400
const WARM_UP_MS = 1500

function requests(): Buffer[] {
  if (what !== "uploads") return [Buffer.from(`GET ${what} HTTP/1.1\r\nHost: bench\r\n\r\n`)]
  const { publicKey } = sealedBox.keyPair(random.bytes(32), nativeX25519)
  const to = { design: designByName("hybrid")!, bucket: BUCKET, parameters, publicKey, random, curve: nativeX25519 }
  return Array.from({ length: DIFFERENT }, () => {
    const body = sealCover(to)
    const head = `POST /v1/uploads HTTP/1.1\r\nHost: bench\r\nContent-Type: application/octet-stream\r\nContent-Length: ${body.length}\r\n\r\n`
    return Buffer.concat([Buffer.from(head), body])
  })
}

const all = requests()
const latencies: number[] = []
let refused = 0
let next = 0
let isMeasuring = false
let isOver = false

function client(): void {
  const socket = connect(port, "127.0.0.1").setNoDelay(true)
  let sent = 0
  let head = ""
  let left = -1
  const send = (): void => {
    sent = performance.now()
    head = ""
    left = -1
    socket.write(all[next++ % all.length]!)
  }
  const answered = (): void => {
    if (isMeasuring) latencies.push(performance.now() - sent)
    if (isMeasuring && !/^HTTP\/1\.1 20[02]/.test(head)) refused++
    if (isOver) socket.end()
    else send()
  }
  socket.on("connect", send)
  socket.on("data", chunk => {
    let body = chunk.length
    if (left < 0) {
      head += chunk.toString("latin1")
      const end = head.indexOf("\r\n\r\n")
      if (end < 0) return
      body = head.length - end - 4
      left = Number(/content-length: (\d+)/i.exec(head.slice(0, end))?.[1])
    }
    left -= body
    if (left <= 0) answered()
  })
}

for (let i = 0; i < connections; i++) client()
setTimeout(() => {
  isMeasuring = true
  const from = performance.now()
  setTimeout(() => {
    isMeasuring = false
    isOver = true
    const took = (performance.now() - from) / 1000
    latencies.sort((a, b) => a - b)
    const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0
    const figures = { perSecond: latencies.length / took, p50: at(0.5), p99: at(0.99), max: at(1), refused }
    process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
  }, 1000 * seconds)
}, WARM_UP_MS)
