import { isoDay, type Scan, type Window } from "./window.ts"

/** Something that was heard of one contact, and matched. */
export interface Observation {
  /** Unix seconds. */
  readonly at: number
  /** dB. */
  readonly attenuation: number
  /** Scans of the radio; packets with the same number are one scan. */
  readonly scanId: number
}

/** What is known of the contact. */
export interface ContactFacts {
  readonly infectiousness: 0 | 1 | 2
  readonly reportType: number
  readonly calibration: number
}

export interface Cutting {
  /** A window is over this long after its first scan. */
  readonly windowSeconds: number
  /** What a scan stands for at most: the longest pause between scans at which two people are taken to stay together. */
  readonly maxScanSeconds: number
  /** What the first scan stands for, and one after a longer pause. */
  readonly aloneSeconds: number
}

/** Half-hour windows, five minutes at most between scans, as GAEN has them. */
export const CUTTING: Cutting = { windowSeconds: 1800, maxScanSeconds: 300, aloneSeconds: 120 }

/**
 * Exposure windows of one contact. Unlike GAEN's, the seconds are exact and a pause longer than `maxScanSeconds` does
 * not count as `maxScanSeconds` spent together: the scan after it stands for `aloneSeconds`, like a first one.
 * @param observations of one contact, in any order
 */
export function exposureWindows(
  observations: readonly Observation[],
  facts: ContactFacts,
  { windowSeconds, maxScanSeconds, aloneSeconds }: Cutting = CUTTING,
): Window[] {
  const scans = new Map<number, Observation[]>()
  for (const observation of [...observations].sort((a, b) => a.at - b.at)) {
    const scan = scans.get(observation.scanId)
    if (scan === undefined) scans.set(observation.scanId, [observation])
    else scan.push(observation)
  }
  const windows: { from: number; scans: Scan[] }[] = []
  let previous = Number.NEGATIVE_INFINITY
  for (const [scanId, seen] of scans) {
    const { at } = seen[0]!
    const seconds = at - previous <= maxScanSeconds ? at - previous : aloneSeconds
    previous = at
    let window = windows.at(-1)
    if (window === undefined || at - window.from >= windowSeconds) {
      window = { from: at, scans: [] }
      windows.push(window)
    }
    const values = seen.map(({ attenuation }) => attenuation)
    const typical = values.reduce((total, value) => total + value, 0) / values.length
    window.scans.push({ min: Math.min(...values), typical, seconds, start: at - seconds, scanId })
  }
  return windows.map(({ from, scans: ofWindow }) => ({
    day: isoDay(Math.floor(from / 86_400)),
    ...facts,
    scans: ofWindow,
  }))
}
