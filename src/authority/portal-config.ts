import { z } from "zod"
import { configError, type Setting } from "../protocol/index.ts"
import { ROLES } from "./accounts/roles.ts"

function count(low: number, high: number, otherwise: number) {
  const expected = `expected an integer from ${low} to ${high}`
  const written = z
    .string(expected)
    .regex(/^[0-9]{1,9}$/, expected)
    .transform(Number)
  return written.pipe(z.int(expected).min(low, expected).max(high, expected)).default(otherwise)
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]

/** Cookies of a page without TLS can be read on the way: such a page is for the same machine alone. */
export function isPortalOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.origin !== text) return false
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.includes(url.hostname))
}

const WITH_CODE = "expected up to 480 letters with {code}, and with {until} if wanted"
const smsText = (otherwise: string) =>
  z
    .string()
    .max(480, WITH_CODE)
    .refine(text => text.includes("{code}"), WITH_CODE)
    .default(otherwise)

function isJsonTemplate(text: string): boolean {
  try {
    JSON.parse(text)
    return text.includes("{number}") && text.includes("{text}")
  } catch {
    return false
  }
}

const schema = z.strictObject({
  /** Where browsers find the portal; without it there is none. */
  ORIGIN: z
    .string()
    .refine(isPortalOrigin, "expected https://host, or http:// of this machine, without a slash at the end")
    .optional(),
  /** Directory of the portal's pages; without it only its routes are served, unless the program has its own. */
  FILES: z.string().min(1, "expected a directory").optional(),
  IDLE_MINUTES: count(1, 720, 30),
  SESSION_HOURS: count(1, 24, 10),
  SECOND_FACTOR_FROM: z
    .enum([...ROLES, "none"], `expected one of ${[...ROLES, "none"].join(", ")}`)
    .default("administrator"),
  ARGON2_MEMORY_KIB: count(8, 4_194_304, 19_456),
  ARGON2_PASSES: count(1, 100, 2),
  ARGON2_PARALLELISM: count(1, 64, 1),
  DAYS_BEFORE_ONSET: count(0, 14, 2),
  DAYS_BEFORE_TEST: count(0, 14, 2),
  SMS_URL: z.url({ protocol: /^https?$/, error: "expected an http(s) URL" }).optional(),
  SMS_AUTHORIZATION: z.string().max(4096, "expected up to 4096 letters").optional(),
  SMS_BODY: z
    .string()
    .refine(isJsonTemplate, "expected JSON with {number} and {text} inside strings")
    .default('{"to":"{number}","text":"{text}"}'),
  SMS_TIMEOUT_SECONDS: count(1, 60, 10),
  SMS_TEXT_EN: smsText(
    "Your code for the exposure app: {code}. Good until {until}. Nobody will call you to ask for it.",
  ),
  SMS_TEXT_MS: smsText(
    "Kod anda untuk aplikasi pendedahan: {code}. Sah hingga {until}. Tiada siapa akan menelefon untuk memintanya.",
  ),
})

const PREFIX = "LINDUNG_PORTAL_"

/** Settings of the portal, by the names of their variables without LINDUNG_PORTAL_. */
export type PortalConfig = z.infer<typeof schema>
/** Those of a portal that is served. */
export type ServedPortalConfig = PortalConfig & { readonly ORIGIN: string }

/**
 * The portal's settings from LINDUNG_PORTAL_* variables; a variable that is not a setting is refused.
 * @throws LindungError config naming every problem, and no value
 */
export function portalConfigFrom(environment: Readonly<Record<string, string | undefined>>): PortalConfig {
  const given = Object.entries(environment).filter(([name, text]) => name.startsWith(PREFIX) && text !== undefined)
  const result = schema.safeParse(Object.fromEntries(given.map(([name, text]) => [name.slice(PREFIX.length), text])))
  if (result.success) return result.data
  const lines = result.error.issues.flatMap(issue =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map(key => `${PREFIX}${key}: not a setting`)
      : [`${PREFIX}${issue.path.map(String).join(".")}: ${issue.message}`],
  )
  throw configError(lines)
}

/** What an operator is told of each setting. None of them is part of the protocol. */
const MEANINGS: Readonly<Record<keyof PortalConfig, Pick<Setting, "what" | "unit" | "secret">>> = {
  ORIGIN: {
    what: "where browsers find the portal; without it there is none. Passkeys are bound to it and need a name, not an address",
  },
  FILES: { what: "the portal's pages, served under /portal; without it those of the package" },
  IDLE_MINUTES: { what: "a session that is not used for so long ends", unit: "minutes" },
  SESSION_HOURS: { what: "a session ends after so long in any case", unit: "hours" },
  SECOND_FACTOR_FROM: { what: "the lowest role that must have a second factor" },
  ARGON2_MEMORY_KIB: {
    what: "of argon2id, for passwords and API keys; a hash keeps the cost with which it was made",
    unit: "KiB",
  },
  ARGON2_PASSES: { what: "of argon2id", unit: "passes" },
  ARGON2_PARALLELISM: { what: "of argon2id", unit: "lanes" },
  DAYS_BEFORE_ONSET: { what: "contagious so long before the first symptoms", unit: "days" },
  DAYS_BEFORE_TEST: { what: "or, without symptoms, before the test", unit: "days" },
  SMS_URL: { what: "where a text message is posted, without following redirects; without it there are none" },
  SMS_AUTHORIZATION: { what: "the Authorization header for it", secret: true },
  SMS_BODY: { what: "what is posted" },
  SMS_TIMEOUT_SECONDS: { what: "for the gateway's answer", unit: "seconds" },
  SMS_TEXT_EN: { what: "the message in English" },
  SMS_TEXT_MS: { what: "the message in Malay" },
}

/** The settings of a portal, from the schema that it is started with. */
export const portalSettings = (): readonly Setting[] =>
  Object.entries(schema.shape).map(([name, field]) => {
    const otherwise = field.safeParse(undefined).data
    return {
      name: PREFIX + name,
      ...MEANINGS[name as keyof PortalConfig],
      ...(otherwise !== undefined && { otherwise: String(otherwise) }),
      problemOf: text => field.safeParse(text).error?.issues[0]?.message,
    }
  })
