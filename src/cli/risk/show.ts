import type { risk } from "../../client/index.ts"
import { table } from "../output.ts"

/** Two digits after the point, none where there is nothing to show. */
export const short = (value: number): string => String(Math.round(value * 100) / 100)

export function partsTable(parts: readonly risk.Part[]): string {
  return table([
    ["window", "seconds", "dB", "weight", "contributes", "why"],
    ...parts.map(part => [
      part.window,
      part.counted === undefined ? part.seconds : `${short(part.counted)} of ${part.seconds}`,
      Number(short(part.attenuation)),
      Number(short(part.weight)),
      Number(short(part.contributes)),
      part.dropped ?? (part.counted === undefined ? "" : "rest is the time of a nearer contact"),
    ]),
  ])
}

const STEP_DB = 5
const BAR = 40
const MAX_DB = 127

/** Minutes by attenuation, in steps of 5 dB: what counts as #, what does not as a dot. */
export function attenuationPlot(parts: readonly risk.Part[]): string {
  const steps = new Map<number, { counted: number; rest: number }>()
  for (const { attenuation, seconds, counted = seconds, contributes } of parts) {
    if (attenuation < 0 || attenuation > MAX_DB) continue
    const from = Math.floor(attenuation / STEP_DB) * STEP_DB
    const step = steps.get(from) ?? { counted: 0, rest: 0 }
    const counts = contributes > 0 ? counted : 0
    steps.set(from, { counted: step.counted + counts, rest: step.rest + Math.max(0, seconds - counts) })
  }
  if (steps.size === 0) return "(no scans)"
  const froms = [...steps.keys()]
  const longest = Math.max(1, ...[...steps.values()].map(({ counted, rest }) => counted + rest))
  const lines: string[] = []
  for (let from = Math.min(...froms); from <= Math.max(...froms); from += STEP_DB) {
    const { counted, rest } = steps.get(from) ?? { counted: 0, rest: 0 }
    const width = (seconds: number): number => Math.round((seconds / longest) * BAR)
    const bar = "#".repeat(width(counted)) + ".".repeat(width(rest))
    const minutes = counted + rest === 0 ? "" : `${short((counted + rest) / 60)} min`
    lines.push(`${`${from}–${from + STEP_DB - 1} dB`.padStart(10)} |${bar} ${minutes}`.trimEnd())
  }
  return lines.join("\n")
}

export function explained(rule: string, results: readonly risk.DayResult[]): string {
  if (results.length === 0) return `${rule}: no windows`
  return results
    .map(({ day, level, score, unit, parts }) => {
      const head = `${day}  ${level.toUpperCase()}  ${short(score)} ${unit}  (${rule})`
      return `${head}\n\n${partsTable(parts)}\n\nminutes by attenuation; # counts, . does not\n${attenuationPlot(parts)}`
    })
    .join("\n\n\n")
}

export interface Compared {
  readonly rule: string
  readonly days: readonly Omit<risk.DayResult, "parts">[]
}

/** A rule a line, a day a column; HIGH and low behind the score. */
export function comparison(compared: readonly Compared[]): string {
  const days = [...new Set(compared.flatMap(({ days }) => days.map(({ day }) => day)))].sort()
  const mark = { high: " HIGH", low: " low", none: "" } as const
  return table([
    ["rule", "unit", ...days],
    ...compared.map(({ rule, days: results }) => [
      rule,
      results[0]?.unit ?? "",
      ...days.map(day => {
        const result = results.find(candidate => candidate.day === day)
        return result === undefined ? "–" : `${short(result.score)}${mark[result.level]}`
      }),
    ]),
  ])
}
