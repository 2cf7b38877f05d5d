import { REFUSALS } from "../../refusal.ts"
import type { OpenApi } from "./openapi.ts"
import type { PortalRoute } from "./route.ts"
import { PORTAL_PATH, PORTAL_ROUTES, problemsOf } from "./routes.ts"
import { components } from "./schemas.ts"

type Schema = { readonly [member: string]: unknown }

const nameOf = (schema: PortalRoute["body"]): string => {
  const id = schema && components.get(schema)?.id
  return id === undefined ? "" : `[${id}](#${id.toLowerCase()})`
}

const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`

/** One line of a type: `{ day: Day, issued: integer ≥ 0 or null }`. */
export function typeText(schema: Schema): string {
  const { $ref, type, enum: values, const: only, format } = schema
  if (typeof $ref === "string") return $ref.replace(/^.*\//, "")
  if (only !== undefined) return JSON.stringify(only)
  if (Array.isArray(values)) return values.map(value => JSON.stringify(value)).join(" or ")
  const choices = (schema["oneOf"] ?? schema["anyOf"]) as Schema[] | undefined
  if (choices !== undefined) return choices.map(typeText).join(" or ")
  if (type === "array") return `array of ${typeText(schema["items"] as Schema)}${limits(schema, "Items")}`
  if (type === "object") return objectText(schema)
  if (typeof format === "string") return format
  return `${type ?? "anything"}${limits(schema, type === "string" ? "Length" : "imum")}`
}

function limits(schema: Schema, of: "Items" | "Length" | "imum"): string {
  const [low, high, pattern] = [schema[`min${of}`], schema[`max${of}`], schema["pattern"]]
  if (typeof pattern === "string") return pattern.length < 60 ? ` ${pattern.replaceAll("|", "\\|")}` : ""
  if (low !== undefined && high !== undefined) return ` (${low} to ${high})`
  if (low !== undefined) return ` (${low} or more)`
  return high === undefined ? "" : ` (up to ${high})`
}

function objectText(schema: Schema): string {
  const members = Object.entries((schema["properties"] ?? {}) as Record<string, Schema>)
  const required = (schema["required"] ?? []) as string[]
  if (members.length === 0) return "object"
  const one = ([name, of]: [string, Schema]) => `${name}${required.includes(name) ? "" : "?"}: ${typeText(of)}`
  return `{ ${members.map(one).join(", ")} }`
}

function memberLines(schema: Schema): string[] {
  const required = (schema["required"] ?? []) as string[]
  return Object.entries((schema["properties"] ?? {}) as Record<string, Schema>).map(([name, of]) => {
    const said = typeof of["description"] === "string" ? `: ${of["description"]}` : ""
    return `* \`${name}\`${required.includes(name) ? "" : " (may be left out)"}: ${typeText(of)}${said}`
  })
}

function schemaLines([id, schema]: [string, Schema]): string[] {
  const said = typeof schema["description"] === "string" ? [schema["description"], ""] : []
  const choices = (schema["oneOf"] as Schema[] | undefined) ?? []
  const members = choices.flatMap((choice, i) => [...(i > 0 ? ["", "or", ""] : []), ...memberLines(choice)])
  const own = schema["type"] === "object" && schema["properties"] !== undefined ? memberLines(schema) : []
  const body = choices.length > 0 ? members : own.length > 0 ? own : [typeText(schema)]
  return [`### ${id}`, "", ...said, ...body, ""]
}

const USE = [
  "A page begins with `GET /session`, and draws what the answer says: `signed-out`, a sign-in form; `half`, one of the",
  "`factors`; `signed-in`, first the change of a one-time password (`mustChangePassword`), then the setting up of a",
  "second factor (`mustEnrol`), then what is in `may`. Every route that changes the session answers the new one. A",
  "`signed-out` problem in the middle of something means that the session ended: the page keeps what was typed, lets the",
  "person sign in and sends the same body again; its idempotency key makes sure that nothing is done twice. The same holds",
  "after no answer, `busy` and `full`. In training mode no text message is sent and codes redeem nowhere.",
  "",
]

/** The document's text for people: docs/authority-api.md. */
export function apiMarkdown(document: OpenApi): string {
  const routes = Object.values<PortalRoute>(PORTAL_ROUTES)
  const routeRow = (route: PortalRoute) =>
    row(
      `\`${route.method} ${route.path}\``,
      route.who,
      nameOf(route.body ?? route.query) || (route.query ? "query" : ""),
      route.answer === undefined ? "204" : nameOf(route.answer),
      route.problems.map(code => `\`${code}\``).join(" "),
      route.summary,
    )
  const problems = Object.entries(REFUSALS).map(([code, { status, title }]) =>
    row(`\`${code}\``, String(status), title),
  )
  const common = problemsOf({ method: "POST", path: "", who: "issue-codes", summary: "", problems: [] })
  return [
    "# The portal's HTTP API",
    "",
    "Made by `lindung authority api --markdown` from the schemas that the routes themselves use; `lindung authority api`",
    "prints the OpenAPI 3.1 document, which the authority serves as `/v1/openapi.json`, and as a page at `/docs`.",
    "",
    document.info.description,
    "",
    ...USE,
    `All paths are under \`${PORTAL_PATH}\`. Who: \`anybody\`; \`half\`, who gave the password and owes the second`,
    "factor; `signed-in`; or the name of what the role must permit.",
    "",
    row("route", "who", "takes", "gives", "problems of its own", ""),
    row("---", "---", "---", "---", "---", "---"),
    ...routes.map(routeRow),
    "",
    "## Problems",
    "",
    `Every route may answer ${common.map(code => `\`${code}\``).join(", ")}, as far as they apply to it.`,
    "",
    row("code", "status", "meaning"),
    row("---", "---", "---"),
    ...problems,
    "",
    "## Bodies",
    "",
    ...Object.entries(document.components.schemas as Record<string, Schema>).flatMap(schemaLines),
  ]
    .join("\n")
    .replace(/\n+$/, "\n")
}
