import { time } from "../crypto/index.ts"
import { entries, matchedBetween, parseMatched } from "./layout.ts"
import type { ReadTx, WriteTx } from "./ports.ts"
import { parseScans } from "./record.ts"
import { type DayResult, dayNumber, type IsoDay, isoDay, type RiskRule, type Window } from "./risk/index.ts"
import { readState, updateState } from "./state.ts"

/** What is known of every contact of designs 1 to 3: a confirmed test, and no days since onset. */
const CONTACT = { infectiousness: 1, reportType: 1, calibration: 2 } as const

/** One window for each matched identifier. */
async function windows(tx: ReadTx, firstDay: number): Promise<Window[]> {
  return (await entries(tx, matchedBetween(firstDay))).map(([key, value]) => ({
    day: isoDay(parseMatched(key).day),
    scans: parseScans(value),
    ...CONTACT,
  }))
}

/** Every day with a contact, as the rule judges it. */
export async function evaluate(
  tx: ReadTx,
  rule: RiskRule,
  second: number,
  days: number,
): Promise<readonly DayResult[]> {
  const today = time.day(second)
  return rule.evaluate(await windows(tx, Math.max(0, today - days)), isoDay(today))
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
  return fresh
}

/** Matched contacts go when their day is no longer shown. */
export async function pruneMatched(tx: WriteTx, firstDay: number): Promise<void> {
  if (firstDay > 0) for (const [key] of await entries(tx, matchedBetween(0, firstDay - 1))) tx.del(key)
}
