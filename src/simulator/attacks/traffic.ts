import { cover } from "../../client/index.ts"
import { type Random, time } from "../../crypto/index.ts"
import { fraction } from "../dice.ts"
import type { Attack } from "./attack.ts"

const PHONES = 4000
const DAYS = 60
/** The worst that Switzerland saw in 2020: 0.46 % of phones reporting in a day (Best Practices, appendix). */
const REPORTS_PERCENT = 0.46
const REPORTS_A_DAY = REPORTS_PERCENT / 100
/** A person who is called by the test site reports within so many hours. */
const HOURS_AFTER_CALL = 1
/** How many of those who are called are told that the test was positive, and report. */
const PRIOR = 0.3

const { meanDays } = cover.COVER_PLAN
const RATE = 1 / meanDays

/** Every upload of one phone that is always on, as the network sees it: its second, and whether it is a report. */
function actions(random: Random): { second: number; real: boolean }[] {
  const all: { second: number; real: boolean }[] = []
  const end = DAYS * time.SECONDS_PER_DAY
  const interval = () => cover.coverInterval(random, meanDays)
  for (let second = interval(); second < end; second += interval()) all.push({ second, real: false })
  for (let day = 0; day < DAYS; day++)
    if (fraction(random) < REPORTS_A_DAY)
      all.push({ second: (day + fraction(random)) * time.SECONDS_PER_DAY, real: true })
  return all
}

/** Of all uploads that a network saw, the share that were reports. */
function reportsAmongUploads(random: Random): number {
  let real = 0
  let seen = 0
  for (let phone = 0; phone < PHONES; phone++) {
    const of = actions(random)
    seen += of.length
    real += of.filter(action => action.real).length
  }
  return real / seen
}

/** Of the people who uploaded within an hour of a call that the network saw, the share who reported. */
function reportsAfterCall(random: Random): number {
  const hours = HOURS_AFTER_CALL * 3600
  let reports = 0
  let uploads = 0
  for (let call = 0; call < 50 * PHONES; call++) {
    const isReport = fraction(random) < PRIOR
    const isCover = cover.coverInterval(random, meanDays) < hours
    if (isReport) reports++
    if (isReport || isCover) uploads++
  }
  return reports / uploads
}

/** The share of phones that make up for an action when they wake after a week; none makes up for more than one. */
function makeUp(random: Random): number {
  let made = 0
  for (let phone = 0; phone < PHONES; phone++) {
    const first = cover.coverInterval(random, meanDays)
    if (cover.coverStep(first, 7 * time.SECONDS_PER_DAY, random).run !== undefined) made++
  }
  return made / PHONES
}

const likelihoodRatio = 1 / (1 - Math.exp((-RATE * HOURS_AFTER_CALL) / 24))

export const withCover: Attack = {
  number: 25,
  name: "traffic-cover",
  title: "A network counts the uploads of phones",
  run: random => [
    {
      quantity: `chance that an upload is a report, ${REPORTS_PERCENT} % of phones reporting a day`,
      measured: reportsAmongUploads(random),
      expected: REPORTS_A_DAY / (REPORTS_A_DAY + RATE),
    },
  ],
}

export const withTrigger: Attack = {
  number: 26,
  name: "traffic-call",
  title: "A network counts the uploads of a phone that the test site has just called",
  run: random => [
    {
      quantity: `chance that an upload within ${HOURS_AFTER_CALL} h of the call is a report, ${100 * PRIOR} % of those called being positive`,
      measured: reportsAfterCall(random),
      expected: (PRIOR * likelihoodRatio) / (PRIOR * likelihoodRatio + (1 - PRIOR)),
    },
  ],
}

export const overdue: Attack = {
  number: 28,
  name: "overdue",
  title: "A phone that was off for a week makes up for its cover traffic",
  run: random => [
    {
      quantity: "share of such phones that upload soon after they wake, and once",
      measured: makeUp(random),
      expected: 1 - Math.exp((-RATE * cover.COVER_PLAN.catchUpHours) / 24),
    },
  ],
}
