import { Agent as HttpAgent, request as httpRequest } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import type { Socket } from "node:net"
import type { Http, HttpRequest, HttpResponse } from "../client/index.ts"

const TIMEOUT_MS = 30_000

/** Bytes on the wire, as the sockets counted them: request lines and headers included. */
export interface Traffic {
  sent: number
  received: number
}

/** The client's Http port over node's own client: no redirects, no cookies, no cache. One connection at a time. */
export function nodeHttp(): Http & { readonly traffic: Traffic; close(): void } {
  const agents = {
    "http:": new HttpAgent({ keepAlive: true, maxSockets: 1 }),
    "https:": new HttpsAgent({ keepAlive: true, maxSockets: 1 }),
  }
  const open = new Set<Socket>()
  const finished: Traffic = { sent: 0, received: 0 }

  function count(socket: Socket): void {
    if (open.has(socket)) return
    open.add(socket)
    socket.once("close", () => {
      open.delete(socket)
      finished.sent += socket.bytesWritten
      finished.received += socket.bytesRead
    })
  }

  return {
    get traffic() {
      const total = { ...finished }
      for (const socket of open) {
        total.sent += socket.bytesWritten
        total.received += socket.bytesRead
      }
      return total
    },
    send: request => send(request, agents, count),
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

type Agents = { readonly "http:": HttpAgent; readonly "https:": HttpsAgent }

function send(request: HttpRequest, agents: Agents, count: (socket: Socket) => void): Promise<HttpResponse> {
  const { method, url, headers, body, maxBytes, signal } = request
  const secure = url.startsWith("https:")
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(body.length) }
    const options = {
      method,
      headers: { ...headers, ...length },
      agent: agents[secure ? "https:" : "http:"],
      timeout: TIMEOUT_MS,
    }
    const sending = (secure ? httpsRequest : httpRequest)(url, options, response => {
      const parts: Buffer[] = []
      let bytes = 0
      response.on("data", (part: Buffer) => {
        bytes += part.length
        if (bytes > maxBytes) response.destroy(new Error(`the answer is longer than ${maxBytes} bytes`))
        else parts.push(part)
      })
      response.on("error", reject)
      response.on("end", () => {
        const entries = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)])
        resolve({
          status: response.statusCode ?? 0,
          headers: new Map(entries),
          body: new Uint8Array(Buffer.concat(parts)),
        })
      })
    })
    const abort = () => sending.destroy(new Error("aborted"))
    signal.addEventListener("abort", abort)
    sending.on("socket", count)
    sending.on("timeout", () => sending.destroy(new Error("no answer")))
    sending.on("error", reject)
    sending.on("close", () => signal.removeEventListener("abort", abort))
    if (signal.aborted) abort()
    sending.end(body)
  })
}
