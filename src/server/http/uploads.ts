import type { IncomingMessage } from "node:http"
import type { Request, RequestHandler, Response } from "express"
import { LindungError } from "../../protocol/index.ts"
import type { Ingest } from "../ingest.ts"

const TYPE = "application/octet-stream"

/** The whole body. Nothing is judged before it is complete, except that no more than `limit` bytes are held. */
function readBody(req: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const tooLarge = (): void => reject(new LindungError("too-large", `more than ${limit} bytes`))
    if (Number(req.headers["content-length"]) > limit) {
      tooLarge()
      return
    }
    const chunks: Buffer[] = []
    let length = 0
    req.on("data", (chunk: Buffer) => {
      length += chunk.length
      if (length <= limit) chunks.push(chunk)
      else tooLarge()
    })
    req.on("end", () => {
      // A copy, because the chunks are windows into memory that the socket goes on using.
      const body = new Uint8Array(length)
      let at = 0
      for (const chunk of chunks) {
        body.set(chunk, at)
        at += chunk.length
      }
      resolve(body)
    })
    req.on("error", reject)
    req.on("aborted", () => reject(new LindungError("aborted", "the request ended early")))
  })
}

/** POST /v1/uploads: an envelope in, a receipt out (protocol §6). */
export function uploads(ingest: Ingest): RequestHandler {
  return async (req: Request, res: Response): Promise<void> => {
    const type = req.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase()
    if (type !== TYPE) throw new LindungError("wrong-type", "not application/octet-stream")
    const body = await readBody(req, await ingest.longest())
    const receipt = await ingest.accept(body)
    res.writeHead(202, { "Content-Type": TYPE, "Content-Length": receipt.length, "Cache-Control": "no-store" })
    res.end(receipt)
  }
}
