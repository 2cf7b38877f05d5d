import { z } from "zod"
import { configError } from "../protocol/index.ts"
import { MECHANISM_NAMES } from "./mechanism.ts"

const HOURS_PER_DAY = 24
/** expiryDay ≤ issue day + 13 (protocol §5): a code's life and its token's life have to fit in together. */
const MAX_TOKEN_DAYS = 13

const secret = z.custom<Uint8Array>(
  key => key instanceof Uint8Array && key.length === 32,
  "expected 32 bytes, as 64 hexadecimal digits",
)
function count(low: number, high: number) {
  const expected = `expected an integer from ${low} to ${high}`
  return z.int(expected).min(low, expected).max(high, expected)
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone })
    return true
  } catch {
    return false
  }
}

/** The life of a code that is good: until it is activated, there is nothing that a token could outlive. */
const lifeHours = (c: { mechanism: string; codeValidHours: number; activationHours: number }): number =>
  c.mechanism === "activated" ? c.activationHours : c.codeValidHours

export const fields = z.strictObject({
  /** Ed25519 seed of the key that signs tokens. */
  signingSeed: secret,
  /** Key of the HMAC under which codes and commitments are kept. */
  hashKey: secret,
  /** When and how a permission passes hands (protocol §5). */
  mechanism: z.enum(MECHANISM_NAMES, "expected simple, activated or data-bound"),
  /** How long a code, or what was signed for a test, may be redeemed; rounded up to the full hour. */
  codeValidHours: count(1, 12 * HOURS_PER_DAY),
  /** Activated: how long a code may be redeemed once it is activated. */
  activationHours: count(1, 12 * HOURS_PER_DAY),
  /** Activated: how long a code waits for the result of the test. */
  testValidHours: count(1, 30 * HOURS_PER_DAY),
  /** Where the deployment is, as the IANA names it: by its calendar a date is still to come or not. */
  timeZone: z.string().refine(isTimeZone, "expected a time zone such as Asia/Kuala_Lumpur"),
  /** Days after the code's last one on which its token is still accepted. */
  tokenValidDays: count(1, MAX_TOKEN_DAYS - 1),
  /** Time from the complete request to its answer, the same for good and bad codes. */
  redeemMillis: count(20, 10_000),
  /** Requests that may wait for their answer at one time; more are refused before any look-up. */
  maxWaiting: count(1, 100_000),
})

export const schema = fields
  .refine(c => Math.ceil(lifeHours(c) / HOURS_PER_DAY) + c.tokenValidDays <= MAX_TOKEN_DAYS, {
    path: ["tokenValidDays"],
    error: "a token would outlive the 13th day after its code was issued",
  })
  .readonly()

export type AuthorityConfig = z.infer<typeof schema>

/** A configuration that was checked. @throws LindungError config naming every problem, and no value */
export function checkAuthorityConfig(config: unknown): AuthorityConfig {
  const result = schema.safeParse(config)
  if (result.success) return result.data
  throw configError(problemsOf(result.error, path => path))
}

/** Every problem, with the setting's name and without its value. */
export function problemsOf(error: z.ZodError, name: (path: string) => string): string[] {
  return error.issues.flatMap(issue => {
    const path = issue.path.map(String).join(".")
    if (issue.code === "unrecognized_keys") return issue.keys.map(key => `${name(key)}: not a setting`)
    return [`${name(path)}: ${issue.message}`]
  })
}
