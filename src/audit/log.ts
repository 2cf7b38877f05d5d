import { hex } from "../crypto/index.ts"
import { auditAuthorityKeys, auditIngestKeys, auditParameters } from "./announced.ts"
import { auditBatches, type DesignFacts } from "./batches.ts"
import type { TreeFiles } from "./files.ts"
import { type Finding, type FindingCode, Findings } from "./findings.ts"
import { auditHead, type HeadChecks } from "./head.ts"
import { auditBatchOrder, auditDates, readLogged } from "./leaves.ts"
import { auditTree } from "./tree.ts"

export interface LogAudit extends HeadChecks {
  readonly files: TreeFiles
  /** A mirror keeps what the server has to delete; old batches are then checked instead of reported. */
  readonly isMirror?: boolean
  /** How far long work has come: steps done of a kind of work, and how many there are. */
  readonly progress?: (what: "leaves" | "batches", steps: number, total: number) => void
}

/** What an audit of a log has found. */
export interface LogReport {
  /** The head that was audited; null when it could not be believed. */
  readonly head: { readonly origin: string; readonly size: number; readonly bucket: number } | null
  readonly designs: readonly DesignFacts[]
  readonly findings: readonly Finding[]
  /** How often each code was found, those beyond the first hundred of a code included. */
  readonly counts: Readonly<Partial<Record<FindingCode, number>>>
}

/**
 * Checks of a log everything that can be checked from outside, over the static tree alone (protocol §§7–9). What is
 * not under the signed head is not looked at: nothing can be said of it.
 * @throws LindungError not-found when there is no log, too-large for one of more than 2²⁰ leaves; whatever the files reject with
 */
export async function auditLog(audit: LogAudit): Promise<LogReport> {
  const { files, isMirror = false, progress = () => {} } = audit
  const findings = new Findings()
  const report = (head: LogReport["head"], designs: readonly DesignFacts[] = []): LogReport => ({
    head,
    designs,
    findings: findings.named,
    counts: findings.counts,
  })
  const heads = await auditHead(files, audit, findings)
  if (heads === undefined) return report(null)
  const { head } = heads
  const told = { origin: head.origin, size: head.size, bucket: head.bucket }
  const advance = (steps: number): void => progress("leaves", steps, head.size)
  const served = await auditTree(heads, { files, findings, advance })
  if (served === undefined) return report(told)
  const logged = readLogged(served, findings)
  auditDates(logged, findings)
  const announced = { files, head, logged, findings }
  const sets = await auditParameters(announced)
  await auditIngestKeys(announced)
  await auditAuthorityKeys(announced)
  const leaves = auditBatchOrder(
    head,
    logged,
    sets.map(({ set }) => set),
    findings,
  )
  const designs = await auditBatches(leaves, {
    files,
    head,
    sets,
    loggedSets: new Set(logged.filter(({ type }) => type === "parameters").map(({ hash }) => hex(hash))),
    isPruned: logged[0]?.position !== 0,
    isMirror,
    findings,
    advance: steps => progress("batches", steps, leaves.length),
  })
  return report(told, designs)
}
