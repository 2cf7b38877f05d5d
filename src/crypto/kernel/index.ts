/**
 * Matching at full speed: which of many published keys explain which of many observations. Two back ends, chosen once
 * by what the engine offers, find the same candidates as the `candidates` functions of the four schedules, which
 * remain the definition. Published keys and heard identifiers only: no secret of a phone passes through here.
 * @module
 */
import { requireByteArray } from "../bytes.ts"
import { type GaenCandidate, KEY_BYTES, ROLLING_PERIOD } from "../gaen.ts"
import { WINDOW_SEED_BYTES } from "../hybrid.ts"
import { type Candidate, EPHID_BYTES } from "../identifiers.ts"
import { DAY_KEY_BYTES } from "../low-cost.ts"
import { EPOCH_MINUTES, MINUTES_PER_DAY, WINDOW_MINUTES } from "../time.ts"
import { type Backend, GAEN, HYBRID, LOW_COST, type Schedule } from "./backend.ts"
import { gaenStretches, gaenTables, matchExposureKeys } from "./gaen.ts"
import { matchWindowSeeds } from "./hybrid.ts"
import { JsBackend } from "./js.ts"
import type { PublishedKeys } from "./keys.ts"
import { matchDayKeys } from "./low-cost.ts"
import { compileKernel, SimdBackend } from "./simd.ts"
import { type Observations, Tables } from "./tables.ts"

export type { Observations, PublishedKeys }

export type BackendName = "simd" | "js"

/** One search: the tables of what a phone heard, against which batches are matched one after the other. */
export interface Search<Batch, Found> {
  /**
   * Matches one batch, or a part of one, in steps: each `next()` does one pass over the lanes (a millisecond or so)
   * and yields the part of the batch that is done, from 0 to 1. To pause or to cancel, do not call `next()`.
   * Starting a batch ends the one before.
   * @returns all candidates, ordered by key, then observation; `key` counts within this batch
   * @throws TypeError, RangeError for columns that do not fit together, at the first `next()`
   */
  match(batch: Batch): Generator<number, Found[], void>
}

export interface Matcher {
  readonly backend: BackendName
  /** @param epochsPerDay n = 1440 / L identifiers of each day key; the observations' times are days */
  lowCost(observations: Observations, epochsPerDay?: number): Search<PublishedKeys, Candidate>
  /** @param perWindow n = W / L identifiers of each seed; the observations' times are windows */
  hybrid(observations: Observations, perWindow?: number): Search<PublishedKeys, Candidate>
  /** The observations' times are 10-minute intervals; the tolerance is ±12 (protocol §3). */
  gaen(observations: Observations): Search<PublishedKeys, GaenCandidate>
}

/**
 * Chooses the back end, once.
 * @param options.backend asks for one; without it, the fastest that the engine offers
 */
export function createMatcher(options: { readonly backend?: BackendName } = {}): Matcher {
  const kernel = options.backend === "js" ? undefined : compileKernel()
  if (options.backend === "simd" && kernel === undefined)
    throw new TypeError("backend: this engine has no WebAssembly with SIMD")
  const start = (schedule: Schedule, { words }: Tables): Backend =>
    kernel === undefined ? new JsBackend(schedule, words) : new SimdBackend(kernel, schedule, words)

  function search<Found extends Candidate>(
    schedule: Schedule,
    tables: Tables,
    size: number,
    refuse: (keys: PublishedKeys) => void,
    passes: (backend: Backend, keys: PublishedKeys) => Generator<number, Found[]>,
  ): Search<PublishedKeys, Found> {
    const backend = start(schedule, tables)
    let current = 0
    return {
      *match(keys) {
        requireKeys(keys, size)
        refuse(keys)
        const mine = ++current
        const work = passes(backend, keys)
        for (;;) {
          if (mine !== current) throw new TypeError("match: a later batch was started in the same search")
          const step = work.next()
          if (step.done) return step.value.sort((a, b) => a.key - b.key || a.observation - b.observation)
          yield step.value
        }
      },
    }
  }

  return {
    backend: kernel === undefined ? "js" : "simd",
    lowCost(observations, epochsPerDay = MINUTES_PER_DAY / EPOCH_MINUTES) {
      requireObservations(observations)
      requireCount("epochsPerDay", epochsPerDay, n => MINUTES_PER_DAY % n === 0, "a divisor of 1440")
      const tables = unitTables(observations)
      return search(
        LOW_COST,
        tables,
        DAY_KEY_BYTES,
        () => {},
        (backend, keys) => matchDayKeys(backend, tables, keys, epochsPerDay),
      )
    },
    hybrid(observations, perWindow = WINDOW_MINUTES / EPOCH_MINUTES) {
      requireObservations(observations)
      requireCount("perWindow", perWindow, n => n <= MINUTES_PER_DAY, "1 to 1440")
      const tables = unitTables(observations)
      return search(HYBRID, tables, WINDOW_SEED_BYTES, requireOneWindow, (backend, keys) =>
        matchWindowSeeds(backend, tables, keys, perWindow),
      )
    },
    gaen(observations) {
      requireObservations(observations)
      const tables = gaenTables(observations)
      const stretches = gaenStretches(observations.times)
      const times = observations.times.slice()
      return search(GAEN, tables, KEY_BYTES, requirePeriods, (backend, keys) =>
        matchExposureKeys(backend, tables, stretches, times, keys),
      )
    },
  }
}

const unitTables = ({ identifiers, times }: Observations): Tables =>
  new Tables(identifiers, times.length, i => [times[i]!, times[i]!])

function requireTimes(name: string, length: number, column: Uint32Array): void {
  if (Object.prototype.toString.call(column) !== "[object Uint32Array]")
    throw new TypeError(`${name}: expected a Uint32Array, got ${typeof column}`)
  if (column.length !== length) throw new RangeError(`${name}: expected ${length} entries, got ${column.length}`)
}

function requireColumn(name: string, bytes: Uint8Array, size: number, count: number): void {
  requireByteArray(name, bytes)
  if (bytes.length !== size * count)
    throw new RangeError(`${name}: expected ${count} times ${size} bytes, got ${bytes.length} bytes`)
}

function requireObservations({ identifiers, times }: Observations): void {
  requireTimes("times", times.length, times)
  requireColumn("identifiers", identifiers, EPHID_BYTES, times.length)
}

function requireKeys({ secrets, first, last }: PublishedKeys, size: number): void {
  requireTimes("first", first.length, first)
  requireTimes("last", first.length, last)
  requireColumn("secrets", secrets, size, first.length)
}

function requireOneWindow({ first, last }: PublishedKeys): void {
  first.forEach((window, key) => {
    if (last[key] !== window)
      throw new RangeError(`last: expected window ${window} again for key ${key}, got ${last[key]}`)
  })
}

function requirePeriods({ first, last }: PublishedKeys): void {
  first.forEach((start, key) => {
    const period = last[key]! - start + 1
    if (period < 1 || period > ROLLING_PERIOD)
      throw new RangeError(`last: expected 1 to ${ROLLING_PERIOD} intervals for key ${key}, got ${period}`)
  })
}

function requireCount(name: string, value: number, fits: (n: number) => boolean, expected: string): void {
  if (!Number.isInteger(value) || value < 1 || !fits(value))
    throw new RangeError(`${name}: expected ${expected}, got ${value}`)
}
