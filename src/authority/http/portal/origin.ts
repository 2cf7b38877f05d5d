import type { IncomingMessage } from "node:http"
import { Refusal } from "../../refusal.ts"

/**
 * A request must come from the portal's own pages. Browsers say where one comes from: Origin with everything that may
 * change something, Sec-Fetch-Site with everything. What changes something must say so; what only reads must not say
 * otherwise.
 * @throws Refusal foreign-origin
 */
export function requireOwnOrigin({ method, headers }: IncomingMessage, own: string): void {
  const site = headers["sec-fetch-site"]
  const isElsewhere = site !== undefined && site !== "same-origin" && !(method === "GET" && site === "none")
  const isUnsaid = method !== "GET" && headers.origin !== own
  const isForeign = headers.origin !== undefined && headers.origin !== own
  if (isElsewhere || isUnsaid || isForeign) throw new Refusal("foreign-origin")
}
