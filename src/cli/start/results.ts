import { verdict } from "../../simulator/index.ts"
import { table } from "../output.ts"
import type { Outcome } from "./experiment.ts"

/** How the warnings compare with the truth; pairs of which the truth is not known are left out and counted. */
export interface Score {
  right: number
  wrong: number
  missed: number
  unknown: number
}

export function score(outcomes: readonly Outcome[], positive: string): Score {
  const sum: Score = { right: 0, wrong: 0, missed: 0, unknown: 0 }
  for (const outcome of outcomes) {
    if (outcome.name === positive) continue
    const truth = truthOf(outcome)
    const warned = outcome.exposure.is === "exposed"
    if (truth === "unknown") sum.unknown++
    else if (warned && truth === "near") sum.right++
    else if (warned) sum.wrong++
    else if (truth === "near") sum.missed++
  }
  return sum
}

// Somebody who was in no scene with the positive person was not near.
const truthOf = ({ meeting }: Outcome) => (meeting ? verdict(meeting) : "apart")

export const add = (a: Score, b: Score): Score => ({
  right: a.right + b.right,
  wrong: a.wrong + b.wrong,
  missed: a.missed + b.missed,
  unknown: a.unknown + b.unknown,
})

const share = (part: number, whole: number): string => (whole === 0 ? "–" : `${Math.round((100 * part) / whole)} %`)

export function precisionAndRecall({ right, wrong, missed, unknown }: Score): string {
  const left = unknown > 0 ? `; truth unknown for ${unknown}, left out` : ""
  return `precision ${share(right, right + wrong)} (${right} of ${right + wrong} warned), recall ${share(right, right + missed)} (${right} of ${right + missed} near)${left}`
}

/** The facts of one row, also for --json. */
export function rowOf(outcome: Outcome, positive: string) {
  const { name, exposure, day, meeting, traffic } = outcome
  const counted = day.parts.filter(part => part.contributes > 0)
  const seconds = counted.reduce((sum, part) => sum + part.seconds, 0)
  const attenuation = counted.reduce((sum, part) => sum + part.attenuation * part.seconds, 0) / seconds
  return {
    name,
    isPositive: name === positive,
    warned: exposure.is === "exposed",
    minutes: day.score,
    attenuation: Number.isFinite(attenuation) ? Math.round(attenuation) : null,
    nearMinutes: meeting ? Math.round(meeting.nearSeconds / 60) : 0,
    truth: name === positive ? null : truthOf(outcome),
    sentBytes: traffic.sent,
    receivedBytes: traffic.received,
  }
}

/** Who was warned and why, beside who truly spent a quarter of an hour within two metres. */
export function resultTable(outcomes: readonly Outcome[], positive: string): string {
  const head = ["person", "warned", "minutes", "dB", "within 2 m", "truth", "sent", "received"]
  const rows = outcomes.map(outcome => {
    const row = rowOf(outcome, positive)
    const verdictOf = { near: "near", apart: "apart", unknown: "not known" }
    return [
      row.name,
      row.isPositive ? "tested positive" : row.warned ? "yes" : "no",
      row.isPositive ? "" : row.minutes,
      row.attenuation ?? "",
      row.isPositive ? "" : `${row.nearMinutes} min`,
      row.truth === null ? "" : verdictOf[row.truth],
      `${Math.round(row.sentBytes / 1024)} kB`,
      `${Math.round(row.receivedBytes / 1024)} kB`,
    ]
  })
  return table([head, ...rows])
}
