// Phones, as a reverse proxy passes them on: arrivals are drawn beforehand, whatever the server does (an open loop), and
// each answer's latency counts from the time the arrival was due. So a server that stands still is seen as slow by all
// who came meanwhile, and not by those only whose requests were under way (no coordinated omission).
// argv: port, bucket, uploads a second, downloads a second, seconds. Prints one JSON line.
import { connect, type Socket } from "node:net"
import { sealedBox } from "../../src/crypto/index.ts"
import { designByName, PATHS, sealCover } from "../../src/protocol/index.ts"
import { nativeX25519 } from "../../src/server/index.ts"
import { parameters, random } from "../serve/deployment.ts"
import type { Kind, Loaded } from "./figures.ts"

const [port, bucket, uploadsPerSecond, downloadsPerSecond, seconds] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
  number,
]
/** Envelopes are sealed before the clock starts and sent in turn: sealing is the phones' work. */
const DIFFERENT = 400
/** An answer that takes longer is one that does not come. */
const GIVE_UP_MS = 15_000
const AGAIN_MS = 20
/** As many as a proxy in front may hold open; who finds none free waits, and the wait counts. */
const MOST_CONNECTIONS = 1000

const head = (first: string, ...lines: string[]) => Buffer.from([first, "Host: bench", ...lines, "", ""].join("\r\n"))

function uploads(): Buffer[] {
  const { publicKey } = sealedBox.keyPair(random.bytes(32), nativeX25519)
  const to = { design: designByName("hybrid")!, bucket, parameters, publicKey, random, curve: nativeX25519 }
  return Array.from({ length: DIFFERENT }, () => {
    const body = sealCover(to)
    const type = "Content-Type: application/octet-stream"
    return Buffer.concat([head("POST /v1/uploads HTTP/1.1", type, `Content-Length: ${body.length}`), body])
  })
}

const requests: Record<Kind, Buffer[]> = {
  upload: uploads(),
  download: [
    head(`GET ${PATHS.checkpoint} HTTP/1.1`),
    head(`GET ${PATHS.ingestKeys} HTTP/1.1`),
    head(`GET ${PATHS.batch("hybrid", bucket - 1)} HTTP/1.1`),
  ],
}

interface Arrival {
  readonly due: number
  readonly kind: Kind
}

/** Arrivals of a Poisson process: phones do not know of each other. Times in ms from the start. */
function schedule(kind: Kind, perSecond: number): Arrival[] {
  const all: Arrival[] = []
  for (let due = 0; perSecond > 0; ) {
    const [high = 0, low = 0] = new Uint32Array(random.bytes(8).buffer)
    due -= (1000 / perSecond) * Math.log(1 - (high * 2 ** 21 + (low >>> 11)) / 2 ** 53)
    if (due >= 1000 * seconds) break
    all.push({ due, kind })
  }
  return all
}

const arrivals = [...schedule("upload", uploadsPerSecond), ...schedule("download", downloadsPerSecond)].sort(
  (a, b) => a.due - b.due,
)
const latencies: Record<Kind, number[]> = { upload: [], download: [] }
let [acknowledged, refused, cut, most, late] = [0, 0, 0, 0, 0]
/** The last acknowledgement, and the longest time without one. */
let [last, gap] = [0, 0]
const idle = new Set<Connection>()
/** Due, and without a connection yet. */
const waiting: Arrival[] = []
let served = 0
let open = 0
let under = 0
let next = 0
let start = 0
const sent: Record<Kind, number> = { upload: 0, download: 0 }

interface Connection {
  send(arrival: Arrival): void
}

function connection(first: Arrival): void {
  open++
  most = Math.max(most, open)
  const socket: Socket = connect(port, "127.0.0.1").setNoDelay(true).setTimeout(GIVE_UP_MS)
  let current: Arrival | undefined
  let text = ""
  let left = -1
  const own: Connection = {
    send(arrival) {
      current = arrival
      text = ""
      left = -1
      const all = requests[arrival.kind]
      socket.write(all[sent[arrival.kind]++ % all.length]!)
    },
  }
  socket.on("connect", () => own.send(first))
  socket.on("timeout", () => socket.destroy())
  socket.on("error", () => undefined)
  socket.on("close", () => {
    open--
    if (idle.delete(own)) return
    under--
    cut++
    serveNext()
  })
  socket.on("data", chunk => {
    let body = chunk.length
    if (left < 0) {
      text += chunk.toString("latin1")
      const end = text.indexOf("\r\n\r\n")
      if (end < 0) return
      body = text.length - end - 4
      left = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1])
    }
    left -= body
    if (left > 0 || current === undefined) return
    const now = performance.now()
    const { kind, due } = current
    latencies[kind].push(now - start - due)
    const status = text.slice(9, 12)
    if (status === "202") {
      acknowledged++
      gap = Math.max(gap, now - last)
      last = now
    } else if (status !== "200" && status !== "304") refused++
    current = undefined
    under--
    idle.add(own)
    used.push(own)
    serveNext()
  })
}

const used: Connection[] = []

/** Connections that were closed meanwhile are still on the stack, and passed over. */
function lastUsed(): Connection | undefined {
  for (let top = used.pop(); top !== undefined; top = used.pop()) if (idle.has(top)) return top
  return undefined
}

/** The one that has waited longest gets the connection that was used last. */
function serveNext(): void {
  if (served === waiting.length) return
  const free = lastUsed()
  if (free === undefined && open >= MOST_CONNECTIONS) return
  const arrival = waiting[served++]!
  if (free === undefined) connection(arrival)
  else {
    idle.delete(free)
    free.send(arrival)
  }
}

function dispatch(): void {
  const now = performance.now() - start
  for (; next < arrivals.length && arrivals[next]!.due <= now; next++) {
    const arrival = arrivals[next]!
    late = Math.max(late, now - arrival.due)
    under++
    waiting.push(arrival)
    serveNext()
  }
  if (next < arrivals.length) setTimeout(dispatch, Math.max(0, Math.min(AGAIN_MS, arrivals[next]!.due - now)))
  else if (under > 0) setTimeout(dispatch, AGAIN_MS)
  else report()
}

function spread(all: number[]): Loaded["upload"] {
  all.sort((a, b) => a - b)
  const at = (share: number) => all[Math.min(all.length - 1, Math.floor(share * all.length))] ?? 0
  return { count: all.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) }
}

function report(): void {
  const { user, system } = process.cpuUsage()
  const loaded: Loaded = {
    upload: spread(latencies.upload),
    download: spread(latencies.download),
    acknowledged,
    refused,
    cut,
    connections: most,
    lateMs: late,
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
    gapMs: gap,
  }
  process.stdout.write(`${JSON.stringify(loaded)}\n`, () => process.exit(0))
}

start = performance.now()
last = start
dispatch()
