import { z } from "zod"
import { ACTIONS, ROLES } from "../../accounts/roles.ts"
import { USER_NAME } from "../../accounts/store.ts"
import { REFUSALS, type RefusalCode } from "../../refusal.ts"

/*
 * Every body that the portal's routes take and give. Server, OpenAPI document and browser read them from here; pages
 * import the types alone. Text that people wrote (names of users, labels of passkeys) is text: put it into a page with
 * textContent.
 */

/** The schemas that the OpenAPI document names. */
export const components = z.registry<{ id: string }>()

function named<S extends z.ZodType>(id: string, schema: S, description?: string): S {
  const described = description === undefined ? schema : schema.describe(description)
  components.add(described, { id })
  return described
}

const MAX_BULK_LINES = 1_000

const day = named("Day", z.iso.date(), "A UTC day, YYYY-MM-DD.")
const minute = named("Minute", z.iso.datetime({ precision: -1 }), "A UTC minute, 2027-01-15T08:02Z.")
const count = z.int().min(0)
export const userName = named(
  "UserName",
  z.string().regex(USER_NAME),
  "Lower-case letters, digits, dot, hyphen and underscore; 2 to 31 of them, not beginning with `key-`.",
)
const role = named("Role", z.enum(ROLES))
const password = z.string().min(1).max(256)
const oneTimePassword = z.string().meta({ description: "Shown this once; good until it is changed, at most 7 days." })
const sixDigits = z.string().regex(/^[0-9]{6}$/)
const label = z.string().trim().min(1).max(64)
const idempotencyKey = named(
  "IdempotencyKey",
  z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  "Drawn at random by the page, once for each thing to be done (a UUID will do). The same key again, from the same " +
    "user and with the same body, does nothing and gives the same answer, codes included; with another body it is a " +
    "`conflict`.",
)
const typedCode = z
  .string()
  .max(64)
  .meta({ description: "As it was typed: case, spaces and hyphens do not matter; O is 0, I and L are 1." })

export const testType = named(
  "TestType",
  z.enum(["pcr", "rapid", "clinical"]),
  "Which answers fit: a clinical diagnosis has no day of a test. It is kept nowhere.",
)

export const contagious = named(
  "FirstContagiousDay",
  z.discriminatedUnion("by", [
    z.strictObject({ by: z.literal("date"), date: day }),
    z.strictObject({ by: z.literal("onset"), onset: day }),
    z.strictObject({ by: z.literal("test"), tested: day }),
  ]),
  "By one date; or from what the patient says: the day of the first symptoms, or without symptoms the day of the test.",
)
export const contagiousDay = named(
  "ComputedDay",
  z.strictObject({
    contagiousFrom: day,
    daysBack: count,
    limited: z.boolean().meta({ description: "The rule gives an earlier day; nothing older than 14 days counts." }),
  }),
)

const user = named(
  "User",
  z.strictObject({
    name: userName,
    role,
    disabled: z.boolean(),
    hasOneTimePassword: z.boolean(),
    totp: z.boolean(),
    passkeys: count,
    recoveryCodes: count,
    createdOn: day,
    lastSignInOn: day.nullable(),
  }),
)

/** What the page needs to know of the deployment and of who sits before it. */
export const session = named(
  "Session",
  z.discriminatedUnion("is", [
    z.strictObject({ is: z.literal("signed-out") }),
    z.strictObject({
      is: z.literal("half"),
      factors: z.array(z.enum(["totp", "passkey", "recovery"])).meta({ description: "One of these comes next." }),
      secondsLeft: count,
    }),
    z.strictObject({
      is: z.literal("signed-in"),
      name: userName,
      role,
      may: z.array(z.enum(ACTIONS)),
      mustChangePassword: z.boolean().meta({ description: "All else answers `password-change` until it is done." }),
      mustEnrol: z.boolean().meta({ description: "All else answers `second-factor` until one is set up." }),
      training: z.boolean(),
      idleSecondsLeft: count,
      secondsLeft: count,
      today: day,
      earliestDay: day.meta({ description: "The earliest first contagious day that is accepted." }),
      mechanism: z.enum(["simple", "activated", "data-bound"]),
      sms: z.boolean(),
    }),
  ]),
)

