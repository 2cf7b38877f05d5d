import type { RequestListener } from "node:http"
import express from "express"
import helmet from "helmet"
import { Refusal } from "../../refusal.ts"
import { pages } from "./pages.ts"
import { problems } from "./problem.ts"
import { portalRouter, type RouterPorts } from "./router.ts"
import { PORTAL_PATH } from "./routes.ts"

const SELF = ["'self'"]
const NONE = ["'none'"]
/** Nothing but files of this origin runs, shows or is asked. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: NONE,
    scriptSrc: SELF,
    styleSrc: SELF,
    imgSrc: SELF,
    fontSrc: SELF,
    connectSrc: SELF,
    manifestSrc: SELF,
    formAction: NONE,
    baseUri: NONE,
    frameAncestors: NONE,
  },
}
const PORTAL = /^\/(v1\/portal|v1\/openapi\.json|portal|docs)(?=[/?#]|$)/

/** The portal before the authority's own listener, which answers all that is not the portal's, headers untouched. */
export function portalListener(
  ports: RouterPorts & {
    readonly files: string | undefined
    readonly others: RequestListener
    readonly log: (event: string, facts: Record<string, string>) => void
  },
): RequestListener {
  const app = express()
  app.disable("x-powered-by")
  app.set("trust proxy", false)
  app.set("query parser", "simple")
  app.use(
    helmet({
      contentSecurityPolicy: CONTENT_SECURITY_POLICY,
      strictTransportSecurity: ports.origin.startsWith("https:"),
      // `no-referrer` makes some requests say Origin: null, which would be refused.
      referrerPolicy: { policy: "same-origin" },
    }),
  )
  app.use((_request, response, next) => {
    response.set("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), payment=(), usb=()")
    next()
  })
  app.use(PORTAL_PATH, portalRouter(ports))
  app.use(pages(ports.files))
  app.use(() => {
    throw new Refusal("not-found")
  })
  app.use(problems(ports.log))
  return (request, response) =>
    PORTAL.test(request.url ?? "") ? app(request, response) : ports.others(request, response)
}
