import type { RequestListener } from "node:http"
import express, { type Response } from "express"
import helmet from "helmet"
import { z } from "zod"
import { CODES_PATH, LindungError, REDEEM_BYTES, REDEEM_PATH } from "../../protocol/index.ts"
import type { IssuedCode, IssueOrder } from "../issue.ts"
import { crossOrigin } from "./cross-origin.ts"
import { problems } from "./problem.ts"

const MAX_JSON_BYTES = 1024
const BINARY = "application/octet-stream"

export interface Services {
  readonly redeem: (request: Uint8Array) => Promise<Uint8Array>
  readonly issue: (order: IssueOrder, by: string) => Promise<IssuedCode>
  readonly contagiousDayOf: (date: string) => number
  /** Whether the store answers; rejects when it does not. */
  readonly auditHead: () => Promise<unknown>
  /** The id of the program whose Authorization header it is. */
  readonly programOf: (authorization: string | undefined) => Promise<string | undefined>
  readonly log: (event: string, facts: Record<string, string>) => void
}

const orderSchema = z.union([
  z.strictObject({ contagiousFromDay: z.int().min(0) }),
  z.strictObject({ contagiousFrom: z.iso.date() }),
  z.strictObject({}),
])

function orderOf(body: unknown, { contagiousDayOf }: Services): IssueOrder {
  const order = orderSchema.safeParse(body)
  if (!order.success) throw new LindungError("format", "expected contagiousFromDay, or contagiousFrom as YYYY-MM-DD")
  return "contagiousFrom" in order.data
    ? { contagiousFromDay: contagiousDayOf(order.data.contagiousFrom) }
    : (order.data as IssueOrder)
}

/** A day that cannot be is the sender's mistake, not the server's. */
async function issueFor(body: unknown, by: string, services: Services): Promise<IssuedCode> {
  try {
    return await services.issue(orderOf(body, services), by)
  } catch (error) {
    if (error instanceof LindungError) throw error
    if (error instanceof RangeError) throw new LindungError("format", error.message)
    throw new LindungError("full", "the code store did not take the code", { cause: error })
  }
}

function send(response: Response, status: number, type: string, body: Uint8Array): void {
  response.status(status).set({ "Content-Type": type, "Cache-Control": "no-store", "Content-Length": `${body.length}` })
  response.end(body)
}

/**
 * POST /v1/redeem (46 bytes → 110 bytes), POST /v1/codes (JSON, with an API key) and GET /healthz, as a node:http
 * listener.
 */
export function httpListener(services: Services): RequestListener {
  const { redeem, programOf, auditHead, log } = services
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
    async (request, response, next) => {
      response.locals["by"] = await programOf(request.get("authorization"))
      next(response.locals["by"] === undefined ? new LindungError("unauthorised", "no key") : undefined)
    },
    express.json({ limit: MAX_JSON_BYTES, inflate: false, strict: true }),
    async (request, response) => {
      if (!request.is("application/json")) throw new LindungError("wrong-type", "expected application/json")
      const issued = await issueFor(request.body, String(response.locals["by"]), services)
      send(response, 201, "application/json", Buffer.from(JSON.stringify(issued)))
    },
  )

  app.get("/healthz", async (_request, response) => {
    const isWell = await auditHead().then(
      () => true,
      () => false,
    )
    const body = Buffer.from(JSON.stringify({ status: isWell ? "ok" : "unwell" }))
    send(response, isWell ? 200 : 503, "application/json", body)
  })

  app.use((_request, _response, next) => next(new LindungError("not-found", "no such resource")))
  app.use(problems(log))
  return app
}
