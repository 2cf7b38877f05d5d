import type { RequestHandler } from "express"
import { CROSS_ORIGIN, PREFLIGHT } from "../../protocol/index.ts"

/**
 * Answers preflights, and lets pages of any origin read every answer that follows, refusals included: otherwise a page
 * could not tell "too many requests" from no network.
 */
export const crossOrigin: RequestHandler = (req, res, next): void => {
  if (req.method === "OPTIONS") {
    res.writeHead(204, PREFLIGHT).end()
    return
  }
  res.set(CROSS_ORIGIN)
  next()
}
