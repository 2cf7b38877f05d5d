/**
 * Matching at full speed: which of many published keys explain which of many observations. Two back ends, chosen once
 * by what the engine offers, find the same candidates as the `candidates` functions of the four schedules, which
 * remain the definition. Published keys and heard identifiers only: no secret of a phone passes through here.
 * @module
 */
import { EPOCH_MINUTES, MINUTES_PER_DAY, WINDOW_MINUTES } from "../time.ts"
import { type Backend, GAEN, HYBRID, LOW_COST, type Schedule } from "./backend.ts"
import { gaenStretches, gaenTables, matchExposureKeys } from "./gaen.ts"
import { matchWindowSeeds } from "./hybrid.ts"
import { JsBackend } from "./js.ts"
import type { PublishedKeys } from "./keys.ts"
import { matchDayKeys } from "./low-cost.ts"
import type { Design, Designs, Search, SearchOptions } from "./matcher.ts"
import { requireBatch, requireCount, requireObservations } from "./require.ts"
import { compileKernel, memoryFor, SimdBackend } from "./simd.ts"
import { type Allocate, type Observations, Tables } from "./tables.ts"

export {
  type AsyncMatcher,
  type AsyncSearch,
  type Design,
  type Designs,
  inThread,
  type MatchOptions,
  type Pace,
  type Search,
  type SearchOptions,
} from "./matcher.ts"
export { requireBatch } from "./require.ts"
export type { Observations, PublishedKeys }

export type BackendName = "simd" | "js"

export interface Matcher {
  readonly backend: BackendName
  /**
   * Builds the tables of what was heard.
   * @throws TypeError, RangeError for columns that do not fit together
   */
  search<D extends Design>(
    design: D,
    observations: Observations,
    options?: SearchOptions,
  ): Search<Designs[D]["batch"], Designs[D]["found"]>
}

/** What a design brings to a search: its schedule, its tables, and its walk over the keys. */
interface Plan<Found> {
  readonly schedule: Schedule
  readonly tables: Tables
  walk(backend: Backend, keys: PublishedKeys): Generator<number, Found[]>
}

const unitTables = ({ identifiers, times }: Observations, allocate: Allocate): Tables =>
  new Tables(
    identifiers,
    times,
    times.map((_, i) => i),
    allocate,
  )

const plans: {
  [D in Design]: (heard: Observations, options: SearchOptions, allocate: Allocate) => Plan<Designs[D]["found"]>
} = {
  "low-cost"(heard, { identifiersPerKey = MINUTES_PER_DAY / EPOCH_MINUTES }, allocate) {
    requireCount("identifiersPerKey", identifiersPerKey, n => MINUTES_PER_DAY % n === 0, "a divisor of 1440")
    const tables = unitTables(heard, allocate)
    return {
      schedule: LOW_COST,
      tables,
      walk: (backend, keys) => matchDayKeys(backend, tables, keys, identifiersPerKey),
    }
  },
  hybrid(heard, { identifiersPerKey = WINDOW_MINUTES / EPOCH_MINUTES }, allocate) {
    requireCount("identifiersPerKey", identifiersPerKey, n => n <= MINUTES_PER_DAY, "1 to 1440")
    const tables = unitTables(heard, allocate)
    return {
      schedule: HYBRID,
      tables,
      walk: (backend, keys) => matchWindowSeeds(backend, tables, keys, identifiersPerKey),
    }
  },
  gaen(heard, _, allocate) {
    const tables = gaenTables(heard, allocate)
    const stretches = gaenStretches(heard.times)
    return {
      schedule: GAEN,
      tables,
      walk: (backend, keys) => matchExposureKeys(backend, tables, stretches, heard.times, keys),
    }
  },
}

/**
 * Chooses the back end, once.
 * @param options.backend asks for one; without it, the fastest that the engine offers
 * @throws TypeError when "simd" is asked for where the engine has none
 */
export function createMatcher(options: { readonly backend?: BackendName } = {}): Matcher {
  const kernel = options.backend === "js" ? undefined : compileKernel()
  if (options.backend === "simd" && kernel === undefined)
    throw new TypeError("backend: this engine has no WebAssembly with SIMD")
  return {
    backend: kernel === undefined ? "js" : "simd",
    search(design, observations, options = {}) {
      requireObservations(observations)
      const heard = { identifiers: observations.identifiers.slice(), times: observations.times.slice() }
      if (kernel === undefined) {
        const plan = plans[design](heard, options, words => new Uint32Array(words))
        return start(design, plan, new JsBackend(plan.schedule, plan.tables.words))
      }
      let memory: ReturnType<typeof memoryFor>["memory"]
      const plan = plans[design](heard, options, length => {
        const made = memoryFor(length)
        memory = made.memory
        return made.words
      })
      return start(design, plan, new SimdBackend(kernel, plan.schedule, memory!))
    },
  }
}

function start<Found extends { key: number; observation: number }>(
  design: Design,
  { walk }: Plan<Found>,
  backend: Backend,
): Search<PublishedKeys, Found> {
  let current = 0
  return {
    *match(keys) {
      requireBatch(design, keys)
      const mine = ++current
      const steps = walk(backend, keys)
      for (;;) {
        if (mine !== current) throw new TypeError("match: another batch was started in this search")
        const step = steps.next()
        if (step.done) return step.value.sort((a, b) => a.key - b.key || a.observation - b.observation)
        yield step.value
      }
    },
  }
}
