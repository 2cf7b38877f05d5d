import type { z } from "zod"
import type { PORTAL_ROUTES } from "../http/portal/routes.ts"

type Route = (typeof PORTAL_ROUTES)[keyof typeof PORTAL_ROUTES]
type Of<Method, Path> = Extract<Route, { method: Method; path: Path }>
export type GetPath = Extract<Route, { method: "GET" }>["path"]
export type PostPath = Extract<Route, { method: "POST" }>["path"]
/** What a route answers; undefined where that is 204. */
export type Answer<Method, Path> =
  Of<Method, Path> extends { answer: infer A extends z.ZodType } ? z.output<A> : undefined
export type Body<Path extends PostPath> =
  Of<"POST", Path> extends { body: infer B extends z.ZodType } ? z.input<B> : undefined

export type Session = Answer<"GET", "/session">
export type SignedIn = Extract<Session, { is: "signed-in" }>
type Problem = z.output<typeof import("../http/portal/schemas.ts")["problem"]>
export type ProblemCode = Problem["code"]

/** An answer that is no success; or none at all, when `code` is `offline`. */
export class Refused extends Error {
  readonly code: ProblemCode | "offline"
  readonly fields: readonly { readonly path: string; readonly message: string }[]
  readonly retryAfterSeconds: number | undefined
  constructor(code: ProblemCode | "offline", problem?: Partial<Problem>) {
    super(problem?.title ?? code)
    this.code = code
    this.fields = problem?.fields ?? []
    this.retryAfterSeconds = problem?.retryAfterSeconds
  }
}

const PATH = "/v1/portal"
const TIMEOUT_MS = 30_000

async function ask(method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> {
  let answer: Response
  let parsed: unknown
  try {
    answer = await fetch(`${PATH}${path}`, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(method === "POST" && {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body ?? {}),
      }),
    })
    parsed = answer.status === 204 ? undefined : await answer.json()
  } catch {
    throw new Refused("offline")
  }
  if (answer.ok) return parsed
  const problem = parsed as Partial<Problem>
  throw new Refused(problem.code ?? "server", problem)
}

export async function get<P extends GetPath>(
  path: P,
  query: Readonly<Record<string, number>> = {},
): Promise<Answer<"GET", P>> {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
  const suffix = search.size === 0 ? "" : `?${search}`
  return (await ask("GET", `${path}${suffix}`)) as Answer<"GET", P>
}

export async function post<P extends PostPath>(path: P, body?: Body<P>): Promise<Answer<"POST", P>> {
  return (await ask("POST", path, body)) as Answer<"POST", P>
}

/** Drawn once for each thing to be done: sent again, it does nothing twice. */
export const idempotencyKey = (): string => crypto.randomUUID()
