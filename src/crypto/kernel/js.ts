import { type Backend, GAEN, LANES, type Lanes, LOW_COST, MAX_SCAN, type Schedule, SLOTS } from "./backend.ts"
import { counterTags, expandKey, fillTables, intervalTags, useRoundKeys } from "./js-aes.ts"
import { extract, hash32, hmac } from "./js-sha256.ts"
import { labelBlock } from "./labels.ts"
import { BITMAP_WORDS } from "./tables.ts"

/** Round keys of 15 rounds, the most that a lane needs. */
const WORDS_PER_LANE = 60

/** The back end for engines without WebAssembly or its SIMD: AES by look-up tables, one key after another. */
export class JsBackend implements Backend {
  readonly hits = new Uint32Array(2 * LANES * MAX_SCAN)
  readonly #schedule: Schedule
  readonly #label: Int32Array
  readonly #slots = new Int32Array(8 * SLOTS)
  readonly #keys = new Int32Array(WORDS_PER_LANE * LANES)
  readonly #words: Uint32Array
  readonly #prk = new Int32Array(8)
  readonly #tags = new Int32Array(256)
  #found = 0

  constructor(schedule: Schedule, words: Uint32Array) {
    fillTables()
    this.#schedule = schedule
    this.#label = labelBlock(schedule)
    this.#words = words
  }

  put(slot: number, secrets: Uint8Array, count: number): void {
    const words = this.#schedule === LOW_COST ? 8 : 4
    for (let i = 0, at = 0; i < count; i++)
      for (let w = 0; w < words; w++, at += 4)
        this.#slots[8 * (slot + i) + w] =
          (secrets[at]! << 24) | (secrets[at + 1]! << 16) | (secrets[at + 2]! << 8) | secrets[at + 3]!
  }

  advance(slot: number, count: number): void {
    for (let i = slot; i < slot + count; i++) hash32(this.#slots, 8 * i)
  }

  expand(slot: number, count: number): void {
    for (let lane = 0; lane < count; lane++) {
      const from = 8 * (slot + lane)
      const to = WORDS_PER_LANE * lane
      if (this.#schedule === GAEN) {
        extract(this.#slots, from, this.#prk, 0)
        hmac(this.#prk, 0, 8, this.#label, this.#keys, to)
        expandKey(this.#keys, to, 4)
      } else {
        hmac(this.#slots, from, this.#schedule === LOW_COST ? 8 : 4, this.#label, this.#keys, to)
        expandKey(this.#keys, to, 8)
      }
    }
  }

  scan(from: number, to: number, lanes: Lanes): number {
    this.#found = 0
    const words = this.#words
    const tags = this.#tags
    for (let lane = 0; lane < lanes.count; lane++) {
      const table = lanes.tables[lane]!
      const first = Math.max(from, lanes.first[lane]!)
      const end = Math.min(to, lanes.last[lane]! + 1)
      if (table === 0) continue
      useRoundKeys(this.#keys, WORDS_PER_LANE * lane)
      // Within 256 consecutive counters only one byte of the block changes, and rounds 1 and 2 are mostly constant.
      for (let j = first; j < end; ) {
        const stop = Math.min(end, j - (j & 255) + 256)
        if (this.#schedule === GAEN) intervalTags(j, stop, tags)
        else counterTags(j, stop, tags)
        const count = stop - j
        for (let i = 0; i < count; i++) {
          const tag = tags[i]!
          if (((words[table + (tag >>> 20)]! >>> (tag >>> 15)) & 1) !== 0) this.#confirm(lane, table, j + i, tag >>> 0)
        }
        j = stop
      }
    }
    return this.#found
  }

  /** Writes a hit if the tag, whose bit is in the bitmap, is in the table. */
  #confirm(lane: number, table: number, j: number, tag: number): void {
    const words = this.#words
    const bucket = table + BITMAP_WORDS + 1 + (tag >>> words[table + BITMAP_WORDS]!)
    const end = words[bucket + 1]!
    for (let place = words[bucket]!; place < end; place++) {
      if (words[place] !== tag) continue
      this.hits[this.#found++] = lane
      this.hits[this.#found++] = j
      return
    }
  }
}
