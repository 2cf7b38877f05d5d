import { byDay, droppedPart, type Entry, levelOf, type Warning } from "./days.ts"
import { type CutWindow, cutWindows, EPOCH_MS, type Timed, type WindowCount } from "./handshakes.ts"
import type { DayResult, IsoDay, Part, Window } from "./window.ts"

/** DP-3T's own rule: windows of a few minutes, counted over all contacts of a UTC day. */
export interface WindowCountRule extends WindowCount {
  readonly kind: "window-count"
  readonly id: string
  /** In windows. */
  readonly warning: Warning
  readonly considerDays: number
}

/** When a scan ended: where no start is known, scans are taken to follow one another. */
function handshakesOf(entries: readonly Entry[]): { entry: Entry; timed: Timed }[] {
  let elapsed = 0
  return entries.map(entry => {
    elapsed += entry.seconds
    const { start } = entry.scan
    const end = typeof start === "number" && Number.isFinite(start) ? start + entry.seconds : elapsed
    return { entry, timed: { at: Math.round(end * 1000), attenuation: entry.attenuation } }
  })
}

/** An EphID lived 15 minutes; a window that lasts longer is cut into stretches of that length. */
function ephIdLong(rule: WindowCount, scans: readonly { entry: Entry; timed: Timed }[]): (typeof scans)[] {
  const sorted = [...scans].sort((a, b) => a.timed.at - b.timed.at)
  const stretches: { entry: Entry; timed: Timed }[][] = []
  let end = Number.NEGATIVE_INFINITY
  for (const scan of sorted) {
    const { at } = scan.timed
    const within = rule.closed === "start" ? at < end : at <= end
    if (within) stretches.at(-1)!.push(scan)
    else {
      stretches.push([scan])
      end = rule.from === "first-handshake" ? at + EPOCH_MS : (Math.floor(at / EPOCH_MS) + 1) * EPOCH_MS
    }
  }
  return stretches
}

export function evaluateWindowCount(rule: WindowCountRule, windows: readonly Window[], today: IsoDay): DayResult[] {
  return byDay(windows, today, "typical", rule.considerDays).map(({ day, windows: ofDay }) => {
    let score = 0
    const parts = ofDay.flatMap(({ entries }): readonly Part[] => {
      const cutOf = new Map<Entry, CutWindow>()
      const usable = handshakesOf(entries).filter(({ entry }) => entry.dropped === undefined)
      for (const stretch of ephIdLong(rule, usable)) {
        const cuts = cutWindows(
          rule,
          stretch.map(({ timed }) => timed),
        )
        for (const cut of cuts) {
          if (cut.counts) score++
          for (const i of cut.handshakes) cutOf.set(stretch[i]!.entry, cut)
        }
      }
      return entries.map(entry => {
        if (entry.dropped !== undefined) return droppedPart(entry, entry.dropped)
        const cut = cutOf.get(entry)
        if (cut === undefined) return droppedPart(entry, "outside the windows of its EphID, or too weak")
        const mean = `mean ${Math.round(cut.mean * 10) / 10} dB of its window`
        if (!cut.counts) return droppedPart(entry, `${mean} does not count`)
        const { window, seconds, attenuation } = entry
        return { window, seconds, attenuation, weight: 1, contributes: 1 / cut.handshakes.length }
      })
    })
    return { day, level: levelOf(score, rule.warning), score, unit: "windows", parts }
  })
}
