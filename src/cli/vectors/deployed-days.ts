import { dayNumber, type IsoDay } from "../../client/index.ts"

/*
 * The store of days of the DP-3T apps. This client counts a day's age from the contact and not from the report, and a day
 * that was dismissed stays in its status, as dismissed. Kept so that the published cases can be run.
 */

/** Contacts are kept for 14 days, and a report covers 13 days back. */
const FINDABLE_DAYS = 28

/** The days a person was warned of. A day that was dismissed does not come back. */
export interface ExposureDays {
  /** Ascending. */
  readonly days: readonly { readonly day: IsoDay; readonly reported: IsoDay }[]
  readonly dismissed: readonly IsoDay[]
}

export const NO_EXPOSURE_DAYS: ExposureDays = { days: [], dismissed: [] }

/** Adds a day that was found on the day `reported`; nothing changes for a day that is known or dismissed. */
export function addExposureDay(state: ExposureDays, day: IsoDay, reported: IsoDay): ExposureDays {
  if (state.dismissed.includes(day) || state.days.some(known => known.day === day)) return state
  const days = [...state.days, { day, reported }].sort((a, b) => (a.day < b.day ? -1 : 1))
  return { ...state, days }
}

/** All days are taken note of; they are not shown again. */
export function dismissExposureDays(state: ExposureDays): ExposureDays {
  return { days: [], dismissed: [...state.dismissed, ...state.days.map(({ day }) => day)] }
}

/**
 * Without the days whose report is older than `keepDays`, counted from the report and not from the exposure, and
 * without dismissed days that are so old that they cannot be found again.
 */
export function keepExposureDays(state: ExposureDays, today: IsoDay, keepDays: number): ExposureDays {
  const now = dayNumber(today)
  return {
    days: state.days.filter(({ reported }) => now - dayNumber(reported) <= keepDays),
    dismissed: state.dismissed.filter(day => now - dayNumber(day) <= FINDABLE_DAYS),
  }
}
