import type { TreeFiles } from "./files.ts"
import { type Finding, type FindingCode, Findings } from "./findings.ts"
import { auditHead, type HeadChecks } from "./head.ts"
import { auditTree } from "./tree.ts"

export interface LogAudit extends HeadChecks {
  readonly files: TreeFiles
  /** How far long work has come: steps done of a kind of work, and how many there are. */
  readonly progress?: (what: "leaves", steps: number, total: number) => void
}

/** What an audit of a log has found. */
export interface LogReport {
  /** The head that was audited; null when it could not be believed. */
  readonly head: { readonly origin: string; readonly size: number; readonly bucket: number } | null
  readonly findings: readonly Finding[]
  /** How often each code was found, those beyond the first hundred of a code included. */
  readonly counts: Readonly<Partial<Record<FindingCode, number>>>
}

/**
 * Checks of a log everything that can be checked from outside, over the static tree alone (protocol §§7–9).
 * @throws LindungError not-found when there is no log; whatever the files reject with
 */
export async function auditLog(audit: LogAudit): Promise<LogReport> {
  const { files, progress = () => {} } = audit
  const findings = new Findings()
  const report = (head: LogReport["head"]): LogReport => ({ head, findings: findings.named, counts: findings.counts })
  const heads = await auditHead(files, audit, findings)
  if (heads === undefined) return report(null)
  const { origin, size, bucket } = heads.head
  const advance = (steps: number): void => progress("leaves", steps, size)
  await auditTree(heads, { files, findings, advance })
  return report({ origin, size, bucket })
}
