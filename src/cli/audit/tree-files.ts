import { open } from "node:fs/promises"
import { Agent as HttpAgent, request as httpRequest } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import { join } from "node:path"
import type { TreeFiles } from "../../audit/index.ts"

const TIMEOUT_MS = 30_000
/** A server that sends a byte now and then is not waited for longer. */
const DEADLINE_MS = 600_000
const MAX_CONNECTIONS = 8

/** A directory that holds the static tree, or a mirror of it. */
export function directoryFiles(directory: string): TreeFiles {
  return {
    async read(path, maxBytes) {
      const file = await open(join(directory, path)).catch(error => {
        if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined
        throw error
      })
      if (file === undefined) return undefined
      try {
        const { size } = await file.stat()
        const bytes = new Uint8Array(Math.min(size, maxBytes + 1))
        let at = 0
        while (at < bytes.length) {
          const { bytesRead } = await file.read(bytes, at)
          if (bytesRead === 0) break
          at += bytesRead
        }
        return bytes.subarray(0, at)
      } finally {
        await file.close()
      }
    },
  }
}

/** A static tree behind a URL. No redirects, cookies or caches; `close` lets go of the connections. */
export function httpFiles(url: string): TreeFiles & { close(): void } {
  const base = url.replace(/\/$/, "")
  const isSecure = base.startsWith("https:")
  const agent = isSecure
    ? new HttpsAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })
    : new HttpAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })
  const send = isSecure ? httpsRequest : httpRequest
  return {
    read: (path, maxBytes) =>
      new Promise((resolve, reject) => {
        const refuse = (why: string) => reject(new Error(`${base}${path}: ${why}`))
        const request = send(
          base + path,
          { agent, timeout: TIMEOUT_MS, signal: AbortSignal.timeout(DEADLINE_MS) },
          response => {
            const status = response.statusCode ?? 0
            if (status !== 200) {
              response.resume()
              if (status === 404 || status === 410) resolve(undefined)
              else refuse(`status ${status}`)
              return
            }
            const parts: Buffer[] = []
            let bytes = 0
            const finish = () => resolve(new Uint8Array(Buffer.concat(parts).subarray(0, maxBytes + 1)))
            response.on("data", (part: Buffer) => {
              bytes += part.length
              parts.push(part)
              if (bytes <= maxBytes) return
              finish()
              response.destroy()
            })
            response.on("end", finish)
            response.on("error", error => refuse(error.message))
          },
        )
        request.on("timeout", () => request.destroy(new Error("no answer")))
        request.on("error", error => refuse(error.message))
        request.end()
      }),
    close: () => agent.destroy(),
  }
}
