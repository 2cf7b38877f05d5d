import type { GaenCandidate } from "../gaen.ts"
import type { Candidate } from "../identifiers.ts"
import type { PublishedKeys } from "./keys.ts"
import type { Observations } from "./tables.ts"

/** For each design, what a batch of it is and what is found in one. A design whose batch is a filter fits as well. */
export interface Designs {
  "low-cost": { batch: PublishedKeys; found: Candidate }
  hybrid: { batch: PublishedKeys; found: Candidate }
  gaen: { batch: PublishedKeys; found: GaenCandidate }
}
export type Design = keyof Designs

export interface SearchOptions {
  /** n = 1440 / L for low-cost (96), W / L for hybrid (8); GAEN has one for each interval of the key */
  readonly identifiersPerKey?: number
}

/** One search: the tables of what a phone heard, against which batches are matched one after the other. */
export interface Search<Batch, Found> {
  /**
   * Matches one batch, or a part of one, in steps: each `next()` does one pass over the lanes (a millisecond or less
   * on a phone of today) and yields the part of the batch that is done, from 0 to 1. To pause, call `next()` later; to
   * cancel, do not call it again. Starting a batch ends the one before.
   * @returns all candidates, ordered by key, then observation; `key` counts within this batch
   * @throws TypeError, RangeError for columns that do not fit together, at the first `next()`
   */
  match(batch: Batch): Generator<number, Found[], void>
}

export interface MatchOptions {
  /** asked after every step; when it says true, the match ends without a result */
  readonly cancelled?: () => boolean
  /** told the part of the batch that is done, from 0 to 1, never less than before */
  readonly progress?: (part: number) => void
}

/** The port that a client matches through: obligations as for {@link Search}, but the work may be elsewhere. */
export interface AsyncSearch<Batch, Found> {
  /** @returns all candidates, or undefined when it was cancelled */
  match(batch: Batch, options?: MatchOptions): Promise<Found[] | undefined>
  /** Releases what the search holds; no match may be running. */
  close(): Promise<void>
}

export interface AsyncMatcher {
  search<D extends Design>(
    design: D,
    observations: Observations,
    options?: SearchOptions,
  ): Promise<AsyncSearch<Designs[D]["batch"], Designs[D]["found"]>>
}

/** How to share a thread with others. */
export interface Pace {
  /** milliseconds of a clock that only runs forwards */
  now(): number
  /** resolves when others have had their turn */
  pause(): Promise<void>
  /** longest stretch of work between two pauses */
  readonly stretchMs: number
}

/** The port over a matcher in the caller's own thread: works for `stretchMs`, lets others work, goes on. */
export function inThread(
  matcher: {
    search<D extends Design>(
      design: D,
      observations: Observations,
      options?: SearchOptions,
    ): Search<Designs[D]["batch"], Designs[D]["found"]>
  },
  pace: Pace,
): AsyncMatcher {
  return {
    async search(design, observations, options) {
      const search = matcher.search(design, observations, options)
      return {
        async match(batch, { cancelled, progress } = {}) {
          const steps = search.match(batch)
          for (let began = pace.now(); ; ) {
            const step = steps.next()
            if (step.done) return step.value
            progress?.(step.value)
            if (cancelled?.()) return undefined
            if (pace.now() - began < pace.stretchMs) continue
            await pace.pause()
            began = pace.now()
          }
        },
        async close() {},
      }
    },
  }
}
