import { ephIds, WINDOW_SEED_BYTES } from "../hybrid.ts"
import type { Candidate, EphId } from "../identifiers.ts"
import { type Backend, LANES, MAX_SCAN, newLanes, scan } from "./backend.ts"
import { nextChunk, type PublishedKeys, putKeys, secretOf } from "./keys.ts"
import type { Tables } from "./tables.ts"

/**
 * Expands the seeds of windows in which anything was heard; each lane looks in the table of its own window.
 * Yields the part of the work that is done, after every pass over the lanes.
 */
export function* matchWindowSeeds(
  backend: Backend,
  tables: Tables,
  keys: PublishedKeys,
  perWindow: number,
): Generator<number, Candidate[]> {
  const found: Candidate[] = []
  const count = keys.first.length
  const lanes = newLanes()
  lanes.last.fill(perWindow - 1)
  for (let begin = 0; begin < count; ) {
    const { order, end } = nextChunk(keys, begin, LANES, key => tables.offset(keys.first[key]!) !== 0)
    lanes.count = order.length
    order.forEach((key, lane) => {
      lanes.tables[lane] = tables.offset(keys.first[key]!)
    })
    putKeys(backend, 0, keys, WINDOW_SEED_BYTES, order)
    backend.expand(0, lanes.count)
    const derived = new Map<number, EphId[]>()
    for (let from = 0; from < perWindow; from += MAX_SCAN)
      for (const [lane, j] of scan(backend, from, Math.min(perWindow, from + MAX_SCAN), lanes)) {
        const key = order[lane]!
        const ids = derived.get(lane) ?? ephIds(secretOf(keys, WINDOW_SEED_BYTES, key), perWindow)
        derived.set(lane, ids)
        for (const observation of tables.find(keys.first[key]!, ids[j]!)) found.push({ key, observation })
      }
    begin = end
    yield begin / count
  }
  return found
}
