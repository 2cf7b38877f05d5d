import type { Cancel } from "../protocol/index.ts"
import type { Consent } from "./consent.ts"
import type { Erasable } from "./data.ts"
import type { JournalEntry } from "./journal.ts"
import type { EpochMs, TaskId } from "./ports.ts"
import type { Draft } from "./prepare-report.ts"
import type { PreparedTest } from "./prepare-test.ts"
import type { DayResult, IsoDay } from "./risk/index.ts"
import type { Status, SyncResult, Tracing } from "./status.ts"

/**
 * What an app can ask of the library. `status`, `watch` and `sync` answer with what is wrong, that of the store included;
 * a verb that cannot do what it was asked for, because the store cannot, throws a LindungError.
 */
export interface Client extends AsyncDisposable {
  /** Broadcasts and listens from now on. Trouble with the radio is a state, and not an error. */
  start(): Promise<Tracing>
  stop(): Promise<void>
  status(): Promise<Status>
  /** The status now, and again whenever it may have changed, until the signal aborts. */
  watch(signal?: Cancel): AsyncIterable<Status>
  /** Learns from the batches that are new. `force` does not wait for the interval, nor after a failure. */
  sync(o?: { signal?: Cancel; force?: boolean }): Promise<SyncResult>
  /**
   * For the host's scheduler. Does what is due, and arms what comes next, also after a failure.
   * @throws LindungError of what failed, for a host whose system wants to know; a failed sync is in the status alone
   */
  run(task: TaskId, o: { signal: Cancel; deadline?: EpochMs }): Promise<void>
  prepareReport(o: { onset: IsoDay; proof: string; consent: Consent }): Promise<Draft>
  /**
   * Before a test, where the authority's mechanism is data-bound: what the test site scans. The phone asks for the result
   * by itself and reports when it is positive, so that consent is given here.
   * @throws LindungError state in another mechanism, while a report is sent, and while another test waits
   */
  prepareTest(o: { consent: Consent }): Promise<PreparedTest>
  /** What every scan contributed to a day. */
  explain(day: IsoDay): Promise<DayResult>
  /** Puts a day aside that the person has seen. */
  dismiss(day: IsoDay): Promise<void>
  journal(o?: { since?: EpochMs }): AsyncIterable<JournalEntry>
  /** What the log has signed and cannot all be true, once that was seen: a file that `lindung audit proof` verifies. */
  misbehaviour(): Promise<Uint8Array | undefined>
  /** All that is stored, as lines of JSON; own keys only when they are asked for. */
  exportData(o: { includeOwnKeys: boolean }): AsyncIterable<Uint8Array>
  erase(what: Erasable): Promise<void>
  close(): Promise<void>
}
