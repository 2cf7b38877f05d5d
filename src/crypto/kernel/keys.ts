import type { Backend } from "./backend.ts"

/** Published keys as flat columns: key i is secrets[size·i …], used from first[i] to last[i], both included. */
export interface PublishedKeys {
  /** 32 bytes each for low-cost (SK), 16 for hybrid (seed) and GAEN (TEK), one after the other */
  readonly secrets: Uint8Array
  /** first day, window, or 10-minute interval (rolling start) */
  readonly first: Uint32Array
  /** last day; the same window again; rolling start + rolling period − 1 */
  readonly last: Uint32Array
}

/** A copy of one secret. */
export const secretOf = (keys: PublishedKeys, size: number, key: number): Uint8Array =>
  keys.secrets.slice(size * key, size * (key + 1))

/** Keys that a chunk looks at, at most. */
const PLACES = 2 ** 20

/**
 * The next keys of a batch from `begin` on, at most `size` of those that are wanted, ordered by when they begin.
 * @returns their places in the batch, and where the next chunk begins
 */
export function nextChunk(
  { first }: PublishedKeys,
  begin: number,
  size: number,
  wanted: (key: number) => boolean,
): { order: Uint32Array; end: number } {
  // Time and place in one number, below 2⁵²: a typed array sorts numbers without calling back.
  const sorted = new Float64Array(Math.min(size, first.length - begin))
  const limit = Math.min(first.length, begin + PLACES)
  let count = 0
  let end = begin
  for (; end < limit && count < sorted.length; end++)
    if (wanted(end)) sorted[count++] = first[end]! * PLACES + (end - begin)
  return { order: Uint32Array.from(sorted.subarray(0, count).sort(), key => begin + (key % PLACES)), end }
}

/** Puts these keys into the slots from `slot` on. */
export function putKeys(backend: Backend, slot: number, keys: PublishedKeys, size: number, order: Uint32Array): void {
  const secrets = new Uint8Array(size * order.length)
  let at = 0
  for (const key of order) for (let b = size * key; b < size * (key + 1); b++) secrets[at++] = keys.secrets[b]!
  backend.put(slot, secrets, order.length)
}

/** Whether one of the ascending `units` lies in [first, last]. */
export const anyWithin = (units: Uint32Array, first: number, last: number): boolean =>
  (units[lowerBound(units, first)] ?? Infinity) <= last

/** The place of the first of the ascending `units` that is ≥ `unit`; their number if there is none. */
export function lowerBound(units: Uint32Array, unit: number): number {
  let low = 0
  let high = units.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (units[middle]! < unit) low = middle + 1
    else high = middle
  }
  return low
}
