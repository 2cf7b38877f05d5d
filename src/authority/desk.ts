import type { AuditEntry, AuditHead } from "./audit.ts"
import type { BulkLine, BulkOrder } from "./bulk.ts"
import type { ActivateOrder, Permission, SignOrder } from "./issue.ts"
import type { MechanismName } from "./mechanism.ts"
import type { DayStatistics } from "./statistics.ts"

/** The authority's verbs that its staff uses (`Authority` says what each does); of the authority itself, or of one to train on. */
export interface Desk {
  readonly mechanism: MechanismName
  bulkIssue(order: BulkOrder, by: string): Promise<BulkLine[]>
  activate(order: ActivateOrder, by: string): Promise<Permission>
  signCommitment(order: SignOrder, by: string): Promise<Permission>
  revoke(given: string, by: string): Promise<boolean>
  contagiousDayOf(date: string): number
  statistics(days: { readonly firstDay: number; readonly lastDay: number }): Promise<DayStatistics[]>
  audit(page: { readonly after: number; readonly limit: number }): Promise<AuditEntry[]>
  auditHead(): Promise<AuditHead>
}

/** More sandboxes than this are never open: the one that was unused longest goes, and its trainee begins anew. */
const MAX_SANDBOXES = 64

export interface Sandbox extends Desk {
  close(): Promise<void>
}

/** An authority of its own for each session that trains, in memory and under keys that nobody has. */
export interface Sandboxes {
  of(session: string): Promise<Desk>
  drop(session: string): Promise<void>
  close(): Promise<void>
}

export function sandboxes(open: () => Promise<Sandbox>): Sandboxes {
  const opened = new Map<string, Promise<Sandbox>>()

  async function drop(session: string): Promise<void> {
    const sandbox = opened.get(session)
    opened.delete(session)
    await (await sandbox)?.close()
  }

  return {
    async of(session) {
      const sandbox = opened.get(session) ?? open()
      opened.delete(session)
      opened.set(session, sandbox)
      const [oldest] = opened.keys()
      if (opened.size > MAX_SANDBOXES) await drop(oldest!)
      return sandbox
    },
    drop,
    async close() {
      await Promise.all([...opened.keys()].map(drop))
    },
  }
}
