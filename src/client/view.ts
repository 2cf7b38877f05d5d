import { type Design, type Lengths, LindungError } from "../protocol/index.ts"
import { readActions } from "./delivery.ts"
import { evaluate } from "./exposure.ts"
import type { EpochMs, ReadTx } from "./ports.ts"
import { NOTHING_DROPPED } from "./record.ts"
import { readReport } from "./report.ts"
import { dayNumber, isoDay, type RiskRule } from "./risk/index.ts"
import { readState } from "./state.ts"
import type { Exposure, ReportStatus, Status } from "./status.ts"

const ms = (second: number): EpochMs => Math.round(second * 1000) as EpochMs

/** What is shown as long as nothing can be read. */
export const NOTHING_KNOWN: Omit<Status, "tracing"> = {
  exposure: { is: "unknown" },
  report: { is: "none" },
  contacts: { windows: 0, dropped: NOTHING_DROPPED },
  next: {},
}

/** What is shown of the person's contacts. */
export async function exposureIn(
  tx: ReadTx,
  o: { rule: RiskRule; now: number; exposureDays: number },
): Promise<Exposure> {
  const { told, dismissed, syncedAt } = await readState(tx)
  if (syncedAt === undefined) return { is: "unknown" }
  const days = (await evaluate(tx, o.rule, o.now, o.exposureDays)).filter(({ level }) => level !== "none")
  if (days.length === 0) return { is: "none", checkedAt: ms(syncedAt) }
  const first = Math.min(...days.map(({ day }) => told[dayNumber(day)] ?? syncedAt))
  const isDismissed = days.every(({ day }) => dismissed[dayNumber(day)] === true)
  return { is: "exposed", days, firstToldAt: ms(first), dismissed: isDismissed }
}

/** Why a report came to nothing. */
export const refusal = (why: "proof-invalid" | "no-keys"): LindungError =>
  new LindungError(why, why === "no-keys" ? "nothing is left to report" : "the authority does not accept this code")

/** How far the person's own report is. */
export async function reportIn(
  tx: ReadTx,
  o: { design: Design; lengths: Lengths; now: number },
): Promise<ReportStatus> {
  const { sent, refused } = await readState(tx)
  const action = (await readActions(tx)).find(({ kind }) => kind === "report")
  if (action !== undefined && action.phase !== "second") return { is: "sending" }
  const draft = action === undefined ? await readReport(tx, o.design, o.lengths) : undefined
  if (draft !== undefined && draft.expiresAt >= o.now)
    return { is: draft.isTest ? "tested" : "draft", expiresAt: ms(draft.expiresAt) }
  if (refused !== undefined && refused.at >= (sent?.at ?? 0)) return { is: "none", error: refusal(refused.why) }
  if (sent === undefined) return { is: "none" }
  const missed = sent.missed && new LindungError("not-published", "the report was not in the batch it was promised for")
  return { is: "sent", at: ms(sent.at), days: sent.days.map(isoDay), ...(missed && { error: missed }) }
}
