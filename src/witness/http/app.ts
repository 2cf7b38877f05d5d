import type { IncomingMessage, ServerResponse } from "node:http"
import express, { type ErrorRequestHandler } from "express"
import helmet from "helmet"
import { ADD_CHECKPOINT_PATH, MAX_ADD_CHECKPOINT_BYTES } from "../../protocol/index.ts"
import type { Witness } from "../witness.ts"

/** The witness's face (C2SP tlog-witness). @param report hears of what is not the client's fault */
export function witnessApp(
  witness: Witness,
  report: (error: unknown) => void,
): (req: IncomingMessage, res: ServerResponse) => void {
  const app = express()
  app.disable("x-powered-by")
  app.disable("etag")
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"] } } }))
  const body = express.raw({ type: () => true, limit: MAX_ADD_CHECKPOINT_BYTES, inflate: false })
  app.post(ADD_CHECKPOINT_PATH, body, async (req, res) => {
    const given = req.body instanceof Uint8Array ? new Uint8Array(req.body) : new Uint8Array()
    const { status, type, body: text } = await witness.addCheckpoint(given)
    res.writeHead(status, { "Content-Type": type, "Content-Length": text.length, "Cache-Control": "no-store" })
    res.end(text)
  })
  app.get("/healthz", (_req, res) => {
    res.set("Cache-Control", "no-store").json({ status: "ok" })
  })
  app.use((_req, res) => {
    res.status(404).type("text/plain").send("no such path\n")
  })
  const failed: ErrorRequestHandler = (error, _req, res, next) => {
    const status = (error as { status?: unknown }).status
    const isClients = typeof status === "number" && status >= 400 && status < 500
    if (!isClients) report(error)
    if (res.headersSent) next(error)
    else
      res
        .status(isClients ? status : 500)
        .type("text/plain")
        .send(isClients ? "bad request\n" : "the witness failed\n")
  }
  app.use(failed)
  return (req, res) => {
    app(req, res)
  }
}
