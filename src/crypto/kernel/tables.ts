import { EPHID_BYTES } from "../identifiers.ts"

/** 2¹⁷ bits: a day of 10,000 identifiers sets one in thirteen, and the whole of it stays in a first-level cache. */
export const BITMAP_WORDS = 4096

/** What a phone heard, as flat columns: observation i is identifiers[16·i … 16·i+15], heard at times[i]. */
export interface Observations {
  /** 16 bytes each, one after the other */
  readonly identifiers: Uint8Array
  /** the unit of the design: day (low-cost), window (hybrid), 10-minute interval (GAEN) */
  readonly times: Uint32Array
}

/** tag = the first four bytes of an identifier, most significant first. */
function tagOf(identifiers: Uint8Array, at: number): number {
  return (
    ((identifiers[at]! << 24) | (identifiers[at + 1]! << 16) | (identifiers[at + 2]! << 8) | identifiers[at + 3]!) >>> 0
  )
}

/** So many words, all zero. */
export type Allocate = (words: number) => Uint32Array

/**
 * The tags of what was heard, one table for each unit of time, in one array of words that a back end reads as it is.
 *
 * A table is: bitmap (4096 words, bit ⌊tag / 2¹⁵⌋) ‖ shift ‖ 2^k + 1 bucket starts ‖ tags by bucket, where a tag's
 * bucket is its first k = 32 − shift bits and k grows with the number of tags. Word 0 begins a table in which nothing
 * is set, for a lane that is to find nothing. Computed identifiers are uniform, so a look-up reads 1.5 tags on average
 * whatever was heard: someone who broadcasts chosen identifiers fills one bucket, and one bucket is rarely asked for.
 */
export class Tables {
  readonly words: Uint32Array
  /** The units in which something was heard, ascending. */
  readonly units: Uint32Array
  readonly #identifiers: Uint8Array
  readonly #offsets = new Map<number, number>()
  /** The observation of each tag word: the place of a tag is its place among all words. */
  readonly #observations: Uint32Array

  /**
   * @param units for each entry, the unit in whose table it stands
   * @param entries for each entry, its observation; an observation may stand in several tables
   * @param allocate where the words are to lie: there are megabytes of them, and a back end has them where it looks
   */
  constructor(identifiers: Uint8Array, units: Uint32Array, entries: Uint32Array, allocate: Allocate) {
    this.#identifiers = identifiers
    const numbers = new Map<number, number>()
    const sizes: number[] = []
    const numberOf = new Uint32Array(units.length)
    for (let e = 0; e < units.length; e++) {
      let n = numbers.get(units[e]!)
      if (n === undefined) {
        n = sizes.push(0) - 1
        numbers.set(units[e]!, n)
      }
      numberOf[e] = n
      sizes[n]!++
    }
    const offsets = new Uint32Array(sizes.length)
    let length = BITMAP_WORDS
    sizes.forEach((size, n) => {
      offsets[n] = length
      length += BITMAP_WORDS + 1 + 2 ** bucketBits(size) + 1 + size
    })
    for (const [unit, n] of numbers) this.#offsets.set(unit, offsets[n]!)
    this.units = Uint32Array.from(numbers.keys()).sort()
    const words = allocate(length)
    this.words = words
    this.#observations = new Uint32Array(length)

    // Counting sort: the sizes of the buckets, then their ends, then every tag from the end of its bucket downwards.
    sizes.forEach((size, n) => {
      words[offsets[n]! + BITMAP_WORDS] = 32 - bucketBits(size)
    })
    const view = new DataView(identifiers.buffer, identifiers.byteOffset, identifiers.byteLength)
    const tags = new Uint32Array(units.length)
    const buckets = new Uint32Array(units.length)
    for (let e = 0; e < units.length; e++) {
      const table = offsets[numberOf[e]!]!
      const tag = view.getUint32(EPHID_BYTES * entries[e]!)
      const bucket = table + BITMAP_WORDS + 1 + (tag >>> words[table + BITMAP_WORDS]!)
      tags[e] = tag
      buckets[e] = bucket
      words[table + (tag >>> 20)]! |= 1 << (tag >>> 15)
      words[bucket]!++
    }
    sizes.forEach((size, n) => {
      const starts = offsets[n]! + BITMAP_WORDS + 1
      const last = starts + 2 ** bucketBits(size)
      let end = last + 1
      for (let b = starts; b < last; b++) {
        end += words[b]!
        words[b] = end
      }
      words[last] = end
    })
    for (let e = 0; e < units.length; e++) {
      const place = --words[buckets[e]!]!
      words[place] = tags[e]!
      this.#observations[place] = entries[e]!
    }
  }

  /** Where the unit's table begins, in words; 0, the empty table, where nothing was heard. */
  offset(unit: number): number {
    return this.#offsets.get(unit) ?? 0
  }

  /** The observations of that unit whose 16 bytes are the identifier's. */
  find(unit: number, identifier: Uint8Array): number[] {
    const table = this.offset(unit)
    const found: number[] = []
    if (table === 0) return found
    const tag = tagOf(identifier, 0)
    const bucket = table + BITMAP_WORDS + 1 + (tag >>> this.words[table + BITMAP_WORDS]!)
    for (let place = this.words[bucket]!; place < this.words[bucket + 1]!; place++) {
      const observation = this.#observations[place]!
      if (this.#same(identifier, EPHID_BYTES * observation)) found.push(observation)
    }
    return found
  }

  #same(identifier: Uint8Array, at: number): boolean {
    for (let b = 0; b < EPHID_BYTES; b++) if (identifier[b] !== this.#identifiers[at + b]) return false
    return true
  }
}

/** k: one to two buckets for each tag, at least two so that the shift stays below 32, at most 2¹⁷. */
function bucketBits(size: number): number {
  return Math.min(17, Math.max(1, 32 - Math.clz32(size)))
}
