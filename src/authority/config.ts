import { z } from "zod"
import { fromHex } from "../crypto/index.ts"
import { LindungError } from "../protocol/index.ts"
import { MECHANISM_NAMES, type MechanismName } from "./mechanism.ts"

const HOURS_PER_DAY = 24
/** expiryDay ≤ issue day + 13 (protocol §5): a code's life and its token's life have to fit in together. */
const MAX_TOKEN_DAYS = 13

const secret = z.custom<Uint8Array>(key => key instanceof Uint8Array && key.length === 32, "expected 32 bytes")
const count = (low: number, high: number) => z.int(`expected an integer from ${low} to ${high}`).min(low).max(high)

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

const schema = z
  .strictObject({
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
  .refine(c => Math.ceil(lifeHours(c) / HOURS_PER_DAY) + c.tokenValidDays <= MAX_TOKEN_DAYS, {
    path: ["tokenValidDays"],
    error: "a token would outlive the 13th day after its code was issued",
  })
  .readonly()

export type AuthorityConfig = z.infer<typeof schema>

const DEFAULTS = {
  mechanism: "simple",
  codeValidHours: 24,
  activationHours: 6,
  testValidHours: 168,
  timeZone: "UTC",
  tokenValidDays: 3,
  redeemMillis: 1_500,
} as const

/** Whole redemptions of a phone a day: a cover action every five days, and of a made-up test six. */
const REDEMPTIONS_A_DAY = { simple: 0.2, activated: 0.2, "data-bound": 1.2 }
const SECONDS_PER_DAY = 86_400
/** Phones wake with their owners: the busiest second of a day has so many times the mean. */
const PEAK = 10
const FEWEST_WAITING = 100
const PHONES = 38_000_000

/**
 * Requests that wait at the busiest time of so many phones, nearly all of them cover: every request waits as long, good
 * code or not, so that a limit on who waits is one on the rate, and falls on all alike.
 */
const waitingOf = (phones: number, mechanism: MechanismName, redeemMillis: number): number =>
  Math.ceil(FEWEST_WAITING + (phones * REDEMPTIONS_A_DAY[mechanism] * PEAK * redeemMillis) / 1000 / SECONDS_PER_DAY)

/** A configuration that was checked. @throws LindungError config naming every problem, and no value */
export function checkAuthorityConfig(config: unknown): AuthorityConfig {
  const result = schema.safeParse(config)
  if (result.success) return result.data
  throw problems(result.error, path => path)
}

function problems(error: z.ZodError, name: (path: string) => string): LindungError {
  const lines = error.issues.flatMap(issue => {
    const path = issue.path.map(String).join(".")
    if (issue.code === "unrecognized_keys") return issue.keys.map(key => `${name(key)}: not a setting`)
    return [`${name(path)}: ${issue.message}`]
  })
  return new LindungError("config", lines.join("; "))
}

const PREFIX = "LINDUNG_AUTHORITY_"

/** signingSeed → LINDUNG_AUTHORITY_SIGNING_SEED */
const variable = (path: string): string =>
  PREFIX +
  path
    .replace(/\..*$/, "")
    .replace(/[A-Z]/g, letter => `_${letter}`)
    .toUpperCase()

const fromVariable = (name: string): string =>
  name
    .slice(PREFIX.length)
    .toLowerCase()
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

const isHexKey = (text: string): boolean => /^[0-9a-fA-F]{64}$/.test(text)
const key = (text: string): unknown => (isHexKey(text) ? fromHex(text) : undefined)
const number = (text: string): unknown => (/^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN)
const READ: Readonly<Record<string, (text: string) => unknown>> = {
  signingSeed: key,
  hashKey: key,
  codeValidHours: number,
  activationHours: number,
  testValidHours: number,
  tokenValidDays: number,
  redeemMillis: number,
  maxWaiting: number,
  phones: number,
}

/**
 * The configuration from LINDUNG_AUTHORITY_* variables: keys as 64 hexadecimal digits.
 * PHONES, the number of phones in the population, gives MAX_WAITING where that is not given.
 * The two secrets must be given; a variable that is not a setting is refused, because it is likely a slip.
 * @throws LindungError config naming every problem, and no value
 */
export function authorityConfigFrom(environment: Readonly<Record<string, string | undefined>>): AuthorityConfig {
  const given = Object.entries(environment).filter(([name, text]) => name.startsWith(PREFIX) && text !== undefined)
  const settings = given.map(([name, text]) => {
    const path = fromVariable(name)
    return [path, (READ[path] ?? String)(text!)] as const
  })
  const { phones, ...rest } = { ...DEFAULTS, ...Object.fromEntries(settings) } as Record<string, unknown>
  const { mechanism, redeemMillis } = rest
  const known = isMechanism(mechanism) && typeof redeemMillis === "number"
  const maxWaiting = known ? waitingOf(Number(phones ?? PHONES), mechanism, redeemMillis) : FEWEST_WAITING
  const result = schema.safeParse({ maxWaiting, ...rest })
  if (result.success) return result.data
  // Too many or no phones are a wrong limit, which nobody wrote.
  throw problems(result.error, path => variable(path === "maxWaiting" && phones !== undefined ? "phones" : path))
}

const isMechanism = (name: unknown): name is MechanismName => Object.hasOwn(REDEMPTIONS_A_DAY, String(name))
