import { createServer, type RequestListener, request } from "node:http"
import { type Duplex, duplexPair } from "node:stream"

export interface InProcessRequest {
  readonly method: string
  /** Path and query, without the host. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export interface InProcessAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

/**
 * Asks a node:http listener without a socket: the same parser, limits and answers, over a pair of streams in memory.
 * For tests and simulations.
 */
export function inProcess(listener: RequestListener): (asked: InProcessRequest) => Promise<InProcessAnswer> {
  const server = createServer(listener)
  return asked =>
    new Promise((resolve, reject) => {
      const [near, far] = duplexPair()
      server.emit("connection", far)
      const length = asked.body === undefined ? {} : { "content-length": String(asked.body.length) }
      const { method, path } = asked
      const headers = { ...asked.headers, ...length, connection: "close" }
      const sending = request({ method, path, headers, host: "in-process", createConnection: () => near })
      sending.on("error", reject)
      sending.on("response", response => {
        const parts: Buffer[] = []
        response.on("data", (part: Buffer) => parts.push(part))
        response.on("error", reject)
        response.on("end", () => {
          const entries = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const)
          resolve({
            status: response.statusCode ?? 0,
            headers: new Map(entries),
            body: new Uint8Array(Buffer.concat(parts)),
          })
          end(near, far)
        })
      })
      sending.end(asked.body)
    })
}

function end(...streams: Duplex[]): void {
  for (const stream of streams) stream.destroy()
}
