import { type GaenCandidate, KEY_BYTES, ROLLING_PERIOD, type Rpik, rpi, rpik, TOLERANCE_INTERVALS } from "../gaen.ts"
import { type Backend, LANES, newLanes, scan } from "./backend.ts"
import { lowerBound, nextChunk, type PublishedKeys, putKeys, secretOf } from "./keys.ts"
import { type Allocate, type Observations, Tables } from "./tables.ts"

/** Keys sorted at once: enough for each rolling start to fill its lanes many times over. */
const SORTED = 32_768

/** The units of the tables: days of identifiers, 144 intervals each. */
const dayOf = (interval: number): number => Math.floor(interval / ROLLING_PERIOD)
const earliest = (heard: number): number => Math.max(0, heard - TOLERANCE_INTERVALS)
const latest = (heard: number): number => Math.min(2 ** 32 - 1, heard + TOLERANCE_INTERVALS)

/** An observation stands in the table of every day whose identifiers it may be: one, or two near midnight. */
export function gaenTables({ identifiers, times }: Observations, allocate: Allocate): Tables {
  const days = new Uint32Array(2 * times.length)
  const entries = new Uint32Array(2 * times.length)
  let count = 0
  for (let i = 0; i < times.length; i++) {
    const last = dayOf(latest(times[i]!))
    for (let day = dayOf(earliest(times[i]!)); day <= last; day++) {
      days[count] = day
      entries[count++] = i
    }
  }
  return new Tables(identifiers, days.subarray(0, count), entries.subarray(0, count), allocate)
}

/** Stretches of intervals within the tolerance of something heard, none longer than a day: the only ones to compute. */
export interface Stretches {
  /** ascending, both ends included */
  readonly first: Uint32Array
  readonly last: Uint32Array
}

export function gaenStretches(times: Uint32Array): Stretches {
  const first: number[] = []
  const last: number[] = []
  for (const heard of Uint32Array.from(new Set(times)).sort()) {
    // Up to here it is covered already, and stretches end with the table that they are looked up in.
    let from = Math.max(earliest(heard), (last.at(-1) ?? -1) + 1)
    while (from <= latest(heard)) {
      const to = Math.min(latest(heard), ROLLING_PERIOD * (dayOf(from) + 1) - 1)
      if (last.at(-1) === from - 1 && dayOf(from - 1) === dayOf(from)) last[last.length - 1] = to
      else {
        first.push(from)
        last.push(to)
      }
      from = to + 1
    }
  }
  return { first: Uint32Array.from(first), last: Uint32Array.from(last) }
}

/**
 * Sorts keys by rolling start, so that the lanes of a pass share their intervals, and computes those within the
 * tolerance of something heard. Yields the part of the work that is done, after every pass over the lanes.
 */
export function* matchExposureKeys(
  backend: Backend,
  tables: Tables,
  stretches: Stretches,
  times: Uint32Array,
  keys: PublishedKeys,
): Generator<number, GaenCandidate[]> {
  const found: GaenCandidate[] = []
  const count = keys.first.length
  const lanes = newLanes()
  for (let begin = 0; begin < count; ) {
    const { order, end } = nextChunk(keys, begin, SORTED, key => {
      const stretch = lowerBound(stretches.last, keys.first[key]!)
      return (stretches.first[stretch] ?? Infinity) <= keys.last[key]!
    })
    for (let from = 0; from < order.length; from += LANES) {
      const group = order.subarray(from, from + LANES)
      lanes.count = group.length
      group.forEach((key, lane) => {
        lanes.first[lane] = keys.first[key]!
        lanes.last[lane] = keys.last[key]!
      })
      putKeys(backend, 0, keys, KEY_BYTES, group)
      backend.expand(0, group.length)
      const rpiks = new Map<number, Rpik>()
      const first = lanes.first[0]!
      const last = lanes.last.subarray(0, group.length).reduce((a, b) => Math.max(a, b), 0)
      for (let s = lowerBound(stretches.last, first); (stretches.first[s] ?? Infinity) <= last; s++) {
        const a = Math.max(first, stretches.first[s]!)
        const b = Math.min(last, stretches.last[s]!)
        lanes.tables.fill(tables.offset(dayOf(a)))
        for (const [lane, interval] of scan(backend, a, b + 1, lanes)) {
          if (interval < lanes.first[lane]! || interval > lanes.last[lane]!) continue
          const key = group[lane]!
          const cipherKey = rpiks.get(lane) ?? rpik(secretOf(keys, KEY_BYTES, key))
          rpiks.set(lane, cipherKey)
          const identifier = rpi(cipherKey, interval)
          for (const observation of tables.find(dayOf(interval), identifier))
            if (Math.abs(times[observation]! - interval) <= TOLERANCE_INTERVALS)
              found.push({ key, observation, interval })
        }
        const part = (b - first + 1) / (last - first + 1)
        yield (begin + ((end - begin) * (from + group.length * part)) / order.length) / count
      }
    }
    begin = end
    yield begin / count
  }
  return found
}
