import type { LindungError } from "../protocol/index.ts"
import type { EpochMs, Impediment, TaskId } from "./ports.ts"
import type { Dropped } from "./record.ts"
import type { DayResult, IsoDay } from "./risk/index.ts"

/** Whether the phone broadcasts and listens. */
export type Tracing =
  | { readonly is: "off" }
  | { readonly is: "on"; readonly since: EpochMs }
  | { readonly is: "limited"; readonly by: readonly [Impediment, ...Impediment[]] }

/** What is known about the person's contacts; `unknown` before the first check. */
export type Exposure =
  | { readonly is: "unknown" }
  | { readonly is: "none"; readonly checkedAt: EpochMs }
  | {
      readonly is: "exposed"
      readonly days: readonly DayResult[]
      readonly firstToldAt: EpochMs
      /** The person has put every one of these days aside. */
      readonly dismissed: boolean
    }

/** How far the person's own report is. */
export type ReportStatus =
  /** With an error: the authority did not accept the code, and nothing was reported. */
  | { readonly is: "none"; readonly error?: LindungError }
  | { readonly is: "draft"; readonly expiresAt: EpochMs }
  /** The phone asks for the result of a test until then, and reports by itself when it is positive. */
  | { readonly is: "tested"; readonly expiresAt: EpochMs }
  | { readonly is: "sending" }
  /** With an error: the server did not publish it as promised. It was sent a second time, and there is no third. */
  | { readonly is: "sent"; readonly at: EpochMs; readonly days: readonly IsoDay[]; readonly error?: LindungError }

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
  /**
   * Identifiers that are kept, heard or matched. `lastAt`, and how many packets were not kept and why, are forgotten
   * when the app ends.
   */
  readonly contacts: { readonly windows: number; readonly lastAt?: EpochMs; readonly dropped: Readonly<Dropped> }
  readonly next: Partial<Record<TaskId, EpochMs>>
}
