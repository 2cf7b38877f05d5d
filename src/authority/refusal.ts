interface Meaning {
  /** Of the problem document (RFC 9457). */
  readonly status: number
  readonly title: string
}

/** What the people and programs of the authority are refused: the code tells a program, the title a person. */
export const REFUSALS = {
  format: { status: 400, title: "The request is malformed; `fields` says where." },
  day: { status: 400, title: "The day lies in the future or more than 14 days back." },
  "code-format": { status: 400, title: "This is not a code: a symbol is missing or wrong." },
  "weak-password": { status: 400, title: "The password is too easy to guess, or is the old one." },
  credentials: { status: 401, title: "The name, the password or the second factor is wrong." },
  "signed-out": { status: 401, title: "There is no session, or it has ended." },
  "foreign-origin": { status: 403, title: "The request does not come from the portal's own pages." },
  forbidden: { status: 403, title: "Your role does not permit this." },
  "password-change": { status: 403, title: "The one-time password must be changed first." },
  "second-factor": { status: 403, title: "A second factor must be set up first." },
  "not-found": { status: 404, title: "There is nothing here." },
  "unknown-code": { status: 404, title: "No live code fits: it is unknown, spent, expired or revoked." },
  training: { status: 409, title: "This is not part of training: leave training mode first." },
  conflict: { status: 409, title: "This contradicts what is there already." },
  mechanism: { status: 409, title: "This deployment gives permissions in another way." },
  "sms-off": { status: 409, title: "No SMS gateway is configured." },
  "too-large": { status: 413, title: "The body is larger than anything allowed." },
  "wrong-type": { status: 415, title: "The content type is not application/json." },
  throttled: { status: 429, title: "Too many failures; `retryAfterSeconds` says when to try again." },
  server: { status: 500, title: "The server failed." },
  "sms-failed": { status: 502, title: "The SMS gateway did not take the message." },
  busy: { status: 503, title: "Too much is going on; try again in a moment." },
  full: { status: 503, title: "Nothing can be stored now." },
} as const satisfies Record<string, Meaning>

export type RefusalCode = keyof typeof REFUSALS

interface RefusalFacts {
  /** Members of the request that are wrong; never their values. */
  readonly fields?: readonly { readonly path: string; readonly message: string }[]
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** An ordinary no to a member of the staff, or to whoever claims to be one. */
export class Refusal extends Error {
  override readonly name = "Refusal"
  readonly code: RefusalCode
  readonly fields: RefusalFacts["fields"]
  readonly retryAfterSeconds: number | undefined

  constructor(code: RefusalCode, { fields, retryAfterSeconds, cause }: RefusalFacts = {}) {
    super(code, cause === undefined ? undefined : { cause })
    this.code = code
    this.fields = fields
    this.retryAfterSeconds = retryAfterSeconds
  }
}
