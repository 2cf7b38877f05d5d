import { type Random, uniform } from "../crypto/index.ts"

/** Cover actions of one phone: a Poisson process. */
export interface CoverPlan {
  readonly meanDays: number
  /** An action missed by less than this is made up for. */
  readonly catchUpHours: number
}

/** The numbers of protocol §10. */
export const COVER_PLAN: CoverPlan = { meanDays: 5, catchUpHours: 48 }

const HOUR_SECONDS = 3600
const DAY_SECONDS = 86_400
/** A phone that wakes this little after the time has not missed it. */
const ON_TIME_SECONDS = 60

/**
 * The time between two actions in seconds: −mean · ln(1 − u), u uniform in [0, 1) with 48 bits; at least a second.
 * @throws RangeError unless meanDays is positive and finite
 */
export function coverInterval(random: Random, meanDays: number): number {
  if (!(meanDays > 0 && Number.isFinite(meanDays)))
    throw new RangeError(`meanDays: expected a positive number of days, got ${meanDays}`)
  const u = (uniform(random, 2 ** 24) * 2 ** 24 + uniform(random, 2 ** 24)) / 2 ** 48
  return Math.max(1, -meanDays * DAY_SECONDS * Math.log(1 - u))
}

export interface OverdueCover {
  /** Scheduled times that were missed by less than the limit, ascending, unix seconds. */
  readonly overdue: readonly number[]
  /** Scheduled times that were missed by more. */
  readonly skipped: readonly number[]
  /** The first scheduled time that is not before now. */
  readonly next: number
}

/**
 * What a schedule has come to. Each next time is drawn from the last *scheduled* one, never from the time at which the
 * phone woke: when it is awake says something about its owner.
 * @param scheduled unix seconds of the next action, as last drawn
 * @param interval seconds to the one after it
 */
export function overdueCover(
  scheduled: number,
  now: number,
  interval: () => number,
  catchUpHours: number,
): OverdueCover {
  const overdue: number[] = []
  const skipped: number[] = []
  let next = scheduled
  while (next < now) {
    if (next >= now - catchUpHours * HOUR_SECONDS) overdue.push(next)
    else skipped.push(next)
    const step = interval()
    if (!(step > 0)) throw new RangeError(`interval: expected a positive number of seconds, got ${step}`)
    next += step
  }
  return { overdue, skipped, next }
}

export interface CoverStep {
  /** One action at most, however many are overdue; `delaySeconds` more of being awake before it. */
  readonly run: { readonly delaySeconds: number } | undefined
  /** Scheduled times that are given up. */
  readonly skipped: number
  /** When the action is done: the next scheduled time. */
  readonly next: number
}

/** What a phone that is awake does about its cover actions (protocol §11). */
export function coverStep(scheduled: number, now: number, random: Random, plan: CoverPlan = COVER_PLAN): CoverStep {
  const interval = (): number => coverInterval(random, plan.meanDays)
  const { overdue, skipped, next } = overdueCover(scheduled, now, interval, plan.catchUpHours)
  const latest = overdue.at(-1)
  if (latest === undefined) return { run: undefined, skipped: skipped.length, next }
  const delaySeconds = now - latest < ON_TIME_SECONDS ? 0 : uniform(random, HOUR_SECONDS)
  return { run: { delaySeconds }, skipped: skipped.length + overdue.length - 1, next }
}
