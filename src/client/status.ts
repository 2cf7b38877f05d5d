import type { LindungError } from "../protocol/index.ts"
import type { EpochMs, TaskId } from "./ports.ts"
import type { DayResult, IsoDay } from "./risk/index.ts"

/** Whether the phone broadcasts and listens. */
export type Tracing = { readonly is: "off" } | { readonly is: "on"; readonly since: EpochMs }

/** What is known about the person's contacts; `unknown` before the first check. */
export type Exposure =
  | { readonly is: "unknown" }
  | { readonly is: "none"; readonly checkedAt: EpochMs }
  | { readonly is: "exposed"; readonly days: readonly DayResult[]; readonly firstToldAt: EpochMs }

/** How far the person's own report is. */
export type ReportStatus =
  | { readonly is: "none" }
  | { readonly is: "draft"; readonly expiresAt: EpochMs }
  | { readonly is: "sending" }
  | { readonly is: "sent"; readonly at: EpochMs; readonly days: readonly IsoDay[] }

export type SyncResult =
  | { readonly is: "done"; readonly batches: number; readonly keys: number; readonly newDays: readonly IsoDay[] }
  | { readonly is: "skipped"; readonly why: "too-soon" | "running"; readonly until?: EpochMs }
  /** `batches` before the failure are kept. */
  | { readonly is: "failed"; readonly error: LindungError; readonly batches: number }

/** Three independent axes, so that no value hides another. */
export interface Status {
  readonly tracing: Tracing
  readonly exposure: Exposure
  readonly report: ReportStatus
  readonly lastSync?: SyncResult & { readonly at: EpochMs }
  readonly next: Partial<Record<TaskId, EpochMs>>
}
