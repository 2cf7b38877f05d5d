import { risk } from "../../client/index.ts"
import type { Check } from "./check.ts"
import { NOTHING_TOLD, notice as noticeOf } from "./deployed-notices.ts"

/** What has been found of one day: its age on the day of the first step, and weighted seconds by report type. */
interface Found {
  readonly age: number
  readonly confirmed?: number
  readonly likely?: number
}

interface Step {
  /** Days after the first step. */
  readonly later: number
  readonly found: readonly Found[]
}

const CONSIDER_DAYS = 14
const FIRST = 18_700

const now = (...found: Found[]): Step => ({ later: 0, found })
const tomorrow = (...found: Found[]): Step => ({ later: 1, found })

/** The sequences, whose titles are all that is published of them besides the expected notices. */
const SEQUENCES: Record<string, readonly Step[]> = {
  "likely yesterday, then confirmed today": [
    now({ age: 1, likely: 2700 }),
    now({ age: 1, likely: 2700 }, { age: 0, confirmed: 2700 }),
  ],
  "confirmed yesterday, then likely today": [
    now({ age: 1, confirmed: 2700 }),
    now({ age: 1, confirmed: 2700 }, { age: 0, likely: 2700 }),
  ],
  "confirmed yesterday, new confirmed today": [
    now({ age: 1, confirmed: 2700 }),
    now({ age: 1, confirmed: 2700 }, { age: 0, confirmed: 2700 }),
  ],
  "likely today, then everything revoked": [now({ age: 0, likely: 2700 }), now()],
  "likely today revised to confirmed today": [now({ age: 0, likely: 2700 }), now({ age: 0, confirmed: 2700 })],
  "likely 15 days ago, ages out": [now({ age: 14, likely: 2700 }), tomorrow({ age: 14, likely: 2700 })],
  "likely 2700 today, another likely today": [now({ age: 0, likely: 2700 }), now({ age: 0, likely: 5400 })],
  "confirmed 1500 today, another 1500 today (sum passes 2700)": [
    now({ age: 0, confirmed: 1500 }),
    now({ age: 0, confirmed: 3000 }),
  ],
  "confirmed today, likely today": [now({ age: 0, confirmed: 2700 }), now({ age: 0, confirmed: 2700, likely: 2700 })],
  "confirmed today, then confirmed yesterday": [
    now({ age: 0, confirmed: 2700 }),
    now({ age: 0, confirmed: 2700 }, { age: 1, confirmed: 2700 }),
  ],
  "confirmed 14 days ago + likely 13 days ago; the confirmed one ages out": [
    now({ age: 14, confirmed: 2700 }, { age: 13, likely: 2700 }),
    tomorrow({ age: 14, confirmed: 2700 }, { age: 13, likely: 2700 }),
  ],
}

const summary = (score: number): risk.Summary => ({ scoreSum: score, maximumScore: score, weightedDurationSum: score })

function summaries({ later, found }: Step): risk.DailySummary[] {
  return found
    .filter(({ age }) => age + later <= CONSIDER_DAYS)
    .map(({ age, confirmed = 0, likely = 0 }) => ({
      day: risk.isoDay(FIRST - age),
      total: summary(confirmed + likely),
      byReportType: { 1: summary(confirmed), 2: summary(likely) },
    }))
}

export function notificationSequences(
  sequences: readonly { title: string; steps: (number | string | null)[][]; stays?: { index: number; age: number } }[],
  classes: readonly risk.Class[],
  check: Check,
): void {
  for (const { title, steps, stays } of sequences) {
    const sequence = SEQUENCES[title]
    if (sequence === undefined) {
      check.ok(title, false, "no such sequence is known")
      continue
    }
    let told = NOTHING_TOLD
    const notices = sequence.map(step => {
      const result = noticeOf(told, classes, summaries(step), risk.isoDay(FIRST + step.later), CONSIDER_DAYS)
      told = result.told
      const { notice } = result
      return [notice.is === "exposed" ? notice.classification.index : notice.is === "revoked" ? "revoked" : null]
    })
    check.equal(title, notices, steps)
    if (stays !== undefined)
      check.equal(`${title}: stays`, told.classification, { index: stays.index, day: risk.isoDay(FIRST - stays.age) })
  }
}
