import type { z } from "zod"
import type { Accounts } from "../../accounts/accounts.ts"
import type { Who } from "../../accounts/sessions.ts"
import type { DeviceOf, Signed } from "../../accounts/sign-in.ts"
import type { Desk } from "../../desk.ts"
import { Refusal } from "../../refusal.ts"
import type { PortalRoute } from "./route.ts"
import type { PORTAL_ROUTES } from "./routes.ts"

/** One request, as far as its handler sees it. */
export interface Call {
  readonly accounts: Accounts
  readonly found: Who | undefined
  readonly device: DeviceOf
  /** The authority, or the sandbox of a session that trains. */
  readonly desk: () => Promise<Desk>
  /** Unix seconds, of the authority's clock and of the one by which sessions end. */
  readonly now: number
  readonly staffNow: number
  /** Gives the browser the cookies of a session that just changed. */
  keep(signed: Signed): Who
  drop(): void
}

type Input<R extends PortalRoute> = R extends { readonly envelope: infer S extends z.ZodType }
  ? z.output<S>
  : R extends { readonly body: infer S extends z.ZodType }
    ? z.output<S>
    : R extends { readonly query: infer S extends z.ZodType }
      ? z.output<S>
      : undefined

type Output<R extends PortalRoute> = R extends { readonly answer: infer S extends z.ZodType } ? z.output<S> : undefined

type Routes = typeof PORTAL_ROUTES

/** What answers a set of routes: the compiler compares it with their schemas. */
export type Handlers<K extends keyof Routes = keyof Routes> = {
  readonly [Name in K]: (call: Call, input: Input<Routes[Name]>) => Promise<Output<Routes[Name]>>
}

/** Whose request it is, where the route admits nobody else. */
export function whoOf({ found }: Call): Who {
  if (found === undefined) throw new Refusal("signed-out")
  return found
}
