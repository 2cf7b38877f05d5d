import { WINDOW_SECONDS } from "./days.ts"

/** Seconds of one contact at one weight, with what is known of when they were. */
export interface Stretch {
  readonly window: number
  readonly weight: number
  readonly seconds: number
  readonly start: number | undefined
  readonly scanId: number | undefined
}

const DAY_SECONDS = 86_400

/**
 * The seconds of each stretch that remain when every second of the day counts once, for the heaviest stretch that
 * covers it: so that a relay that brings many people near cannot make a day longer than it was.
 *
 * Stretches with a start are laid on the clock. Those with a scan number share the time of their scan. Of all others
 * it is not known whether they were at the same time; they count in full, up to the length of their window.
 * @returns seconds, in the order of the stretches; their sum is at most a day
 */
export function capAtWallClock(stretches: readonly Stretch[]): Float64Array {
  const counted = new Float64Array(stretches.length)
  const weights = [...new Set(stretches.map(({ weight }) => weight))].sort((a, b) => b - a)
  const byWeight = new Map<number, number[]>(weights.map(weight => [weight, []]))
  for (const [place, { weight }] of stretches.entries()) byWeight.get(weight)!.push(place)

  let covered: Cover = { from: new Float64Array(0), to: new Float64Array(0) }
  const ofScan = new Map<number, number>()
  const ofWindow = new Map<number, number>()
  let left = DAY_SECONDS
  for (const weight of weights) {
    const timed: number[] = []
    let added = 0
    // A fixed order within one weight, so that the order in which the windows were given cannot matter.
    const places = byWeight.get(weight)!.sort((a, b) => inTime(stretches[a]!, stretches[b]!))
    for (const place of places) {
      const { window, seconds, start, scanId } = stretches[place]!
      if (start !== undefined) timed.push(place)
      else if (scanId !== undefined) {
        const used = ofScan.get(scanId) ?? 0
        counted[place] = Math.max(0, seconds - used)
        ofScan.set(scanId, Math.max(used, seconds))
      } else {
        const used = ofWindow.get(window) ?? 0
        counted[place] = Math.min(seconds, WINDOW_SECONDS - used)
        ofWindow.set(window, used + counted[place]!)
      }
      added += counted[place]!
    }
    if (timed.length > 0) {
      covered = lay(timed, stretches, covered, counted)
      for (const place of timed) added += counted[place]!
    }
    // More than a day can remain only of stretches whose time is unknown.
    if (added > left) for (const place of places) counted[place] = (counted[place]! * left) / added
    left = Math.max(0, left - added)
  }
  return counted
}

const inTime = (a: Stretch, b: Stretch): number => (a.start ?? 0) - (b.start ?? 0) || b.seconds - a.seconds

/** Disjoint spans of time, ascending. */
interface Cover {
  readonly from: Float64Array
  readonly to: Float64Array
}

/** Writes what of the timed stretches is not yet covered, and returns what is covered with them. */
function lay(timed: readonly number[], stretches: readonly Stretch[], covered: Cover, counted: Float64Array): Cover {
  const spans: [number, number][] = []
  let reached = Number.NEGATIVE_INFINITY
  let first = 0
  for (const place of timed) {
    const { start, seconds } = stretches[place]! as { start: number; seconds: number }
    const end = start + seconds
    const from = Math.max(start, reached)
    if (end > from) {
      while (first < covered.to.length && covered.to[first]! <= from) first++
      let free = end - from
      for (let i = first; i < covered.from.length && covered.from[i]! < end; i++)
        free -= Math.min(end, covered.to[i]!) - Math.max(from, covered.from[i]!)
      counted[place] = Math.max(0, free)
      reached = end
      const last = spans.at(-1)
      if (last !== undefined && from <= last[1]) last[1] = end
      else spans.push([from, end])
    }
  }
  return union(covered, spans)
}

function union(covered: Cover, spans: readonly [number, number][]): Cover {
  const from: number[] = []
  const to: number[] = []
  const add = (start: number, end: number): void => {
    const last = to.length - 1
    if (last >= 0 && start <= to[last]!) to[last] = Math.max(to[last]!, end)
    else {
      from.push(start)
      to.push(end)
    }
  }
  let i = 0
  for (const [start, end] of spans) {
    for (; i < covered.from.length && covered.from[i]! < start; i++) add(covered.from[i]!, covered.to[i]!)
    add(start, end)
  }
  for (; i < covered.from.length; i++) add(covered.from[i]!, covered.to[i]!)
  return { from: Float64Array.from(from), to: Float64Array.from(to) }
}
