import type { DayResult, IsoDay, RiskRule, Window } from "./window.ts"

export { type DayResult, dayNumber, type IsoDay, isoDay, type RiskRule, type Scan, type Window } from "./window.ts"

export function riskRule(id: string): RiskRule {
  return {
    id,
    evaluate(windows: readonly Window[]): DayResult[] {
      const days = new Map<IsoDay, [number, number]>()
      for (const { day, scans } of windows)
        for (const { typical, seconds } of scans) {
          const sums = days.get(day) ?? [0, 0]
          if (typical < 55) sums[0] += seconds
          else if (typical < 63) sums[1] += seconds
          days.set(day, sums)
        }
      return [...days].map(([day, [near, far]]) => {
        const score = Math.ceil(near / 60) + Math.ceil(far / 60) / 2
        return { day, level: score >= 15 ? "high" : "none", score, unit: "minutes", parts: [] }
      })
    },
  }
}
