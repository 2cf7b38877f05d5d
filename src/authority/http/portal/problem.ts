import type { ErrorRequestHandler } from "express"
import type { z } from "zod"
import { REFUSALS, Refusal, type RefusalCode } from "../../refusal.ts"

/** What body-parser says, as a code of ours. */
const BODY_ERRORS: Readonly<Record<string, RefusalCode>> = {
  "entity.too.large": "too-large",
  "encoding.unsupported": "wrong-type",
  "charset.unsupported": "wrong-type",
}

/** What is wrong with a request, and where; never what was sent. */
export const fieldsOf = (error: z.ZodError): { path: string; message: string }[] =>
  error.issues.map(issue => ({
    path: issue.path.map(String).join("."),
    message: issue.code === "unrecognized_keys" ? "has a member that is not known" : issue.message,
  }))

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { type, status } = error as { type?: unknown; status?: unknown }
  const known = typeof type === "string" ? BODY_ERRORS[type] : undefined
  const isTheirs = typeof status === "number" && status >= 400 && status < 500
  return new Refusal(known ?? (isTheirs ? "format" : "server"), { cause: error })
}

/** Refusals as problem documents (RFC 9457). Faults of ours are logged by their kind; nothing of a request is. */
export function problems(log: (event: string, facts: Record<string, string>) => void): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error)
    const { code, fields, retryAfterSeconds, cause } = refusalOf(error)
    const { status, title } = REFUSALS[code]
    if (status >= 500 && code !== "busy") log("portal-failed", { code, why: kindOf(cause) })
    if (retryAfterSeconds !== undefined) response.set("Retry-After", String(retryAfterSeconds))
    response.status(status).type("application/problem+json")
    response.end(JSON.stringify({ type: "about:blank", status, title, code, fields, retryAfterSeconds }))
  }
}

/** SQLITE_FULL, EROFS and the like: a system's error code says what to mend, and a message might repeat input. */
function kindOf(error: unknown): string {
  const { cause, code, name } = (error ?? {}) as { cause?: unknown; code?: unknown; name?: unknown }
  if (cause !== undefined) return kindOf(cause)
  return String(typeof code === "string" ? code : name)
}
