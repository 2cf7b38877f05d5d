import { base64, kernel } from "../crypto/index.ts"
import { type Cancel, type Design, LindungError } from "../protocol/index.ts"
import { syncDueAt } from "./agenda.ts"
import type { Config } from "./config.ts"
import type { Trust } from "./head.ts"
import { note } from "./journal.ts"
import { paceOf } from "./match.ts"
import type { EpochMs, Ports } from "./ports.ts"
import { notBefore, noteFailure, noteSuccess, retryAt, waitSeconds } from "./retry.ts"
import type { IsoDay, RiskRule } from "./risk/index.ts"
import { readState, updateState } from "./state.ts"
import type { SyncResult } from "./status.ts"
import { sync } from "./sync.ts"
import type { Tracer } from "./tracing.ts"

/** What syncing needs of the client. */
export interface Learning {
  readonly config: Config
  readonly ports: Ports
  readonly trust: Trust
  readonly design: Design
  readonly rule: RiskRule
  readonly tracer: Tracer
  /** Whose archives are taken. */
  readonly exportKeys: readonly Uint8Array[]
}

/** Learns from batches: when it is time to, what came of it, and when to try again. */
export class Learner {
  readonly #of: Learning
  #matcher: kernel.AsyncMatcher | undefined

  constructor(of: Learning) {
    this.#of = of
  }

  /** One sync; a failure is a result, and is noted with the time before which trying again is of no use. */
  async sync(signal: Cancel, force: boolean): Promise<SyncResult> {
    const { config, ports, tracer } = this.#of
    const { store, random } = ports
    const now = tracer.now()
    const newDays: IsoDay[] = []
    let batches = 0
    let keys = 0
    try {
      const state = await store.read(readState)
      const interval = syncDueAt(state.syncedAt, now, config.sync.minIntervalHours * 3600)
      const until = Math.max(interval, retryAt(state, "sync", now))
      if (!force && now < until) return { is: "skipped", why: "too-soon", until: (until * 1000) as EpochMs }
      await this.#takeBatches(signal, now, (done, held, fresh) => {
        batches = done
        keys += held
        newDays.push(...fresh)
      })
      await store.write(async tx => {
        await updateState(tx, { second: tracer.second(), syncedAt: now })
        await noteSuccess(tx, "sync")
        await note(tx, now, "synced", String(batches))
      })
      return { is: "done", batches, keys, newDays }
    } catch (error) {
      if (!(error instanceof LindungError)) throw error
      if (error.code === "aborted") return { is: "failed", error, batches }
      const noted = store.write(async tx => {
        await note(tx, now, "sync-failed", error.code)
        if (error.proof !== undefined && (await readState(tx)).misbehaviour === undefined)
          await updateState(tx, { misbehaviour: base64(error.proof) })
        return noteFailure(tx, "sync", now, random, error)
      })
      // A full disk takes no note either; what failed is the answer all the same.
      const at = await noted.catch(failure => {
        if (!(failure instanceof LindungError)) throw failure
        return now + waitSeconds(1, random)
      })
      return { is: "failed", error: notBefore(error, at), batches }
    }
  }

  /** The host's matcher, or one in this thread, made when it is needed first. */
  #matching(): { matcher: kernel.AsyncMatcher; pace: kernel.Pace } {
    const { matcher, clock, wait } = this.#of.ports
    const pace = paceOf(clock, wait)
    const made = this.#matcher ?? matcher ?? kernel.inThread(kernel.createMatcher(), pace)
    this.#matcher = made
    return { matcher: made, pace }
  }

  async #takeBatches(signal: Cancel, now: number, progress: Parameters<typeof sync>[1]): Promise<void> {
    const { config, ports, trust, design, rule, tracer, exportKeys } = this.#of
    const { http, store, random, readArchive } = ports
    await tracer.flush()
    await sync(
      {
        http,
        store,
        random,
        files: config.server.files,
        trust,
        design,
        rule,
        exposureDays: config.retention.exposureDays,
        matching: this.#matching(),
        signal,
        now,
        moveLogicalClock: bucket => tracer.moveLogicalClock(bucket),
        readArchive,
        exportKeys,
      },
      progress,
    )
  }
}
