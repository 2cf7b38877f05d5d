/** Whether trying again can help: by itself, only after the user did something, or not at all. */
export type Retry = "later" | "after-user" | "never"

/** What a person can do about it; apps turn these into their own words. */
export type UserAction =
  | "open-bluetooth"
  | "open-location"
  | "grant-permission"
  | "exempt-battery"
  | "fix-clock"
  | "reinstall"
  | "wait"
  | "nothing"

interface Meaning {
  /** The status of the problem document when a server answers with it (RFC 9457). */
  readonly status: number
  readonly title: string
  readonly retry: Retry
  readonly userCan: UserAction
}

/** The one list of error codes. A code without a line here does not compile. */
export const ERRORS = {
  network: { status: 502, title: "The network did not answer.", retry: "later", userCan: "wait" },
  server: { status: 500, title: "The server failed.", retry: "later", userCan: "wait" },
  "rate-limited": { status: 429, title: "Too many requests.", retry: "later", userCan: "wait" },
  full: { status: 503, title: "Nothing more can be stored now.", retry: "later", userCan: "wait" },
  "clock-skew": { status: 400, title: "The clocks differ too much.", retry: "after-user", userCan: "fix-clock" },
  signature: { status: 400, title: "A signature does not verify.", retry: "later", userCan: "wait" },
  "log-inconsistent": { status: 400, title: "The log contradicts itself.", retry: "later", userCan: "wait" },
  stale: { status: 400, title: "The newest batch is too old.", retry: "later", userCan: "wait" },
  "not-witnessed": { status: 400, title: "Too few witnesses have signed.", retry: "later", userCan: "wait" },
  "not-in-log": { status: 400, title: "A file is not in the log.", retry: "later", userCan: "wait" },
  format: { status: 400, title: "The message is malformed.", retry: "later", userCan: "wait" },
  "wrong-length": {
    status: 400,
    title: "The body does not have the one length allowed.",
    retry: "never",
    userCan: "nothing",
  },
  "wrong-bucket": { status: 409, title: "The bucket is not open.", retry: "later", userCan: "wait" },
  "wrong-type": {
    status: 415,
    title: "The content type is not application/octet-stream.",
    retry: "never",
    userCan: "nothing",
  },
  "too-large": { status: 413, title: "The body is larger than anything allowed.", retry: "never", userCan: "nothing" },
  unauthorised: { status: 401, title: "The API key is missing or unknown.", retry: "never", userCan: "nothing" },
  "not-found": { status: 404, title: "There is nothing here.", retry: "never", userCan: "nothing" },
  "proof-invalid": { status: 400, title: "The code is not good.", retry: "after-user", userCan: "nothing" },
  "not-published": {
    status: 500,
    title: "The server did not publish what it promised.",
    retry: "after-user",
    userCan: "wait",
  },
  "no-keys": { status: 404, title: "There is nothing to report.", retry: "never", userCan: "nothing" },
  "storage-full": { status: 507, title: "The storage is full.", retry: "later", userCan: "wait" },
  "storage-corrupt": { status: 500, title: "The storage is damaged.", retry: "never", userCan: "reinstall" },
  "schema-newer": {
    status: 500,
    title: "The data were written by a newer version.",
    retry: "never",
    userCan: "reinstall",
  },
  "key-lost": { status: 500, title: "The key of the storage is lost.", retry: "never", userCan: "reinstall" },
  config: { status: 500, title: "The configuration is not valid.", retry: "never", userCan: "nothing" },
  state: { status: 409, title: "This cannot be done now.", retry: "never", userCan: "nothing" },
  aborted: { status: 499, title: "The caller gave up.", retry: "later", userCan: "nothing" },
} as const satisfies Record<string, Meaning>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorFacts {
  /** Unix milliseconds before which trying again is of no use. */
  readonly notBefore?: number
  /** The HTTP status that was received. */
  readonly status?: number
  /** Seconds after which the server asked to be tried again. */
  readonly retryAfter?: number
  /** How far this clock is ahead of the log's, in milliseconds. */
  readonly skewMs?: number
  /** Two signed statements of a log that contradict each other, for anybody to verify (misbehaviour.ts). */
  readonly proof?: Uint8Array
  /** Of code config: each thing that is wrong, by the name of its setting. */
  readonly problems?: readonly string[]
  readonly cause?: unknown
}

/** A fault that is not the caller's: hostile, stale or damaged input, or the world not answering. */
export class LindungError extends Error {
  override readonly name = "LindungError"
  readonly code: ErrorCode
  readonly retry: Retry
  readonly userCan: UserAction
  readonly notBefore?: number
  readonly status?: number
  readonly retryAfter?: number
  readonly skewMs?: number
  readonly proof?: Uint8Array
  readonly problems?: readonly string[]

  /** @param detail what was wrong and where; never a secret */
  constructor(code: ErrorCode, detail: string, facts: ErrorFacts = {}) {
    super(`${code}: ${detail}`, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.retry = ERRORS[code].retry
    this.userCan = ERRORS[code].userCan
    if (facts.notBefore !== undefined) this.notBefore = facts.notBefore
    if (facts.status !== undefined) this.status = facts.status
    if (facts.retryAfter !== undefined) this.retryAfter = facts.retryAfter
    if (facts.skewMs !== undefined) this.skewMs = facts.skewMs
    if (facts.proof !== undefined) this.proof = facts.proof
    if (facts.problems !== undefined) this.problems = facts.problems
  }
}

/** @param problems each thing that is wrong, by the name of its setting, and no value */
export function configError(problems: readonly string[]): LindungError {
  const each = [...new Set(problems)]
  return new LindungError("config", each.join("; "), { problems: each })
}
