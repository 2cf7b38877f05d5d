import type { IncomingMessage, ServerResponse } from "node:http"
import express from "express"
import helmet from "helmet"
import type { Random } from "../../crypto/index.ts"
import { LindungError, UPLOADS_PATH } from "../../protocol/index.ts"
import type { Ingest } from "../ingest.ts"
import { crossOrigin } from "./cross-origin.ts"
import { type Files, TREE_PATH } from "./files.ts"
import { limit } from "./limit.ts"
import type { Metrics } from "./metrics.ts"
import { answerProblem } from "./problem.ts"
import { uploads } from "./uploads.ts"

/** What phones ask for. */
export interface ForPhones {
  readonly ingest: Ingest
  readonly files: Files
  readonly random: Random
  /** Uploads a minute from one address; 0 for no limit. */
  readonly uploadsPerMinute: number
  /** Proxies in front, whose X-Forwarded-For is believed. */
  readonly proxies: number
}

export interface AppPorts {
  /** Nothing for a publisher that runs alone: no phone talks to it. */
  readonly phones?: ForPhones
  readonly metrics: Metrics
  readonly health: () => { readonly isWell: boolean; readonly published: number; readonly due: number }
  readonly report: (error: unknown) => void
}

/** The key server's face: decode, call, answer. */
export function keyServerApp(ports: AppPorts): (req: IncomingMessage, res: ServerResponse) => void {
  const { phones, metrics, health, report } = ports
  const app = express()
  app.disable("x-powered-by")
  app.disable("etag")
  app.set("trust proxy", phones?.proxies ?? 0)
  // Before helmet: the files are public bytes, and bring the few headers that mean something for them.
  if (phones) app.get(TREE_PATH, phones.files.handler)
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"] } } }))
  if (phones) {
    const { ingest, uploadsPerMinute, random } = phones
    // Before the limit: a preflight is no upload.
    app.all(UPLOADS_PATH, crossOrigin)
    if (uploadsPerMinute > 0) app.use(UPLOADS_PATH, limit(uploadsPerMinute, random))
    app.post(UPLOADS_PATH, uploads(ingest))
  }
  app.get("/healthz", (_req, res) => {
    const { isWell, published, due } = health()
    res
      .status(isWell ? 200 : 503)
      .set("Cache-Control", "no-store")
      .json({ status: isWell ? "ok" : "unwell", published, due })
  })
  app.get("/metrics", async (_req, res) => {
    res
      .set("Cache-Control", "no-store")
      .type(metrics.type)
      .send(await metrics.text())
  })
  app.use(() => {
    throw new LindungError("not-found", "no such path")
  })
  app.use(answerProblem(report))
  return (req, res) => {
    app(req, res)
  }
}
