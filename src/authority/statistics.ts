import type { CodeStore } from "./store/store.ts"

/** A smaller number could be one family: it is not told. */
export const SMALLEST_TOLD = 5
const MAX_DAYS = 366

/**
 * Acts of a UTC day: the number, or that it is below five, which zero is too. No sums over days are given: from a sum and
 * the days that are told, the others would follow.
 */
export interface DayStatistics {
  /** Days since 1970, UTC. */
  readonly day: number
  /** By action: `issued` codes, singly and in bulk; `activated`; `signed`; `revoked`. */
  readonly counts: Readonly<Record<Figure, number | { readonly below: typeof SMALLEST_TOLD }>>
}

type Figure = "issued" | "activated" | "signed" | "revoked"
const FIGURES: Readonly<Record<Figure, readonly string[]>> = {
  issued: ["issue", "bulk-issue"],
  activated: ["activate"],
  signed: ["sign"],
  revoked: ["revoke"],
}

/** Every day from the first to the last. @throws RangeError for no day, or more than 366 */
export async function statistics(
  store: CodeStore,
  { firstDay, lastDay }: { readonly firstDay: number; readonly lastDay: number },
): Promise<DayStatistics[]> {
  const days = lastDay - firstDay + 1
  if (!(Number.isInteger(firstDay) && Number.isInteger(days) && firstDay >= 0 && days >= 1 && days <= MAX_DAYS))
    throw new RangeError(`lastDay: expected a day from firstDay to ${MAX_DAYS - 1} days after it, got ${lastDay}`)
  const all = await store.countByDay(firstDay, lastDay)
  const told = (day: number, actions: readonly string[]) => {
    const rows = all.filter(row => row.day === day && actions.includes(row.action))
    const sum = rows.reduce((total, { count }) => total + count, 0)
    return sum < SMALLEST_TOLD ? ({ below: SMALLEST_TOLD } as const) : sum
  }
  return Array.from({ length: days }, (_, i) => {
    const day = firstDay + i
    const counts = Object.entries(FIGURES).map(([figure, actions]) => [figure, told(day, actions)])
    return { day, counts: Object.fromEntries(counts) as DayStatistics["counts"] }
  })
}
