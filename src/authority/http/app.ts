import type { RequestListener } from "node:http"
import express, { type Response } from "express"
import helmet from "helmet"
import { z } from "zod"
import { CODES_PATH, LindungError, REDEEM_BYTES, REDEEM_PATH } from "../../protocol/index.ts"
import { mayIssue } from "../api-key.ts"
import type { IssuedCode, IssueOrder } from "../issue.ts"
import { crossOrigin } from "./cross-origin.ts"
import { problems } from "./problem.ts"

const MAX_JSON_BYTES = 1024
const MILLIS_PER_DAY = 86_400_000
const BINARY = "application/octet-stream"

export interface Services {
  readonly redeem: (request: Uint8Array) => Promise<Uint8Array>
  readonly issue: (order: IssueOrder) => Promise<IssuedCode>
  readonly apiKeyHashes: readonly Uint8Array[]
  readonly log: (event: string, facts: Record<string, string>) => void
}

const orderSchema = z.union([
  z.strictObject({ contagiousFromDay: z.int().min(0) }).transform(({ contagiousFromDay }) => ({ contagiousFromDay })),
  z
    .strictObject({ contagiousFrom: z.iso.date() })
    .transform(({ contagiousFrom }) => ({ contagiousFromDay: Date.parse(contagiousFrom) / MILLIS_PER_DAY })),
])

function orderOf(body: unknown): IssueOrder {
  const order = orderSchema.safeParse(body)
  if (order.success) return order.data
  throw new LindungError("format", "expected contagiousFromDay, or contagiousFrom as YYYY-MM-DD")
}

function send(response: Response, status: number, type: string, body: Uint8Array): void {
  response.status(status).set({ "Content-Type": type, "Cache-Control": "no-store", "Content-Length": `${body.length}` })
  response.end(body)
}

/** POST /v1/redeem (46 bytes → 110 bytes) and POST /v1/codes (JSON, with an API key), as a node:http listener. */
export function httpListener({ redeem, issue, apiKeyHashes, log }: Services): RequestListener {
  const app = express()
  app.disable("x-powered-by")
  app.set("trust proxy", false)
  app.use(helmet())

  app.all(REDEEM_PATH, crossOrigin)
  app.post(
    REDEEM_PATH,
    express.raw({ type: BINARY, limit: REDEEM_BYTES, inflate: false }),
    async (request, response) => {
      const body: unknown = request.body
      if (!Buffer.isBuffer(body)) throw new LindungError("wrong-type", `expected ${BINARY}`)
      if (body.length !== REDEEM_BYTES) throw new LindungError("wrong-length", `expected ${REDEEM_BYTES} bytes`)
      send(response, 200, BINARY, await redeem(body))
    },
  )

  app.post(
    CODES_PATH,
    // Before the body: who has no key gets nothing parsed.
    (request, _response, next) => {
      next(
        mayIssue(request.get("authorization"), apiKeyHashes) ? undefined : new LindungError("unauthorised", "no key"),
      )
    },
    express.json({ limit: MAX_JSON_BYTES, inflate: false, strict: true }),
    async (request, response) => {
      if (!request.is("application/json")) throw new LindungError("wrong-type", "expected application/json")
      const issued = await issue(orderOf(request.body))
      send(response, 201, "application/json", Buffer.from(JSON.stringify(issued)))
    },
  )

  app.use((_request, _response, next) => next(new LindungError("not-found", "no such resource")))
  app.use(problems(log))
  return app
}
