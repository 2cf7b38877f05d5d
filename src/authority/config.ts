import { z } from "zod"
import { fromHex } from "../crypto/index.ts"
import { LindungError } from "../protocol/index.ts"

const HOURS_PER_DAY = 24
/** expiryDay ≤ issue day + 13 (protocol §5): a code's life and its token's life have to fit in together. */
const MAX_TOKEN_DAYS = 13

const secret = z.custom<Uint8Array>(key => key instanceof Uint8Array && key.length === 32, "expected 32 bytes")
const count = (low: number, high: number) => z.int(`expected an integer from ${low} to ${high}`).min(low).max(high)

const schema = z
  .strictObject({
    /** Ed25519 seed of the key that signs tokens. */
    signingSeed: secret,
    /** Key of the HMAC under which codes and commitments are kept. */
    hashKey: secret,
    /** SHA-256 of each API key that may issue codes. */
    apiKeyHashes: z.array(secret).min(1, "expected at least one").max(100),
    mechanism: z.literal("simple", "expected simple"),
    /** How long a code may be redeemed, rounded up to the full hour. */
    codeValidHours: count(1, 12 * HOURS_PER_DAY),
    /** Days after the code's last one on which its token is still accepted. */
    tokenValidDays: count(1, MAX_TOKEN_DAYS - 1),
    /** Time from the complete request to its answer, the same for good and bad codes. */
    redeemMillis: count(20, 10_000),
    /** Requests that may wait for their answer at one time; more are refused before any look-up. */
    maxWaiting: count(1, 100_000),
  })
  .refine(c => Math.ceil(c.codeValidHours / HOURS_PER_DAY) + c.tokenValidDays <= MAX_TOKEN_DAYS, {
    path: ["tokenValidDays"],
    error: "a token would outlive the 13th day after its code was issued",
  })
  .readonly()

export type AuthorityConfig = z.infer<typeof schema>

const DEFAULTS = {
  mechanism: "simple",
  codeValidHours: 24,
  tokenValidDays: 3,
  redeemMillis: 1_500,
  maxWaiting: 2_000,
} as const

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
  apiKeyHashes: text => text.split(",").map(part => key(part.trim())),
  codeValidHours: number,
  tokenValidDays: number,
  redeemMillis: number,
  maxWaiting: number,
}

/**
 * The configuration from LINDUNG_AUTHORITY_* variables: keys and hashes as 64 hexadecimal digits, lists with commas.
 * The three secrets must be given; a variable that is not a setting is refused, because it is likely a slip.
 * @throws LindungError config naming every problem, and no value
 */
export function authorityConfigFrom(environment: Readonly<Record<string, string | undefined>>): AuthorityConfig {
  const given = Object.entries(environment).filter(([name, text]) => name.startsWith(PREFIX) && text !== undefined)
  const settings = given.map(([name, text]) => {
    const path = fromVariable(name)
    return [path, (READ[path] ?? String)(text!)] as const
  })
  const result = schema.safeParse({ ...DEFAULTS, ...Object.fromEntries(settings) })
  if (result.success) return result.data
  throw problems(result.error, variable)
}
