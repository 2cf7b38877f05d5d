import { time } from "../crypto/index.ts"
import type { Design, Lengths } from "../protocol/index.ts"
import type { Config } from "./config.ts"
import { readActions } from "./delivery.ts"
import { pruneMatched } from "./exposure.ts"
import { pruneJournal } from "./journal.ts"
import { pruneObservations } from "./match.ts"
import type { WriteTx } from "./ports.ts"
import { pruneReceipts } from "./receipts.ts"
import { pruneDraft } from "./report.ts"
import { pruneSecrets } from "./schedule.ts"
import { readState, updateState } from "./state.ts"

/**
 * What is too old goes: of everything that was heard or broadcast, of exposures, receipts and drafts (protocol §3), and
 * what the phone still knows of a report or a warning.
 */
export async function prune(
  tx: WriteTx,
  of: { design: Design; lengths: Lengths; now: number; retention: Config["retention"] },
): Promise<void> {
  const { design, lengths, now, retention } = of
  const today = time.day(now)
  const firstDay = today - retention.contactDays + 1
  await pruneSecrets(tx, design, firstDay, lengths)
  await pruneObservations(tx, design, firstDay, lengths)
  await pruneMatched(tx, today - retention.exposureDays, firstDay)
  await pruneReceipts(tx, time.bucket((firstDay - 1) * time.SECONDS_PER_DAY))
  if ((await readActions(tx)).every(({ kind }) => kind !== "report"))
    await pruneDraft(tx, { design, lengths, now, firstDay })
  await pruneJournal(tx, firstDay * time.SECONDS_PER_DAY)
  const { sent, refused, told, dismissed } = await readState(tx)
  const isOld = (of: { readonly at: number } | undefined) => of !== undefined && time.day(of.at) < firstDay
  const shown = <T>(days: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(days).filter(([day]) => Number(day) >= today - retention.exposureDays))
  await updateState(tx, {
    prunedAt: now,
    told: shown(told),
    dismissed: shown(dismissed),
    ...(isOld(sent) && { sent: undefined }),
    ...(isOld(refused) && { refused: undefined }),
  })
}
