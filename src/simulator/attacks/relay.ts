import { type DayResult, isoDay, risk, type Window } from "../../client/index.ts"
import type { Attack } from "./attack.ts"

const DAY = isoDay(18_383)
const RELAYED = 50
const POSITIVITY = 0.25
const POSITIVE = Math.round(RELAYED * POSITIVITY)
const MINUTES = 15

/** A victim stays so many minutes where the identifiers of many people are brought to. */
function windows(minutes: number): Window[] {
  return Array.from({ length: POSITIVE }, () => ({
    day: DAY,
    scans: Array.from({ length: minutes }, (_, minute) => ({ min: 50, typical: 50, seconds: 60, start: 60 * minute })),
    infectiousness: 1 as const,
    reportType: 1,
    calibration: 3,
  }))
}

const isWarned = (results: readonly DayResult[]): boolean => results.some(({ level }) => level !== "none")

/** How long the victim has to stay, at least, until a warning comes. */
function minutesToWarning(warns: (minutes: number) => boolean): number {
  for (let minutes = 1; minutes <= 60; minutes++) if (warns(minutes)) return minutes
  return Number.POSITIVE_INFINITY
}

/** A rule that adds up the minutes of all contacts, as some apps do. */
const naiveSum = (minutes: number): boolean =>
  windows(minutes)
    .flatMap(({ scans }) => scans)
    .reduce((sum, { seconds }) => sum + seconds / 60, 0) >= MINUTES

export const relay: Attack = {
  number: 11,
  name: "relay",
  title: "The identifiers of many people, some of them contagious, are relayed to one place as they are broadcast",
  run() {
    const { rule } = risk.presets.get(risk.DEFAULT_PRESET)!
    const { evaluate } = risk.ruleOf(rule)
    const quantity = (how: string) =>
      `minutes a passer-by has to stay, ${RELAYED} people relayed of whom ${POSITIVE} report, ${how}`
    return [
      {
        quantity: quantity("minutes of all added up"),
        measured: minutesToWarning(naiveSum),
        expected: Math.ceil(MINUTES / POSITIVE),
      },
      {
        quantity: quantity("lindung's default rule"),
        measured: minutesToWarning(minutes => isWarned(evaluate(windows(minutes), DAY))),
        expected: MINUTES,
      },
    ]
  },
}
