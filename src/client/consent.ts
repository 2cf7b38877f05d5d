import type { EpochMs } from "./ports.ts"

/** What the person agreed to before anything is made ready for sending. Nothing of it is kept. */
export interface Consent {
  /** To whom the person agreed to report. */
  readonly to: string
  /** When. */
  readonly at: EpochMs
}

/** A clock may have been set back a little between the question and the call. */
const TOLERANCE_SECONDS = 300

/**
 * An app that has not asked gets no report.
 * @param now unix seconds
 * @throws TypeError without somebody to whom, RangeError for a consent that is not given yet
 */
export function requireConsent(consent: Consent | undefined, now: number): void {
  if (typeof consent?.to !== "string" || consent.to.trim() === "")
    throw new TypeError("consent: expected { to, at }, to whom the person agreed to report, and when")
  if (!(consent.at / 1000 <= now + TOLERANCE_SECONDS))
    throw new RangeError("consent.at: expected a moment that has passed, in ms since 1970")
}
