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
