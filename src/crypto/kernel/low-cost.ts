import type { Candidate, EphId } from "../identifiers.ts"
import { DAY_KEY_BYTES, ephIds, nextDayKey } from "../low-cost.ts"
import { type Backend, LANES, MAX_SCAN, newLanes, SLOTS, scan } from "./backend.ts"
import { anyWithin, nextChunk, type PublishedKeys, putKeys, secretOf } from "./keys.ts"
import type { Tables } from "./tables.ts"

/** An expansion costs about as much as this many steps of the chain. */
const EXPANSION = 32

/**
 * Walks the days: on each day the chains that have begun are expanded, if anything was heard on it, and then advanced.
 * Whole days may be skipped, epochs never: the order of a day's identifiers is secret (WP 2.1). Chains of different
 * first days share the lanes. Yields the part of the work that is done, after every pass over the lanes.
 */
export function* matchDayKeys(
  backend: Backend,
  tables: Tables,
  keys: PublishedKeys,
  epochsPerDay: number,
): Generator<number, Candidate[]> {
  const found: Candidate[] = []
  const count = keys.first.length
  const lanes = newLanes()
  lanes.last.fill(epochsPerDay - 1)
  for (let begin = 0; begin < count; ) {
    const { order, end } = nextChunk(keys, begin, SLOTS, key =>
      anyWithin(tables.units, keys.first[key]!, keys.last[key]!),
    )
    const total = work(order, keys, tables)
    let done = 0
    let put = 0
    for (const { day, begun, last } of days(order, keys, tables)) {
      putKeys(backend, put, keys, DAY_KEY_BYTES, order.subarray(put, begun))
      put = begun
      const table = tables.offset(day)
      for (let slot = 0; slot < begun; slot += LANES) {
        lanes.count = Math.min(LANES, begun - slot)
        if (table !== 0) {
          for (let lane = 0; lane < lanes.count; lane++)
            lanes.tables[lane] = keys.last[order[slot + lane]!]! < day ? 0 : table
          backend.expand(slot, lanes.count)
          const derived = new Map<number, EphId[]>()
          for (let from = 0; from < epochsPerDay; from += MAX_SCAN)
            for (const [lane, j] of scan(backend, from, Math.min(epochsPerDay, from + MAX_SCAN), lanes)) {
              const key = order[slot + lane]!
              const ids = derived.get(lane) ?? ephIds(dayKeyOf(keys, key, day), epochsPerDay)
              derived.set(lane, ids)
              for (const observation of tables.find(day, ids[j]!)) found.push({ key, observation })
            }
        }
        if (!last) backend.advance(slot, lanes.count)
        done += table === 0 ? 1 : EXPANSION
        yield (begin + ((end - begin) * done) / total) / count
      }
    }
    begin = end
    yield begin / count
  }
  return found
}

/** A day of a chunk's work, and how many of its keys, in order, have begun by then. */
interface ChunkDay {
  readonly day: number
  readonly begun: number
  readonly last: boolean
}

function* days(order: Uint32Array, keys: PublishedKeys, tables: Tables): Generator<ChunkDay> {
  let lastDay = -1
  for (const key of order) lastDay = Math.max(lastDay, Math.min(keys.last[key]!, tables.units.at(-1) ?? -1))
  let begun = 0
  for (let day = keys.first[order[0] ?? 0] ?? 0; day <= lastDay; day++) {
    while (begun < order.length && keys.first[order[begun]!]! <= day) begun++
    yield { day, begun, last: day === lastDay }
  }
}

/** What the passes over a chunk will cost, in steps of the chain. */
function work(order: Uint32Array, keys: PublishedKeys, tables: Tables): number {
  let sum = 0
  for (const { day, begun } of days(order, keys, tables))
    sum += Math.ceil(begun / LANES) * (tables.offset(day) === 0 ? 1 : EXPANSION)
  return sum
}

/** SK of that day, by the published schedule alone. */
function dayKeyOf(keys: PublishedKeys, key: number, day: number): Uint8Array {
  let dayKey = secretOf(keys, DAY_KEY_BYTES, key)
  for (let d = keys.first[key]!; d < day; d++) dayKey = nextDayKey(dayKey)
  return dayKey
}
