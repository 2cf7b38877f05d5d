import { z } from "zod"
import { LindungError } from "../protocol/index.ts"
import { ROLES } from "./accounts/roles.ts"

const count = (low: number, high: number, otherwise: number) =>
  z.coerce.number().int(`expected an integer from ${low} to ${high}`).min(low).max(high).default(otherwise)

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]

/** Cookies of a page without TLS can be read on the way: such a page is for the same machine alone. */
export function isPortalOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.origin !== text) return false
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.includes(url.hostname))
}

const WITH_CODE = "expected a text with {code}"
const smsText = (otherwise: string) =>
  z
    .string()
    .max(480)
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
  FILES: z.string().min(1).optional(),
  IDLE_MINUTES: count(1, 720, 30),
  SESSION_HOURS: count(1, 24, 10),
  SECOND_FACTOR_FROM: z.enum([...ROLES, "none"]).default("administrator"),
  ARGON2_MEMORY_KIB: count(8, 4_194_304, 19_456),
  ARGON2_PASSES: count(1, 100, 2),
  ARGON2_PARALLELISM: count(1, 64, 1),
  DAYS_BEFORE_ONSET: count(0, 14, 2),
  DAYS_BEFORE_TEST: count(0, 14, 2),
  SMS_URL: z.url({ protocol: /^https?$/ }).optional(),
  SMS_AUTHORIZATION: z.string().max(4096).optional(),
  SMS_BODY: z
    .string()
    .refine(isJsonTemplate, "expected JSON with {number} and {text}")
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
  throw new LindungError("config", lines.join("; "))
}