export const signIn = named("SignIn", z.strictObject({ name: z.string().max(256), password }))
export const totpCode = named("TotpCode", z.strictObject({ code: sixDigits }))
export const recoveryCode = named("RecoveryCode", z.strictObject({ code: z.string().max(64) }))
export const changePassword = named("ChangePassword", z.strictObject({ current: password, next: password }))

/** JSON of WebAuthn: opaque to us, made and read by the WebAuthn libraries of both sides. */
const webauthn = () => z.looseObject({}).meta({ description: "WebAuthn Level 3 JSON." })
export const passkeyOptions = named("PasskeyOptions", webauthn(), "PublicKeyCredential{Creation,Request}OptionsJSON.")
export const passkeyAnswer = named("PasskeyAnswer", z.strictObject({ response: webauthn() }))

export const secondFactors = named(
  "SecondFactors",
  z.strictObject({
    totp: z.boolean(),
    passkeys: z.array(z.strictObject({ id: z.string().max(1366), label, addedOn: day })),
    recoveryCodes: count.meta({ description: "How many are left." }),
  }),
)
export const confirmed = named(
  "Confirmed",
  z.strictObject({ password }),
  "Changing a second factor asks for the password again.",
)
export const totpEnrolment = named(
  "TotpEnrolment",
  z.strictObject({ secret: z.string(), uri: z.string() }),
  "Base 32 to type, and an otpauth:// address to show as a QR code. It counts once a code of it was confirmed.",
)
export const passkeyEnrolment = named("PasskeyEnrolment", z.strictObject({ label, response: webauthn() }))
export const enrolled = named(
  "Enrolled",
  z.strictObject({
    recoveryCodes: z.array(z.string()).nullable().meta({ description: "With the first factor; shown this once." }),
  }),
)
export const recoveryCodes = named("RecoveryCodes", z.strictObject({ recoveryCodes: z.array(z.string()) }))
export const removeFactor = named(
  "RemoveFactor",
  z.strictObject({ password, remove: z.union([z.literal("totp"), z.strictObject({ passkey: z.string().max(1366) })]) }),
)
export const training = named("Training", z.strictObject({ on: z.boolean() }))

export const issueOrder = named("IssueOrder", z.strictObject({ key: idempotencyKey, test: testType, contagious }))
export const prepareOrder = named("PrepareOrder", z.strictObject({ key: idempotencyKey, test: testType }))
export const issuedCode = named(
  "IssuedCode",
  z.strictObject({
    code: z.string().meta({ description: "14 symbols. Shown once; no other answer holds it." }),
    grouped: z.string(),
    contagiousFrom: day.nullable().meta({ description: "null while the code is not activated" }),
    expiresAt: z.int().meta({ description: "Unix seconds, a full hour." }),
    secondsLeft: count.meta({ description: "By the server's clock: for a countdown." }),
  }),
)
export const activation = named("Activation", z.strictObject({ code: typedCode, test: testType, contagious }))
export const activated = named(
  "Activated",
  z.strictObject({ contagiousFrom: day, expiresAt: z.int(), secondsLeft: count }),
)
export const commitmentOrder = named(
  "CommitmentOrder",
  z.strictObject({
    scanned: z.string().min(1).max(512).meta({ description: "The text of the QR code on the phone." }),
    test: testType,
    contagious,
  }),
)
export const revocation = named(
  "Revocation",
  z.strictObject({
    given: z
      .string()
      .min(1)
      .max(512)
      .meta({ description: "A code as it was typed, or the text of a phone's QR code." }),
  }),
)

