import type { ErrorRequestHandler } from "express"
import { ERRORS, type ErrorCode, LindungError } from "../../protocol/index.ts"

/** What body-parser says, as a code of ours. */
const BODY_ERRORS: Readonly<Record<string, ErrorCode>> = {
  "entity.too.large": "too-large",
  "encoding.unsupported": "wrong-type",
  "charset.unsupported": "wrong-type",
  "entity.parse.failed": "format",
  "request.size.invalid": "format",
  "request.aborted": "aborted",
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof LindungError) return error.code
  const { type, status } = error as { type?: unknown; status?: unknown }
  const known = typeof type === "string" ? BODY_ERRORS[type] : undefined
  return known ?? (typeof status === "number" && status >= 400 && status < 500 ? "format" : "server")
}

/**
 * A problem document (RFC 9457). Its size depends on the fault alone: for a redeem request the details are constants.
 */
function problem(code: ErrorCode, error: unknown): { status: number; body: Buffer } {
  const { status, title } = ERRORS[code]
  const detail = error instanceof LindungError ? { detail: error.message.slice(code.length + 2) } : {}
  return { status, body: Buffer.from(JSON.stringify({ type: "about:blank", status, title, code, ...detail })) }
}

/** The one place where faults become answers. A fault of ours is logged by its kind; nothing of the request is. */
export function problems(log: (event: string, facts: Record<string, string>) => void): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error)
    const code = codeOf(error)
    const { status, body } = problem(code, error)
    if (status >= 500) log("request-failed", { code, why: causeOf(error) })
    response.status(status).type("application/problem+json").set("Cache-Control", "no-store").end(body)
  }
}

/** SQLITE_FULL, EROFS and the like: a system's error code says what to mend, and a message might repeat input. */
function causeOf(error: unknown): string {
  const { cause, code, name } = error as { cause?: unknown; code?: unknown; name?: unknown }
  if (cause !== undefined) return causeOf(cause)
  return String(typeof code === "string" ? code : name)
}
