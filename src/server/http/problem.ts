import type { NextFunction, Request, Response } from "express"
import { ERRORS, type ErrorCode, LindungError } from "../../protocol/index.ts"

/** One length for every refusal, so that it does not show which one it is. JSON may end in white space. */
const PROBLEM_BYTES = 256

const documents = new Map<ErrorCode, Buffer>()

/** The RFC 9457 problem document of a code: the code says all there is to say, and no detail leaves the server. */
function problem(code: ErrorCode): Buffer {
  const known = documents.get(code)
  if (known !== undefined) return known
  const { status, title } = ERRORS[code]
  const text = JSON.stringify({ type: `urn:lindung:error:${code}`, title, status, code }).padEnd(PROBLEM_BYTES)
  const made = Buffer.from(text)
  if (made.length !== PROBLEM_BYTES) throw new RangeError(`problem: ${code} needs ${made.length} bytes`)
  documents.set(code, made)
  return made
}

/** Express knows an error handler by its four parameters. */
export function answerProblem(report: (error: unknown) => void) {
  return (error: unknown, _req: Request, res: Response, next: NextFunction): void => {
    if (res.headersSent) {
      next(error)
      return
    }
    const code = error instanceof LindungError ? error.code : "server"
    if (ERRORS[code].status === 500) report(error)
    const body = problem(code)
    res.writeHead(ERRORS[code].status, {
      "Content-Type": "application/problem+json",
      "Content-Length": body.length,
      "Cache-Control": "no-store",
      ...(code === "too-large" ? { Connection: "close" } : {}),
    })
    res.end(body)
  }
}
