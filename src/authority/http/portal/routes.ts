import { CODE_ROUTES } from "./code-routes.ts"
import type { PortalProblem } from "./problems.ts"
import type { PortalRoute } from "./route.ts"
import { SESSION_ROUTES } from "./session-routes.ts"
import { USER_ROUTES } from "./user-routes.ts"

export const PORTAL_PATH = "/v1/portal"

/** Every route of the portal: the router serves this table, and the OpenAPI document is made from it. */
export const PORTAL_ROUTES = { ...SESSION_ROUTES, ...CODE_ROUTES, ...USER_ROUTES } as const

/** The problems that every answer of a route may be, its own among them. */
export function problemsOf(route: PortalRoute): readonly PortalProblem[] {
  const sent: PortalProblem[] = route.method === "POST" ? ["foreign-origin", "wrong-type", "too-large"] : []
  const read: PortalProblem[] = route.body || route.query ? ["format"] : []
  const admitted: PortalProblem[] = route.who === "anybody" ? [] : ["signed-out"]
  const permitted: PortalProblem[] = ["anybody", "half", "signed-in"].includes(route.who)
    ? []
    : ["password-change", "second-factor", "forbidden"]
  return [...new Set([...read, ...sent, ...admitted, ...permitted, ...route.problems, "server" as const])]
}
