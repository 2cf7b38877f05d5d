import { time } from "../crypto/index.ts"
import { type Calibration, UNCALIBRATED } from "./calibration.ts"
import { contactWindows, parseContactId, withoutIdentifier } from "./contact.ts"
import { note } from "./journal.ts"
import { entries, matchedBetween, matchedKey, parseMatched } from "./layout.ts"
import type { ReadTx, WriteTx } from "./ports.ts"
import { parseScans } from "./record.ts"
import {
  type DayResult,
  dayNumber,
  type IsoDay,
  infectiousness,
  isoDay,
  presets,
  type RiskRule,
  type Window,
} from "./risk/index.ts"
import { readState, updateState } from "./state.ts"

/** What is known of every contact of designs 1 to 3: a confirmed test, and no days since onset. */
const CONTACT = { infectiousness: 1, reportType: 1, calibration: UNCALIBRATED.confidence } as const

/** A rule over windows that were measured by this phone: they say how well its radio is known. */
export const measuredWith = ({ confidence }: Calibration, rule: RiskRule): RiskRule => ({
  id: rule.id,
  evaluate: (seen, today) =>
    rule.evaluate(
      seen.map(window => ({ ...window, calibration: confidence })),
      today,
    ),
})

/** A key that was taken back: the authority found that the person is not infected. */
const REVOKED = 5

/** One window for each matched identifier; in design 4 for each half hour with one key. */
async function windows(tx: ReadTx, rule: RiskRule, firstDay: number): Promise<Window[]> {
  const matched = (await entries(tx, matchedBetween(firstDay))).map(([key, value]) => {
    const { day, heard, id } = parseMatched(key)
    return { day, interval: heard, of: parseContactId(id), scans: parseScans(value) }
  })
  const onset = presets.get(rule.id)?.onset
  const keys = matched.flatMap(({ of, ...one }) =>
    of === undefined || of.reportType === REVOKED ? [] : { of, ...one },
  )
  return [
    ...matched.flatMap(({ of, day, scans }) => (of === undefined ? { day: isoDay(day), scans, ...CONTACT } : [])),
    ...contactWindows(keys).map(({ day, of, scans }) => ({
      day: isoDay(day),
      scans,
      infectiousness: onset === undefined ? CONTACT.infectiousness : infectiousness(of.daysSinceOnset, onset),
      reportType: of.reportType,
      calibration: of.calibration,
    })),
  ]
}

/** Every day with a contact, as the rule judges it. */
export async function evaluate(
  tx: ReadTx,
  rule: RiskRule,
  second: number,
  days: number,
): Promise<readonly DayResult[]> {
  const today = time.day(second)
  return rule.evaluate(await windows(tx, rule, Math.max(0, today - days)), isoDay(today))
}

/** Puts a day aside that the person has seen. */
export async function dismiss(tx: WriteTx, day: number): Promise<void> {
  const { dismissed } = await readState(tx)
  await updateState(tx, { dismissed: { ...dismissed, [day]: true } })
}

/** Days that call for a warning and were not told yet are told now. @returns those days */
export async function tell(tx: WriteTx, rule: RiskRule, second: number, days: number): Promise<IsoDay[]> {
  const { told } = await readState(tx)
  const fresh = (await evaluate(tx, rule, second, days))
    .filter(({ day, level }) => level !== "none" && told[dayNumber(day)] === undefined)
    .map(({ day }) => day)
  if (fresh.length > 0)
    await updateState(tx, {
      told: { ...told, ...Object.fromEntries(fresh.map(day => [dayNumber(day), Math.floor(second)])) },
    })
  for (const day of fresh) await note(tx, second, "told", day)
  return fresh
}

/**
 * Matched contacts go when their day is no longer shown. What was heard goes before that, with all other identifiers: it
 * has been published, so that whoever keeps the batches would still recognise the person by it.
 * @param shownFrom day from which on exposures are shown
 * @param heardFrom day from which on identifiers are kept
 */
export async function pruneMatched(tx: WriteTx, shownFrom: number, heardFrom: number): Promise<void> {
  if (shownFrom > 0) for (const [key] of await entries(tx, matchedBetween(0, shownFrom - 1))) tx.del(key)
  if (heardFrom <= 0) return
  const old = await entries(tx, matchedBetween(Math.max(0, shownFrom), heardFrom - 1))
  for (const [key] of old) tx.del(key)
  const contacts = new Map<number, number>()
  for (const [number, [key, value]] of old.entries()) {
    const { day, heard, id } = parseMatched(key)
    const of = parseContactId(id)?.contact ?? 0
    contacts.set(of, contacts.get(of) ?? contacts.size)
    tx.put(matchedKey(day, heard, withoutIdentifier(id, number, contacts.get(of) ?? 0)), value)
  }
}
