import type { z } from "zod"
import type { Action } from "../../accounts/roles.ts"
import type { RefusalCode } from "../../refusal.ts"

/**
 * Who may ask: anybody; who gave the password and owes the second factor; who is signed in, even with a one-time
 * password or without the factor that the role needs; or whose role may do it.
 */
type Admission = "anybody" | "half" | "signed-in" | Action

export interface PortalRoute {
  readonly method: "GET" | "POST"
  /** Under PORTAL_PATH. */
  readonly path: string
  readonly who: Admission
  readonly summary: string
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  /** What is checked in place of the body where its parts are judged one by one. */
  readonly envelope?: z.ZodType
  /** What 200 carries; without it the answer is 204. */
  readonly answer?: z.ZodType
  /** Problems of its own, beside those of every route. */
  readonly problems: readonly RefusalCode[]
}
