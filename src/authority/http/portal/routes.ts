import { ACTIONS, type Action } from "../../accounts/roles.ts"
import type { RefusalCode } from "../../refusal.ts"
import { CODE_ROUTES } from "./code-routes.ts"
import type { PortalRoute } from "./route.ts"
import { SESSION_ROUTES } from "./session-routes.ts"
import { USER_ROUTES } from "./user-routes.ts"

export const PORTAL_PATH = "/v1/portal"

/** Every route of the portal: the router serves this table, and the OpenAPI document is made from it. */
export const PORTAL_ROUTES = { ...SESSION_ROUTES, ...CODE_ROUTES, ...USER_ROUTES } as const

/** The problems that every answer of a route may be, its own among them. */
export function problemsOf(route: PortalRoute): readonly RefusalCode[] {
  const sent: RefusalCode[] = route.method === "POST" ? ["wrong-type", "too-large"] : []
  const read: RefusalCode[] = route.body || route.query ? ["format"] : []
  const admitted: RefusalCode[] = route.who === "anybody" ? [] : ["signed-out"]
  const permitted: RefusalCode[] = isAction(route.who) ? ["password-change", "second-factor", "forbidden"] : []
  const trained: RefusalCode[] = isUntrained(route) ? ["training"] : []
  const all = [...read, "foreign-origin", ...sent, ...admitted, ...permitted, ...trained, ...route.problems, "server"]
  return [...new Set(all as RefusalCode[])]
}

export const isAction = (who: PortalRoute["who"]): who is Action => (ACTIONS as readonly string[]).includes(who)

const NOT_TRAINED: readonly PortalRoute["who"][] = ["signed-in", "manage-users", "manage-api-keys"]

/** What would touch something real: refused in training mode. */
export const isUntrained = (route: PortalRoute): boolean =>
  NOT_TRAINED.includes(route.who) && route !== PORTAL_ROUTES.signOutEverywhere
