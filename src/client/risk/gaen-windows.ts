import { infectiousness, type OnsetMap } from "./onset.ts"
import { isoDay, type Scan, type Window } from "./window.ts"

/** A packet of a published key that was heard, its metadata decrypted. */
export interface Sighting {
  /** Unix seconds. */
  readonly at: number
  readonly rssi: number
  readonly txPower: number
  /** 0 to 3. */
  readonly calibration: number
  /** Unix second of the scan before; undefined when it is not known. */
  readonly previousScan?: number | undefined
}

export interface KeyFacts {
  /** 0 unknown … 5 revoked. */
  readonly reportType: number
  readonly daysSinceOnset?: number | undefined
}

export interface Mapping {
  readonly onset: OnsetMap
  /** For keys whose report type is unknown. */
  readonly reportTypeWhenMissing: number
}

/** A window closes half an hour after its first sighting. */
const WINDOW_SECONDS = 1800
/** One and a half times the longest scan, 4 + 13 seconds: packets this close belong to one scan. */
export const SAME_SCAN_SECONDS = 25.5
const MAX_MINUTES = 5
const DEFAULT_SECONDS = 120

/** A window that still knows when it began. */
export interface GaenWindow extends Window {
  /** Unix second of its first sighting. */
  readonly from: number
}

/** Attenuation of a packet; never negative. */
export const attenuationOf = ({ txPower, rssi }: Sighting): number => Math.max(txPower - rssi, 0)

/** 60 · min(5, ⌊t / 60⌋ − ⌊t_previous / 60⌋), and 120 where the scan before is not known. */
const secondsSinceLastScan = ({ at, previousScan }: Sighting): number =>
  previousScan === undefined
    ? DEFAULT_SECONDS
    : 60 * Math.min(MAX_MINUTES, Math.floor(at / 60) - Math.floor(previousScan / 60))

const reportTypeOf = (type: number, whenMissing: number): number => (type >= 1 && type <= 5 ? type : whenMissing)

/**
 * Exposure windows of one key, as Google's published code cuts them. A scan's seconds are taken to end when it began.
 * @param sightings of this key, in the order of time
 */
export function gaenWindows(sightings: readonly Sighting[], key: KeyFacts, mapping: Mapping): GaenWindow[] {
  const windows: { first: Sighting; scans: { sighting: Sighting; attenuations: number[] }[] }[] = []
  let previous = Number.NEGATIVE_INFINITY
  for (const sighting of sightings) {
    let window = windows.at(-1)
    if (window === undefined || sighting.at - window.first.at >= WINDOW_SECONDS) {
      window = { first: sighting, scans: [] }
      windows.push(window)
    }
    const scan = window.scans.at(-1)
    if (scan !== undefined && sighting.at - previous <= SAME_SCAN_SECONDS)
      scan.attenuations.push(attenuationOf(sighting))
    else window.scans.push({ sighting, attenuations: [attenuationOf(sighting)] })
    previous = sighting.at
  }
  return windows.map(({ first, scans }) => ({
    from: first.at,
    day: isoDay(Math.floor(first.at / 86_400)),
    infectiousness: infectiousness(key.daysSinceOnset, mapping.onset),
    reportType: reportTypeOf(key.reportType, mapping.reportTypeWhenMissing),
    calibration: first.calibration,
    scans: scans.map(({ sighting, attenuations }): Scan => {
      const seconds = secondsSinceLastScan(sighting)
      return {
        min: Math.min(...attenuations),
        typical: Math.round(attenuations.reduce((total, value) => total + value, 0) / attenuations.length),
        seconds,
        start: sighting.at - seconds,
      }
    }),
  }))
}
