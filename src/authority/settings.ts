import { z } from "zod"
import { configError, fieldOf, keyIn, type Setting, variableOf, wholeIn } from "../protocol/index.ts"
import { type AuthorityConfig, fields, problemsOf, schema } from "./config.ts"
import type { MechanismName } from "./mechanism.ts"

type Environment = Readonly<Record<string, string | undefined>>

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

const PREFIX = "LINDUNG_AUTHORITY_"

const variable = (path: string): string => variableOf(PREFIX, path.replace(/\..*$/, ""))

const READ: Readonly<Record<string, (text: string) => unknown>> = {
  signingSeed: keyIn,
  hashKey: keyIn,
  codeValidHours: wholeIn,
  activationHours: wholeIn,
  testValidHours: wholeIn,
  tokenValidDays: wholeIn,
  redeemMillis: wholeIn,
  maxWaiting: wholeIn,
  phones: wholeIn,
}

/**
 * The configuration from LINDUNG_AUTHORITY_* variables: keys as 64 hexadecimal digits.
 * PHONES, the number of phones in the population, gives MAX_WAITING where that is not given.
 * The two secrets must be given; a variable that is not a setting is refused, because it is likely a slip.
 * @throws LindungError config naming every problem, and no value
 */
export function authorityConfigFrom(environment: Environment): AuthorityConfig {
  const { phones: given, ...rest } = valuesIn(environment)
  const result = schema.safeParse({ maxWaiting: waitingIn(environment), ...rest })
  if (result.success && phones.safeParse(given).success) return result.data
  // Too many phones are a wrong limit, which nobody wrote.
  const lines = result.success
    ? []
    : problemsOf(result.error, path => variable(path === "maxWaiting" && given !== undefined ? "phones" : path))
  if (!phones.safeParse(given).success) lines.push(`${variable("phones")}: ${PHONES_EXPECTED}`)
  throw configError(lines)
}

function valuesIn(environment: Environment): Record<string, unknown> {
  const given = Object.entries(environment).filter(([name, text]) => name.startsWith(PREFIX) && text !== undefined)
  const values = given.map(
    ([name, text]) => [fieldOf(PREFIX, name), (READ[fieldOf(PREFIX, name)] ?? String)(text!)] as const,
  )
  return { ...DEFAULTS, ...Object.fromEntries(values) }
}

const PHONES_EXPECTED = "expected an integer from 1 to 999999999"
const phones = z.int(PHONES_EXPECTED).min(1, PHONES_EXPECTED).max(999_999_999, PHONES_EXPECTED).optional()

function waitingIn(environment: Environment): number {
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

/** The settings of an authority, from the schema that it is started with; defaults may follow from what is given. */
export function authoritySettings(environment: Environment = {}): readonly Setting[] {
  const checks: Readonly<Record<string, z.ZodType>> = { ...fields.shape, phones }
  const otherwise = { ...DEFAULTS, phones: PHONES, maxWaiting: waitingIn(environment) } as Record<string, unknown>
  return Object.entries(MEANINGS).map(([field, meaning]) => ({
    name: variable(field),
    ...meaning,
    ...(otherwise[field] !== undefined && { otherwise: String(otherwise[field]) }),
    problemOf(text: string | undefined): string | undefined {
      const given = text === undefined ? otherwise[field] : (READ[field] ?? String)(text)
      return checks[field]!.safeParse(given).error?.issues[0]?.message
    },
  }))
}

const isMechanism = (name: unknown): name is MechanismName => Object.hasOwn(REDEMPTIONS_A_DAY, String(name))
