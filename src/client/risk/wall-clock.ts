import { type Entry, WINDOW_SECONDS } from "./days.ts"

const DAY_SECONDS = 86_400

/**
 * The seconds of each scan that remain when every second of the day counts once, for the heaviest scan that covers it:
 * so that a relay that brings many people near cannot make a day longer than it was.
 *
 * Scans with a start are laid on the clock. Those with a scan number share the time of their scan. Of all others it is
 * not known whether they were at the same time; they count in full, up to the length of their window.
 * @param weights one for each scan
 * @returns seconds, in the order of the scans; their sum is at most a day
 */
export function capAtWallClock(entries: readonly Entry[], weights: readonly number[]): Float64Array {
  const counted = new Float64Array(entries.length)
  const starts = new Float64Array(entries.length)
  const seconds = new Float64Array(entries.length)
  for (let i = 0; i < entries.length; i++) {
    const { start } = entries[i]!.scan
    starts[i] = Number.isFinite(start) ? start! : Number.NaN
    seconds[i] = entries[i]!.seconds
  }
  const byWeight = new Map<number, number[]>()
  for (let place = 0; place < weights.length; place++) {
    const places = byWeight.get(weights[place]!)
    if (places === undefined) byWeight.set(weights[place]!, [place])
    else places.push(place)
  }
  let covered: Cover = { from: [], to: [] }
  const ofScan = new Map<number, number>()
  const ofWindow = new Map<number, number>()
  let left = DAY_SECONDS
  for (const weight of [...byWeight.keys()].sort((a, b) => b - a)) {
    // A fixed order within one weight, so that the order in which the windows were given cannot matter.
    const places = byWeight.get(weight)!
    const timed = places.filter(place => !Number.isNaN(starts[place]!))
    covered = lay(inTime(timed, starts, seconds), starts, seconds, covered, counted)
    const untimed = places.filter(place => Number.isNaN(starts[place]!)).sort((a, b) => seconds[b]! - seconds[a]!)
    for (const place of untimed) counted[place] = countUntimed(entries[place]!, ofScan, ofWindow)
    let added = 0
    for (const place of places) added += counted[place]!
    // More than a day can remain only of scans whose time is unknown.
    if (added > left) for (const place of places) counted[place] = (counted[place]! * left) / added
    left = Math.max(0, left - added)
  }
  return counted
}

const PLACES = 2 ** 21

/**
 * By start. Whole seconds add up exactly whatever comes first of two with one start, so that start and place fit one
 * number, and numbers are sorted ten times as fast.
 */
function inTime(timed: number[], starts: Float64Array, seconds: Float64Array): ArrayLike<number> {
  const keys = new Float64Array(timed.length)
  for (let i = 0; i < timed.length; i++) {
    const place = timed[i]!
    const start = starts[place]!
    const fits = Number.isInteger(start) && start >= 0 && start < 2 ** 32 && place < PLACES
    if (!fits || !Number.isInteger(seconds[place]!))
      return timed.sort((a, b) => starts[a]! - starts[b]! || seconds[b]! - seconds[a]!)
    keys[i] = start * PLACES + place
  }
  keys.sort()
  for (let i = 0; i < keys.length; i++) keys[i]! -= Math.floor(keys[i]! / PLACES) * PLACES
  return keys
}

function countUntimed(
  { window, seconds, scan: { scanId } }: Entry,
  ofScan: Map<number, number>,
  ofWindow: Map<number, number>,
): number {
  if (Number.isFinite(scanId)) {
    const used = ofScan.get(scanId!) ?? 0
    ofScan.set(scanId!, Math.max(used, seconds))
    return Math.max(0, seconds - used)
  }
  const used = ofWindow.get(window) ?? 0
  ofWindow.set(window, Math.min(WINDOW_SECONDS, used + seconds))
  return Math.min(seconds, WINDOW_SECONDS - used)
}

/** Disjoint spans of time, ascending. */
interface Cover {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** Writes what of the timed scans is not yet covered, and returns what is covered with them. */
function lay(
  timed: ArrayLike<number>,
  starts: Float64Array,
  seconds: Float64Array,
  covered: Cover,
  counted: Float64Array,
): Cover {
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
  let reached = Number.NEGATIVE_INFINITY
  let passed = 0
  let copied = 0
  for (let i = 0; i < timed.length; i++) {
    const place = timed[i]!
    const end = starts[place]! + seconds[place]!
    const start = Math.max(starts[place]!, reached)
    if (end <= start) continue
    while (passed < covered.to.length && covered.to[passed]! <= start) passed++
    let free = end - start
    for (let c = passed; c < covered.from.length && covered.from[c]! < end; c++)
      free -= Math.min(end, covered.to[c]!) - Math.max(start, covered.from[c]!)
    counted[place] = Math.max(0, free)
    reached = end
    for (; copied < covered.from.length && covered.from[copied]! < start; copied++)
      add(covered.from[copied]!, covered.to[copied]!)
    add(start, end)
  }
  for (; copied < covered.from.length; copied++) add(covered.from[copied]!, covered.to[copied]!)
  return { from, to }
}
