import { dayNumber, type IsoDay, risk } from "../../client/index.ts"

/*
 * When an app of Exposure Notifications Express tells a person again. This client tells of every day once, whatever its
 * class. Kept so that the published sequences can be run.
 */

/** What has to be kept between two looks to know when to tell a person again. */
export interface Told {
  readonly classification: risk.Classification | undefined
  /** Score of each day that was seen. */
  readonly scores: readonly { readonly day: IsoDay; readonly score: number }[]
}

export const NOTHING_TOLD: Told = { classification: undefined, scores: [] }

export type Notice =
  | { readonly is: "none" }
  /** Tell the person: the class, or the day, is new. */
  | {
      readonly is: "exposed"
      readonly classification: risk.Classification
      readonly newClass: boolean
      readonly newDay: boolean
    }
  /** Tell the person: the exposure is gone, and not because of its age. */
  | { readonly is: "revoked" }

/**
 * When to tell a person, after the reference app of Exposure Notifications Express: whenever the most urgent class or
 * its most recent day changes. When no class is left, only if a day that is still young enough has lost score (a key
 * was revoked); an exposure that has merely aged out says nothing.
 */
export function notice(
  told: Told,
  classes: readonly risk.Class[],
  days: readonly (risk.Summaries & { readonly day: IsoDay })[],
  today: IsoDay,
  considerDays: number,
): { readonly notice: Notice; readonly told: Told } {
  const before = told.classification
  const classification = risk.classify(classes, days)
  const scores = days.map(({ day, total }) => ({ day, score: total.scoreSum }))
  const next: Told = { classification, scores }
  if (classification === undefined) {
    const revoked = before !== undefined && wasRevoked(told.scores, scores, today, considerDays)
    return { notice: { is: revoked ? "revoked" : "none" }, told: next }
  }
  const newClass = before?.index !== classification.index
  const newDay = before?.day !== classification.day
  return {
    notice: newClass || newDay ? { is: "exposed", classification, newClass, newDay } : { is: "none" },
    told: next,
  }
}

/** Whether a day that has not aged out has disappeared or scores less than before. */
function wasRevoked(before: Told["scores"], now: Told["scores"], today: IsoDay, considerDays: number): boolean {
  const current = new Map(now.map(({ day, score }) => [day, score]))
  return before.some(({ day, score }) => {
    const age = dayNumber(today) - dayNumber(day)
    return age <= considerDays && (current.get(day) ?? Number.NEGATIVE_INFINITY) < score
  })
}
