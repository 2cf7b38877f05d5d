import { dayNumber, type IsoDay, type Level, type Part, type Scan, type Window } from "./window.ts"

/** Attenuation is the difference of two signed bytes of a radio; beyond this it was not measured. */
const ATTENUATION_DB = [0, 127] as const
/** The longest time one secret is heard in any design: W of the hybrid one (WP 2.3), two hours. */
export const WINDOW_SECONDS = 7200

export type Attenuation = "typical" | "min"

/** A scan as the rules see it: checked, with its place. */
export interface Entry {
  readonly window: number
  readonly scan: Scan
  readonly seconds: number
  readonly attenuation: number
  readonly dropped: string | undefined
}

/** The scans of one window on one day. */
export interface WindowOfDay {
  readonly index: number
  readonly window: Window
  /** Why none of its scans count: not a day, or too old. */
  readonly dropped: string | undefined
  readonly entries: readonly Entry[]
}

export interface Day {
  readonly day: IsoDay
  readonly windows: WindowOfDay[]
}

/** Why a scan cannot have been measured; undefined if it can. */
function implausible(seconds: unknown, attenuation: unknown): string | undefined {
  if (typeof attenuation !== "number" || Number.isNaN(attenuation)) return "attenuation is not a number"
  if (attenuation < ATTENUATION_DB[0] || attenuation > ATTENUATION_DB[1]) return "attenuation outside 0 to 127 dB"
  if (typeof seconds !== "number" || Number.isNaN(seconds)) return "seconds is not a number"
  if (seconds < 0) return "negative seconds"
  if (seconds > WINDOW_SECONDS) return `longer than a window (${WINDOW_SECONDS} s)`
  return undefined
}

/** Why a day does not count; undefined if it does. */
function wrongDay(age: number, considerDays: number): string | undefined {
  if (Number.isNaN(age)) return "not a day of the calendar"
  return age > considerDays ? `older than ${considerDays} days` : undefined
}

/**
 * The windows by UTC day, ascending, every scan checked.
 * @param considerDays days before today that count; older ones are dropped, with the reason
 */
export function byDay(
  windows: readonly Window[],
  today: IsoDay,
  attenuation: Attenuation,
  considerDays: number,
): readonly Day[] {
  const now = dayNumber(today)
  const days = new Map<string, { day: Day; wrong: string | undefined }>()
  windows.forEach((window, index) => {
    if (typeof window !== "object" || window === null || typeof window.day !== "string") return
    let known = days.get(window.day)
    if (known === undefined) {
      known = { day: { day: window.day, windows: [] }, wrong: wrongDay(now - dayNumber(window.day), considerDays) }
      days.set(window.day, known)
    }
    const { day, wrong } = known
    const scans: readonly (Scan | null | undefined)[] = Array.isArray(window.scans) ? window.scans : []
    const entries = scans.map((scan): Entry => {
      const value = scan?.[attenuation]
      const seconds = scan?.seconds
      return {
        window: index,
        scan: scan ?? { min: 0, typical: 0, seconds: 0 },
        seconds: typeof seconds === "number" && Number.isFinite(seconds) ? seconds : 0,
        attenuation: typeof value === "number" && Number.isFinite(value) ? value : 0,
        dropped: wrong ?? implausible(seconds, value),
      }
    })
    day.windows.push({ index, window, dropped: wrong, entries })
  })
  return [...days.values()].map(({ day }) => day).sort((a, b) => (a.day < b.day ? -1 : 1))
}

export const droppedPart = (entry: Entry, dropped: string): Part => ({
  window: entry.window,
  seconds: entry.seconds,
  attenuation: entry.attenuation,
  weight: 0,
  contributes: 0,
  dropped,
})

/**
 * The sum in ascending order, so that the order in which the windows were given cannot change its last bit.
 * The list is put in order.
 */
export function sum(values: number[]): number {
  if (values.length < 16) {
    for (let i = 1; i < values.length; i++) {
      const value = values[i]!
      let at = i
      for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!
      values[at] = value
    }
  }
  let total = 0
  for (const value of values.length < 16 ? values : Float64Array.from(values).sort()) total += value
  return total
}

/** When a day's score warns. */
export interface Warning {
  /** From this score on the day is "high". */
  readonly high: number
  /** From this score on it is "low"; without it there is no "low". */
  readonly low?: number
  /** Only above the value, not at it. */
  readonly strict?: boolean
}

export function levelOf(score: number, { high, low, strict }: Warning): Level {
  const reaches = (threshold: number): boolean => (strict ? score > threshold : score >= threshold)
  if (reaches(high)) return "high"
  return low !== undefined && reaches(low) ? "low" : "none"
}
