import { z } from "zod"
import { REFUSALS } from "../../refusal.ts"
import type { PortalRoute } from "./route.ts"
import { PORTAL_PATH, PORTAL_ROUTES, problemsOf } from "./routes.ts"
import { components, problem } from "./schemas.ts"

const refTo = (id: string): string => `#/components/schemas/${id}`

/** A schema without what only names its own place: the document is the place. */
function bare(schema: Record<string, unknown>): Record<string, unknown> {
  const { $schema, $id, ...rest } = schema
  return rest
}

/** Leaves out what says nothing: a date's pattern beside its format, and the largest integer there is. */
function tidy({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void {
  if (jsonSchema["format"] !== undefined || jsonSchema["$ref"] !== undefined) delete jsonSchema["pattern"]
  if (jsonSchema["maximum"] === Number.MAX_SAFE_INTEGER) delete jsonSchema["maximum"]
  if (jsonSchema["minimum"] === Number.MIN_SAFE_INTEGER) delete jsonSchema["minimum"]
}

const OPTIONS = { io: "input", override: tidy } as const

function inline(schema: z.ZodType): Record<string, unknown> {
  const named = components.get(schema)
  return named === undefined ? bare(z.toJSONSchema(schema, OPTIONS)) : { $ref: refTo(named.id) }
}

function parametersOf(query: z.ZodType): object[] {
  const { properties = {} } = inline(query) as { properties?: Record<string, Record<string, unknown>> }
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: false, schema }))
}

const json = (schema: z.ZodType) => ({ "application/json": { schema: inline(schema) } })

/** The answers that are problems, by status; a status says which codes it may carry. */
function problemAnswers(route: PortalRoute): Record<string, object> {
  const answers: Record<string, object> = {}
  for (const status of new Set(problemsOf(route).map(code => REFUSALS[code].status))) {
    const codes = problemsOf(route).filter(code => REFUSALS[code].status === status)
    answers[status] = {
      description: codes.map(code => `\`${code}\`: ${REFUSALS[code].title}`).join(" "),
      content: { "application/problem+json": { schema: inline(problem) } },
    }
  }
  return answers
}

function operation(operationId: string, route: PortalRoute): object {
  return {
    operationId,
    summary: route.summary,
    description: `Who: ${route.who}.`,
    "x-who": route.who,
    security: route.who === "anybody" ? [] : [{ session: [] }],
    ...(route.query === undefined ? {} : { parameters: parametersOf(route.query) }),
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: json(route.body) } }),
    responses: {
      ...(route.answer === undefined
        ? { 204: { description: "Done." } }
        : { 200: { description: "Done.", content: json(route.answer) } }),
      ...problemAnswers(route),
    },
  }
}

export interface OpenApi {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes: object }
}

const DESCRIPTION =
  "Routes of the portal in which staff of a health authority issue codes. A state-changing request must carry the " +
  "portal's own Origin and application/json; the session is a cookie that scripts cannot read. Times are unix seconds, " +
  "days are UTC days."

/** The OpenAPI 3.1 document of the portal's routes, from the schemas that the routes themselves use. */
export function openApi(): OpenApi {
  const paths: Record<string, Record<string, object>> = {}
  for (const [id, route] of Object.entries(PORTAL_ROUTES)) {
    const path = `${PORTAL_PATH}${route.path}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(id, route) }
  }
  const { schemas } = z.toJSONSchema(components, { ...OPTIONS, uri: refTo })
  return {
    openapi: "3.1.0",
    info: { title: "lindung health authority: portal", version: "1", description: DESCRIPTION },
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)])),
      securitySchemes: { session: { type: "apiKey", in: "cookie", name: "__Secure-lindung-session" } },
    },
  }
}
