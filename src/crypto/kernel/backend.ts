/** Keys that are expanded side by side. */
export const LANES = 128
/** Keys held at once: what a matcher needs of memory does not grow with the batch. */
export const SLOTS = 4096
/** Counters that one call may scan: it bounds the hits of a call and the time it takes. */
export const MAX_SCAN = 144

/** The key schedules that a back end knows. Their numbers are the protocol's design codes. */
export const LOW_COST = 1
export const HYBRID = 3
export const GAEN = 4
export type Schedule = typeof LOW_COST | typeof HYBRID | typeof GAEN

/** 8 words of SK; 4 words of a seed or a TEK. */
export const secretBytes = (schedule: Schedule): 16 | 32 => (schedule === LOW_COST ? 32 : 16)

/**
 * What expands published keys and says where a tag of theirs is in a table. A back end reports no match: a hit means
 * that 32 bits agree, and the reference schedule decides.
 *
 * Everything here is public: the keys were published by those who reported, and what the phone heard was broadcast.
 * So tables indexed by key bytes, and times that depend on them, reveal nothing. No back end may ever be given a
 * phone's own secrets; those are expanded in ../low-cost.ts, ../hybrid.ts and ../gaen.ts only.
 */
export interface Backend {
  /** Copies `count` secrets to the slots from `slot` on. */
  put(slot: number, secrets: Uint8Array, count: number): void
  /**
   * SK_{t+1} = H(SK_t) in the slots [slot, slot + count), and possibly in up to three more, which hold nothing yet;
   * `slot` is a multiple of four.
   */
  advance(slot: number, count: number): void
  /** Makes the slots [slot, slot + count), at most LANES, the lanes: their cipher keys; `slot` is a multiple of four. */
  expand(slot: number, count: number): void
  /**
   * Looks up the identifiers from ≤ j < to of all lanes, at most MAX_SCAN of them. Lanes whose `tables` entry is 0 find
   * nothing. A back end may also look outside [first, last] of a lane: the caller drops what it finds there.
   * @returns how many words were written to `hits`
   */
  scan(from: number, to: number, lanes: Lanes): number
  /** Pairs (lane, j) of the last scan. */
  readonly hits: Uint32Array
}

/** What the lanes of one pass look for. */
export interface Lanes {
  /** how many are in use, from lane 0 */
  count: number
  /** where each lane's table begins, in words */
  readonly tables: Uint32Array
  /** the counters of each lane, both ends included */
  readonly first: Uint32Array
  readonly last: Uint32Array
}

export const newLanes = (): Lanes => ({
  count: 0,
  tables: new Uint32Array(LANES),
  first: new Uint32Array(LANES),
  last: new Uint32Array(LANES),
})

/** The hits of one scan, as pairs of lane and counter. */
export function* scan(backend: Backend, from: number, to: number, lanes: Lanes): Generator<[number, number]> {
  const words = backend.scan(from, to, lanes)
  for (let i = 0; i < words; i += 2) yield [backend.hits[i]!, backend.hits[i + 1]!]
}
