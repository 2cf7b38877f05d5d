/** A UTC day, "2020-05-08". */
export type IsoDay = `${number}-${number}-${number}`

/** One look at one contact: how long, and how weak the signal was. */
export interface Scan {
  /** Smallest attenuation of the scan, dB: transmit power minus received strength. */
  readonly min: number
  /** Mean attenuation of the scan, dB. */
  readonly typical: number
  /** How long the scan stands for: the seconds since the scan before it. */
  readonly seconds: number
  /** Unix second at which these seconds began. With it a day can be capped at the wall clock. */
  readonly start?: number
  /**
   * In place of `start`: scans of different windows with the same number were one scan of the radio, so their seconds
   * are the same seconds. It says what was heard together, and neither when nor in which order.
   */
  readonly scanId?: number
}

/** What was measured of one infected contact while one of its identifiers, or one of its seeds, was heard. */
export interface Window {
  readonly day: IsoDay
  readonly scans: readonly Scan[]
  /** 0 none, 1 standard, 2 high: from the days since onset, see {@link infectiousness}. */
  readonly infectiousness: 0 | 1 | 2
  /** 0 unknown, 1 confirmed test, 2 clinical diagnosis, 3 self-report, 4 recursive, 5 revoked. */
  readonly reportType: number
  /** How far the transmit power can be trusted, 0 (lowest) to 3 (high). */
  readonly calibration: number
}

/** What one scan did to the score of its day. */
export interface Part {
  /** Place of its window in the list that was evaluated. */
  readonly window: number
  /** As given. */
  readonly seconds: number
  /** The attenuation that the rule looked at, dB. */
  readonly attenuation: number
  readonly weight: number
  /** In the unit of the day's score, before the day is rounded. */
  readonly contributes: number
  /** The seconds that counted, where the wall clock left fewer than were given. */
  readonly counted?: number
  /** Why it does not count. */
  readonly dropped?: string
}

export type Level = "none" | "low" | "high"

export interface DayResult {
  readonly day: IsoDay
  readonly level: Level
  readonly score: number
  readonly unit: "minutes" | "weighted-seconds" | "windows" | "points"
  readonly parts: readonly Part[]
}

/** Pure: neither clock nor state. It never throws on data, and no score is NaN. */
export interface RiskRule {
  readonly id: string
  evaluate(windows: readonly Window[], today: IsoDay): readonly DayResult[]
}

const ISO_DAY = /^(\d{4})-(\d{2})-(\d{2})$/

/** Days since 1970-01-01; NaN for anything that is not a day of the calendar. */
export function dayNumber(day: string): number {
  const match = typeof day === "string" ? ISO_DAY.exec(day) : null
  if (match === null) return Number.NaN
  const [year, month, date] = match.slice(1).map(Number) as [number, number, number]
  const at = Date.UTC(year, month - 1, date)
  return new Date(at).toISOString().slice(0, 10) === day && year >= 100 ? at / 86_400_000 : Number.NaN
}

/** @throws RangeError for anything but a whole number of days since 1970, in the years 100 to 9999. */
export function isoDay(dayNumber: number): IsoDay {
  if (!Number.isInteger(dayNumber) || dayNumber < -683_003 || dayNumber > 2_932_896)
    throw new RangeError(`day: expected a whole number of days since 1970, years 100 to 9999, got ${dayNumber}`)
  return new Date(dayNumber * 86_400_000).toISOString().slice(0, 10) as IsoDay
}
