import { byDay, droppedPart, type Entry, levelOf, type Warning } from "./days.ts"
import { cutWindows, EPOCH_MS, type WindowCount } from "./handshakes.ts"
import type { DayResult, IsoDay, Part, Window } from "./window.ts"

/** DP-3T's own rule: windows of a few minutes, counted over all contacts of a UTC day. */
export interface WindowCountRule extends WindowCount {
  readonly kind: "window-count"
  readonly id: string
  /** In windows. */
  readonly warning: Warning
  readonly considerDays: number
}

/** Phones that counted windows listened once a minute. */
const LISTEN_MS = 60_000

/** Handshakes of one window, with the place of the scan each belongs to. */
interface Heard {
  readonly at: number[]
  readonly attenuation: number[]
  readonly scan: number[]
}

const nothing = (): Heard => ({ at: [], attenuation: [], scan: [] })

function push(heard: Heard, at: number, attenuation: number, scan: number): void {
  heard.at.push(at)
  heard.attenuation.push(attenuation)
  heard.scan.push(scan)
}

/**
 * The scans of a window as handshakes of a phone that listens once a minute: one at the end of each and one for every
 * full minute before. Where no start is known, the scans are taken to follow one another.
 */
function handshakesOf(entries: readonly Entry[]): Heard {
  const heard = nothing()
  let elapsed = 0
  for (const [place, { seconds, scan, attenuation, dropped }] of entries.entries()) {
    elapsed += seconds
    if (dropped !== undefined) continue
    const end = Math.round(1000 * (Number.isFinite(scan.start) ? scan.start! + seconds : elapsed))
    const count = Math.max(1, Math.ceil((1000 * seconds) / LISTEN_MS))
    for (let minute = count - 1; minute >= 0; minute--) push(heard, end - minute * LISTEN_MS, attenuation, place)
  }
  return heard
}

/** In the order of time; most windows are already. */
function inTime(heard: Heard): Heard {
  if (heard.at.every((at, i) => i === 0 || heard.at[i - 1]! <= at)) return heard
  const sorted = nothing()
  const order = heard.at.map((_, i) => i).sort((a, b) => heard.at[a]! - heard.at[b]!)
  for (const i of order) push(sorted, heard.at[i]!, heard.attenuation[i]!, heard.scan[i]!)
  return sorted
}

/** An EphID lived 15 minutes: where the one ends that begins with handshake `from`. */
function ephIdEnd(rule: WindowCount, { at }: Heard, from: number): number {
  const begin = at[from]!
  const end = rule.from === "first-handshake" ? begin + EPOCH_MS : (Math.floor(begin / EPOCH_MS) + 1) * EPOCH_MS
  let to = from + 1
  while (to < at.length && (rule.closed === "start" ? at[to]! < end : at[to]! <= end)) to++
  return to
}

/** The windows that count, and for each scan its share of them or the mean of one that does not. */
interface Counted {
  score: number
  readonly shares: number[]
  readonly means: number[]
}

function count(rule: WindowCount, entries: readonly Entry[]): Counted {
  const counted: Counted = {
    score: 0,
    shares: new Array<number>(entries.length).fill(0),
    means: new Array<number>(entries.length).fill(Number.NaN),
  }
  const heard = inTime(handshakesOf(entries))
  for (let from = 0; from < heard.at.length; ) {
    const to = ephIdEnd(rule, heard, from)
    const { windowOf, size, mean, counts } = cutWindows(rule, heard, from, to)
    for (const one of counts) if (one) counted.score++
    for (let i = 0; i < windowOf.length; i++) {
      const window = windowOf[i]!
      if (window < 0) continue
      const scan = heard.scan[from + i]!
      counted.means[scan] = mean[window]!
      if (counts[window]!) counted.shares[scan]! += 1 / size[window]!
    }
    from = to
  }
  return counted
}

export function evaluateWindowCount(rule: WindowCountRule, windows: readonly Window[], today: IsoDay): DayResult[] {
  return byDay(windows, today, "typical", rule.considerDays).map(({ day, windows: ofDay }) => {
    let score = 0
    const parts: Part[] = []
    for (const { entries } of ofDay) {
      const counted = count(rule, entries)
      score += counted.score
      for (const [place, entry] of entries.entries()) parts.push(partOf(entry, counted, place))
    }
    return { day, level: levelOf(score, rule.warning), score, unit: "windows", parts }
  })
}

function partOf(entry: Entry, { shares, means }: Counted, place: number): Part {
  if (entry.dropped !== undefined) return droppedPart(entry, entry.dropped)
  const mean = means[place]!
  if (Number.isNaN(mean)) return droppedPart(entry, "outside the windows of its EphID, or too weak")
  const contributes = shares[place]!
  if (contributes === 0) return droppedPart(entry, `mean ${Math.round(mean * 10) / 10} dB of its window does not count`)
  return { window: entry.window, seconds: entry.seconds, attenuation: entry.attenuation, weight: 1, contributes }
}
