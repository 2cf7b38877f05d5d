import { gaen, requireBytes, time } from "../../crypto/index.ts"
import type { KeyTable } from "../../protocol/export.ts"

/** An identifier and when it was heard. */
export interface Heard {
  /** 16 bytes. */
  readonly rpi: Uint8Array
  /** Unix seconds. */
  readonly at: number
}

export interface GaenMatch {
  /** Row of the key table. */
  readonly key: number
  /** Place in the list of what was heard. */
  readonly heard: number
  /** The interval j of the identifier, which is within two hours of when it was heard. */
  readonly interval: number
}

export interface MatchOptions {
  /** Unix seconds: what was heard then or later does not count, because the key was public (protocol §3). */
  readonly heardBefore?: number
}

/** Keys derived at a time: enough to make the index of what was heard worth building, little enough memory. */
const CHUNK = 4096

/**
 * All pairs of a key and something heard with RPI = RPI_j and |heard interval − j| ≤ 12. A key that the file repeats
 * counts once; one whose period is more than two hours from everything that was heard is not derived at all.
 * @returns ascending by key row, then by place
 */
export function match(keys: KeyTable, heard: readonly Heard[], { heardBefore }: MatchOptions = {}): GaenMatch[] {
  const places: number[] = []
  const sightings: gaen.Sighting[] = []
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  heard.forEach(({ rpi, at }, place) => {
    requireBytes("rpi", gaen.KEY_BYTES, rpi)
    const interval = time.interval(at)
    if (heardBefore !== undefined && at >= heardBefore) return
    places.push(place)
    sightings.push({ rpi, interval })
    first = Math.min(first, interval)
    last = Math.max(last, interval)
  })
  const rows = keys.distinct().filter(row => {
    const start = keys.rollingStarts[row]!
    const end = start + keys.rollingPeriods[row]!
    return start <= last + gaen.TOLERANCE_INTERVALS && end > first - gaen.TOLERANCE_INTERVALS
  })
  const found: GaenMatch[] = []
  for (let from = 0; from < rows.length; from += CHUNK) {
    const chunk = rows.subarray(from, from + CHUNK)
    const published = Array.from(chunk, row => ({
      tek: keys.tek(row),
      rollingStart: keys.rollingStarts[row]!,
      rollingPeriod: keys.rollingPeriods[row]!,
    }))
    for (const { key, observation, interval } of gaen.candidates(published, sightings))
      found.push({ key: chunk[key]!, heard: places[observation]!, interval })
  }
  return found.sort((a, b) => a.key - b.key || a.heard - b.heard || a.interval - b.interval)
}
