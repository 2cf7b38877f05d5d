import express, { type Request, type Response, Router } from "express"
import type { Accounts } from "../../accounts/accounts.ts"
import { may } from "../../accounts/roles.ts"
import type { Who } from "../../accounts/sessions.ts"
import type { Desk } from "../../desk.ts"
import { Refusal } from "../../refusal.ts"
import type { Sandboxes } from "../../sandboxes.ts"
import type { Call, Handlers } from "./call.ts"
import type { Cookies } from "./cookies.ts"
import { requireOwnOrigin } from "./origin.ts"
import { fieldsOf } from "./problem.ts"
import type { PortalRoute } from "./route.ts"
import { isAction, isUntrained, PORTAL_ROUTES } from "./routes.ts"

const MAX_BODY_BYTES = 16 * 1024
const MAX_BULK_BYTES = 256 * 1024

export interface RouterPorts {
  readonly accounts: Accounts
  readonly desk: Desk
  readonly sandboxes: Sandboxes
  readonly cookies: Cookies
  readonly origin: string
  readonly clock: () => number
  readonly staffClock: () => number
  readonly handlers: Handlers
}

/** Whether a route admits who asks. @throws Refusal signed-out, password-change, second-factor, forbidden, training */
function admit(route: PortalRoute, found: Who | undefined, accounts: Accounts): void {
  const { who } = route
  if (who === "anybody") return
  if (found?.session.stage !== (who === "half" ? "half" : "full")) throw new Refusal("signed-out")
  if (found.session.training && isUntrained(route)) throw new Refusal("training")
  const { user } = found
  const isFactorRoute = route.path.startsWith("/second-factors/")
  if ((isAction(who) || isFactorRoute) && user.oneTimeUntil !== null) throw new Refusal("password-change")
  if (!isAction(who)) return
  if (accounts.mustEnrol(user)) throw new Refusal("second-factor")
  if (!may(user.role, who)) throw new Refusal("forbidden")
}

function inputOf(route: PortalRoute, request: Request): unknown {
  const schema = route.envelope ?? route.body ?? route.query
  if (schema === undefined) return undefined
  const read = schema.safeParse(route.method === "GET" ? request.query : request.body)
  if (!read.success) throw new Refusal("format", { fields: fieldsOf(read.error) })
  return read.data
}

/** The routes of the table, each behind the same checks: where from, who, of what form; then its handler. */
export function portalRouter(ports: RouterPorts): Router {
  const { accounts, cookies, origin, clock, staffClock } = ports
  const { sessions, devices } = accounts
  const router = Router()

  function callOf(request: Request, response: Response, found: Who | undefined): Call {
    return {
      accounts,
      found,
      device: name => cookies.device(request, devices.labelOf(name)),
      desk: async () =>
        found?.session.training && found.session.stage === "full" ? ports.sandboxes.of(found.session.id) : ports.desk,
      now: clock(),
      staffNow: staffClock(),
      keep({ who, cookie, device }) {
        cookies.keepSession(response, cookie)
        if (device !== undefined) cookies.keepDevice(response, devices.labelOf(who.user.name), device)
        return who
      },
      drop: () => cookies.dropSession(response),
    }
  }

  router.use((request, response, next) => {
    response.set("Cache-Control", "no-store")
    requireOwnOrigin(request, origin)
    next()
  })

  for (const [name, route] of Object.entries<PortalRoute>(PORTAL_ROUTES)) {
    const handler = ports.handlers[name as keyof Handlers] as (call: Call, input: unknown) => Promise<unknown>
    const method = route.method === "GET" ? "get" : "post"
    router[method](
      route.path,
      // Before the body: who is not admitted gets nothing parsed.
      async (request, response, next) => {
        const found = await sessions.find(cookies.session(request), staffClock())
        admit(route, found, accounts)
        if (found !== undefined && route !== PORTAL_ROUTES.session) await sessions.touch(found, staffClock())
        response.locals["found"] = found
        if (route.body !== undefined && !request.is("application/json")) throw new Refusal("wrong-type")
        next()
      },
      express.json({ limit: route.envelope ? MAX_BULK_BYTES : MAX_BODY_BYTES, inflate: false, strict: true }),
      async (request, response) => {
        const call = callOf(request, response, response.locals["found"] as Who | undefined)
        const answer = await handler(call, inputOf(route, request))
        if (answer === undefined) response.status(204).end()
        else response.status(200).type("application/json").end(JSON.stringify(answer))
      },
    )
  }
  return router
}