export const bulkLine = named(
  "BulkLine",
  z.strictObject({ test: testType, contagious: contagious.optional() }),
  "Mechanism activated: without a day, which comes with the activation.",
)
const bulkLines = <S extends z.ZodType>(line: S) => z.array(line).min(1).max(MAX_BULK_LINES)
export const bulkOrder = named("BulkOrder", z.strictObject({ key: idempotencyKey, lines: bulkLines(bulkLine) }))
/** A bulk order as it is taken in: a line that is not a BulkLine is refused alone. */
export const bulkEnvelope = z.strictObject({ key: idempotencyKey, lines: bulkLines(z.unknown()) })
const problemCode = named("ProblemCode", z.enum(Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]]))
const fields = z.array(z.strictObject({ path: z.string(), message: z.string() }))
export const bulkResult = named(
  "BulkResult",
  z.strictObject({
    lines: z
      .array(
        z.discriminatedUnion("ok", [
          z.strictObject({ ok: z.literal(true), issued: issuedCode }),
          z.strictObject({ ok: z.literal(false), code: problemCode, title: z.string(), fields: fields.optional() }),
        ]),
      )
      .meta({ description: "One for each line, in order." }),
  }),
)

const language = z.enum(["en", "ms"])
const phoneNumber = z
  .string()
  .regex(/^\+[1-9][0-9]{6,14}$/)
  .meta({ description: "E.164. Passed on to the gateway and kept nowhere." })
const unixSeconds = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)
export const smsPreviewOrder = named("SmsPreviewOrder", z.strictObject({ language, expiresAt: unixSeconds }))
export const smsPreview = named(
  "SmsPreview",
  z.strictObject({
    text: z.string().meta({ description: "With dots in place of the code." }),
    characters: count,
    parts: count,
  }),
)
export const smsOrder = named(
  "SmsOrder",
  z.strictObject({ number: phoneNumber, code: typedCode, language, expiresAt: unixSeconds }),
)

const few = count.nullable().meta({ description: "null: fewer than `suppressedBelow`, perhaps none" })
export const statistics = named(
  "Statistics",
  z.strictObject({
    suppressedBelow: count,
    days: z.array(z.strictObject({ day, issued: few, activated: few, signed: few, revoked: few })),
  }),
)
export const statisticsQuery = z.strictObject({ days: z.coerce.number().int().min(1).max(90).default(30) })

export const auditPage = named(
  "AuditPage",
  z.strictObject({
    rows: z.array(
      z.strictObject({ number: count, at: minute, who: z.string(), what: z.string(), count, hash: z.string() }),
    ),
    head: z
      .strictObject({ number: count, hash: z.string() })
      .meta({ description: "Where the chain of hashes ends. Keep it elsewhere: it shows that nothing was cut off." }),
    before: count.nullable().meta({ description: "Ask for rows before this number to go on; null after the first." }),
  }),
)
export const auditQuery = z.strictObject({
  before: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

export const users = named("Users", z.strictObject({ users: z.array(user) }))
export const newUser = named("NewUser", z.strictObject({ name: userName, role }))
export const newUserAnswer = named("NewUserAnswer", z.strictObject({ name: userName, oneTimePassword }))
export const ofUser = named("OfUser", z.strictObject({ name: userName }))
export const userRole = named("UserRole", z.strictObject({ name: userName, role }))

const apiKeyId = z.string().regex(/^[0-9a-f]{16}$/)
export const apiKeys = named(
  "ApiKeys",
  z.strictObject({ keys: z.array(z.strictObject({ id: apiKeyId, label, createdOn: day })) }),
)
export const newApiKey = named("NewApiKey", z.strictObject({ label }))
export const newApiKeyAnswer = named(
  "NewApiKeyAnswer",
  z.strictObject({ id: apiKeyId, key: z.string().meta({ description: "Shown this once." }) }),
)
export const ofApiKey = named("OfApiKey", z.strictObject({ id: apiKeyId }))

export const problem = named(
  "Problem",
  z.strictObject({
    type: z.literal("about:blank"),
    status: z.int(),
    title: z.string(),
    code: problemCode,
    fields: fields.optional(),
    retryAfterSeconds: count.optional(),
  }),
  "RFC 9457, application/problem+json.",
)
