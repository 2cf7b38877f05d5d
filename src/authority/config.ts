import { z } from "zod"
import { fromHex } from "../crypto/index.ts"
import { LindungError, type Setting } from "../protocol/index.ts"
import { MECHANISM_NAMES, type MechanismName } from "./mechanism.ts"

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

const fields = z.strictObject({
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

const schema = fields
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
  throw invalid(problemsOf(result.error, path => path))
}

function problemsOf(error: z.ZodError, name: (path: string) => string): string[] {
  return error.issues.flatMap(issue => {
    const path = issue.path.map(String).join(".")
    if (issue.code === "unrecognized_keys") return issue.keys.map(key => `${name(key)}: not a setting`)
    return [`${name(path)}: ${issue.message}`]
  })
}

const invalid = (problems: readonly string[]): LindungError =>
  new LindungError("config", problems.join("; "), { problems })

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
  const { phones: given, ...rest } = valuesIn(environment)
  const result = schema.safeParse({ maxWaiting: waitingIn(environment), ...rest })
  if (result.success && phones.safeParse(given).success) return result.data
  // Too many phones are a wrong limit, which nobody wrote.
  const lines = result.success
    ? []
    : problemsOf(result.error, path => variable(path === "maxWaiting" && given !== undefined ? "phones" : path))
  if (!phones.safeParse(given).success) lines.push(`${variable("phones")}: ${PHONES_EXPECTED}`)
  throw invalid([...new Set(lines)])
}

function valuesIn(environment: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const given = Object.entries(environment)
    .filter(([name, text]) => name.startsWith(PREFIX) && text !== undefined)
    .filter(([name]) => name !== LISTEN && name !== DATA)
  const values = given.map(([name, text]) => [fromVariable(name), (READ[fromVariable(name)] ?? String)(text!)] as const)
  return { ...DEFAULTS, ...Object.fromEntries(values) }
}

const PHONES_EXPECTED = "expected an integer from 1 to 999999999"
const phones = z.int(PHONES_EXPECTED).min(1, PHONES_EXPECTED).max(999_999_999, PHONES_EXPECTED).optional()

function waitingIn(environment: Readonly<Record<string, string | undefined>>): number {
  const { mechanism, redeemMillis, phones = PHONES } = valuesIn(environment)
  const known = isMechanism(mechanism) && Number.isInteger(redeemMillis) && Number.isInteger(phones)
  return known ? waitingOf(Number(phones), mechanism, Number(redeemMillis)) : FEWEST_WAITING
}

/** What an operator is told of each field of the configuration, and of PHONES, which gives one. */
const MEANINGS: Readonly<
  Record<keyof typeof fields.shape | "phones", Pick<Setting, "what" | "unit" | "section" | "secret">>
> = {
  signingSeed: {
    what: "Ed25519 seed of the key that signs tokens; apps pin the key",
    section: "authorisation.md#1-token",
    secret: true,
  },
  hashKey: {
    what: "codes, commitments, passwords and API keys are kept as hashes under it",
    section: "authorisation.md#5-what-the-authority-keeps",
    secret: true,
  },
  mechanism: { what: "when and how a permission passes hands; apps pin it", section: "authorisation.md#3-mechanisms" },
  codeValidHours: {
    what: "life of a code; data-bound: of what was signed for a test, at least 24, as a phone asks once a day",
    unit: "hours",
    section: "authorisation.md#4-codes",
  },
  activationHours: {
    what: "activated: life of a code once it is",
    unit: "hours",
    section: "authorisation.md#3-mechanisms",
  },
  testValidHours: {
    what: "activated: how long a code waits for its activation",
    unit: "hours",
    section: "authorisation.md#3-mechanisms",
  },
  timeZone: { what: "by its calendar a date is still to come or not", section: "authorisation.md#4-codes" },
  tokenValidDays: {
    what: "after a code's last day; with the code's life 13 days at most",
    unit: "days",
    section: "authorisation.md#1-token",
  },
  redeemMillis: {
    what: "from a request to its answer, whatever the code",
    unit: "milliseconds",
    section: "authorisation.md#2-redeeming",
  },
  phones: { what: "of the population; gives the next", unit: "phones", section: "authorisation.md#2-redeeming" },
  maxWaiting: {
    what: "at one time; more are refused before any look-up, good codes and made-up ones alike",
    unit: "requests",
    section: "authorisation.md#2-redeeming",
  },
}

const LISTEN = `${PREFIX}LISTEN`
const DATA = `${PREFIX}DATA`

/** Where an authority listens and keeps its files. @throws LindungError config */
export function authorityPlaceFrom(environment: Readonly<Record<string, string | undefined>>) {
  const wrong = PLACES.flatMap(({ name, problemOf }) => {
    const problem = problemOf(environment[name])
    return problem === undefined ? [] : [`${name}: ${problem}`]
  })
  if (wrong.length > 0) throw invalid(wrong)
  return { ...listenOn(environment[LISTEN] ?? "")!, data: environment[DATA]! }
}

function listenOn(text: string): { host: string; port: number } | undefined {
  const [, six, four, port] = /^(?:\[([0-9a-f:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? []
  const host = six ?? four
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) }
}

const PLACES: readonly Setting[] = [
  {
    name: LISTEN,
    what: "where phones and staff reach it",
    problemOf: text => (listenOn(text ?? "") === undefined ? "expected host:port" : undefined),
  },
  {
    name: DATA,
    what: "where its files are, from the deployment's directory",
    problemOf: text => ((text ?? "") === "" ? "expected a directory" : undefined),
  },
]

/** The settings of an authority, from the schema that it is started with; defaults may follow from what is given. */
export function authoritySettings(environment: Readonly<Record<string, string | undefined>> = {}): readonly Setting[] {
  const checks: Readonly<Record<string, z.ZodType>> = { ...fields.shape, phones }
  const otherwise = { ...DEFAULTS, phones: PHONES, maxWaiting: waitingIn(environment) } as Record<string, unknown>
  return [
    ...PLACES,
    ...Object.entries(MEANINGS).map(([field, meaning]) => ({
      name: variable(field),
      ...meaning,
      ...(otherwise[field] !== undefined && { otherwise: String(otherwise[field]) }),
      problemOf(text: string | undefined): string | undefined {
        const given = text === undefined ? otherwise[field] : (READ[field] ?? String)(text)
        return checks[field]!.safeParse(given).error?.issues[0]?.message
      },
    })),
  ]
}

const isMechanism = (name: unknown): name is MechanismName => Object.hasOwn(REDEMPTIONS_A_DAY, String(name))
