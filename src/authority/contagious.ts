import { requireU32, time } from "../crypto/index.ts"

const MILLIS_PER_DAY = 86_400_000

/** Days before the first symptoms, and before the test of somebody without any, from which a person may infect others. */
export interface ContagiousRule {
  readonly daysBeforeOnset: number
  readonly daysBeforeTest: number
}

/** What the patient says, with days of the deployment's calendar as YYYY-MM-DD. */
export type ContagiousAnswer =
  | { readonly by: "date"; readonly date: string }
  | { readonly by: "onset"; readonly onset: string }
  | { readonly by: "test"; readonly tested: string }

export interface ContagiousDay {
  /** Days since 1970, UTC. */
  readonly contagiousFromDay: number
  /** The rule gives an earlier day, which nobody matches any more. */
  readonly limited: boolean
}

/** The first contagious day may lie so far back; nothing older is matched by anybody. */
export const MAX_DAYS_BACK = 14

/**
 * The first contagious day from an answer. A day that somebody named must itself be at most 14 days back: what is older is
 * more likely a slip than an infection that still matters. What the rule takes off may go further, and is cut there.
 * @param dayOf the UTC day of a date; throws RangeError for one that is still to come
 * @throws RangeError for a day in the future or more than 14 days back
 */
export function contagiousDay(
  answer: ContagiousAnswer,
  today: number,
  dayOf: (date: string) => number,
  { daysBeforeOnset, daysBeforeTest }: ContagiousRule,
): ContagiousDay {
  const [named, before] =
    answer.by === "date"
      ? [dayOf(answer.date), 0]
      : answer.by === "onset"
        ? [dayOf(answer.onset), daysBeforeOnset]
        : [dayOf(answer.tested), daysBeforeTest]
  const earliest = today - MAX_DAYS_BACK
  if (named < earliest) throw new RangeError(`expected a day at most ${MAX_DAYS_BACK} days back`)
  const contagiousFromDay = Math.max(earliest, named - before)
  return { contagiousFromDay, limited: named - before < earliest }
}

/** @throws RangeError for a day in the future or more than 14 days back */
export function requireContagiousDay(day: number, now: number): void {
  requireU32("contagiousFromDay", day)
  const today = time.day(now)
  if (day > today) throw new RangeError(`contagiousFromDay: expected at most today (${today}), got ${day}`)
  if (day < today - MAX_DAYS_BACK)
    throw new RangeError(
      `contagiousFromDay: expected at most ${MAX_DAYS_BACK} days before today (${today}), got ${day}`,
    )
}

/** The calendar day of a moment where the deployment is, as days since 1970. */
function localDay(now: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "numeric", day: "numeric" })
    .formatToParts(now * 1000)
    .map(({ type, value }) => [type, Number(value)])
  const { year, month, day } = Object.fromEntries(parts) as Record<"year" | "month" | "day", number>
  return Date.UTC(year, month - 1, day) / MILLIS_PER_DAY
}

/**
 * The first contagious day for a date that somebody read from a calendar: the UTC day of that date, since the protocol
 * counts in UTC days, and every phone withholds slots by them. East of Greenwich a new date begins while the UTC day is
 * still the one before: today's date is then that UTC day.
 * @param date as YYYY-MM-DD
 * @param timeZone of the deployment, as the IANA names it
 * @throws RangeError for another form, and for a date that is still to come there
 */
export function contagiousDayOf(date: string, now: number, timeZone: string): number {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(date) / MILLIS_PER_DAY : Number.NaN
  if (Number.isNaN(day)) throw new RangeError("contagiousFrom: expected a date as YYYY-MM-DD")
  const today = localDay(now, timeZone)
  if (day > today) throw new RangeError("contagiousFrom: expected a date up to today")
  return Math.min(day, time.day(now))
}
