import { ascii } from "../bytes.ts"
import { type Backend, GAEN, HYBRID, LANES, type Lanes, LOW_COST, MAX_SCAN, type Schedule, SLOTS } from "./backend.ts"
import { type AesTables, aesTables, expandKey, tagAfterRound2 } from "./js-aes.ts"
import { paddedBlock, Sha256 } from "./js-sha256.ts"
import { BITMAP_WORDS } from "./tables.ts"

/** Words of round keys that a lane may need: 15 of four. */
const ROUND_KEYS = 60
/** The first three words of PaddedData_j: "EN-RPI" ‖ 0⁶ */
const PADDED_DATA = [0x454e2d52, 0x50490000, 0] as const

/** One block of message for each schedule; HKDF-Expand (RFC 5869, 2.3) appends the number of the block, 1. */
const labels: Record<Schedule, () => Int32Array> = {
  [LOW_COST]: () => paddedBlock(ascii("broadcast key"), 64),
  [HYBRID]: () => paddedBlock(ascii("DP3T-HYBRID"), 64),
  [GAEN]: () => paddedBlock(ascii("EN-RPIK\x01"), 64),
}

/** The back end for engines without WebAssembly or its SIMD: AES by look-up tables, one key after another. */
export class JsBackend implements Backend {
  readonly hits = new Uint32Array(2 * LANES * MAX_SCAN)
  readonly #schedule: Schedule
  readonly #aes: AesTables = aesTables()
  readonly #sha = new Sha256()
  readonly #label: Int32Array
  readonly #slots = new Int32Array(8 * SLOTS)
  readonly #keys = new Int32Array(ROUND_KEYS * LANES)
  readonly #words: Uint32Array
  readonly #prk = new Int32Array(8)
  #found = 0

  constructor(schedule: Schedule, words: Uint32Array) {
    this.#schedule = schedule
    this.#label = labels[schedule]()
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
    for (let i = slot; i < slot + count; i++) this.#sha.hash32(this.#slots, 8 * i)
  }

  expand(slot: number, count: number): void {
    for (let lane = 0; lane < count; lane++) {
      const from = 8 * (slot + lane)
      const to = ROUND_KEYS * lane
      if (this.#schedule === GAEN) {
        this.#sha.extract(this.#slots, from, this.#prk, 0)
        this.#sha.hmac(this.#prk, 0, 8, this.#label, this.#keys, to)
        expandKey(this.#aes.s, this.#keys, to, 4)
      } else {
        this.#sha.hmac(this.#slots, from, this.#schedule === LOW_COST ? 8 : 4, this.#label, this.#keys, to)
        expandKey(this.#aes.s, this.#keys, to, 8)
      }
    }
  }

  scan(from: number, to: number, lanes: Lanes): number {
    this.#found = 0
    for (let lane = 0; lane < lanes.count; lane++) {
      const table = lanes.tables[lane]!
      const first = Math.max(from, lanes.first[lane]!)
      const end = Math.min(to, lanes.last[lane]! + 1)
      if (table === 0) continue
      // Within 256 consecutive counters only one byte of the block changes, and rounds 1 and 2 are mostly constant.
      for (let j = first; j < end; ) {
        const stop = Math.min(end, j - (j & 255) + 256)
        if (this.#schedule === GAEN) this.#scanIntervals(lane, table, j, stop)
        else this.#scanCounters(lane, table, j, stop)
        j = stop
      }
    }
    return this.#found
  }

  /** Blocks u128be(j): byte 15 counts; it is in column 0 after round 1. */
  #scanCounters(lane: number, table: number, from: number, to: number): void {
    const k = this.#keys
    const { t0, t1, t2, t3 } = this.#aes
    const at = ROUND_KEYS * lane
    const [a, b, c, d] = [k[at]!, k[at + 1]!, k[at + 2]!, (k[at + 3]! ^ (from & ~255)) | 0]
    const e = t0[a >>> 24]! ^ t1[(b >>> 16) & 255]! ^ t2[(c >>> 8) & 255]! ^ k[at + 4]!
    const f = t0[b >>> 24]! ^ t1[(c >>> 16) & 255]! ^ t2[(d >>> 8) & 255]! ^ t3[a & 255]! ^ k[at + 5]!
    const g = t0[c >>> 24]! ^ t1[(d >>> 16) & 255]! ^ t2[(a >>> 8) & 255]! ^ t3[b & 255]! ^ k[at + 6]!
    const h = t0[d >>> 24]! ^ t1[(a >>> 16) & 255]! ^ t2[(b >>> 8) & 255]! ^ t3[c & 255]! ^ k[at + 7]!
    const m = t1[(f >>> 16) & 255]! ^ t2[(g >>> 8) & 255]! ^ t3[h & 255]! ^ k[at + 8]!
    const n = t0[f >>> 24]! ^ t1[(g >>> 16) & 255]! ^ t2[(h >>> 8) & 255]! ^ k[at + 9]!
    const o = t0[g >>> 24]! ^ t1[(h >>> 16) & 255]! ^ t3[f & 255]! ^ k[at + 10]!
    const p = t0[h >>> 24]! ^ t2[(f >>> 8) & 255]! ^ t3[g & 255]! ^ k[at + 11]!
    for (let j = from; j < to; j++) {
      const x = e ^ t3[(d ^ j) & 255]!
      const tag = tagAfterRound2(
        this.#aes,
        k,
        at + 12,
        at + 56,
        m ^ t0[x >>> 24]!,
        n ^ t3[x & 255]!,
        o ^ t2[(x >>> 8) & 255]!,
        p ^ t1[(x >>> 16) & 255]!,
      )
      this.#lookUp(lane, table, j, tag)
    }
  }

  /** Blocks "EN-RPI" ‖ 0⁶ ‖ u32le(j): byte 12 counts; it is in column 3 after round 1. */
  #scanIntervals(lane: number, table: number, from: number, to: number): void {
    const k = this.#keys
    const { t0, t1, t2, t3 } = this.#aes
    const at = ROUND_KEYS * lane
    const [a, b, c] = [k[at]! ^ PADDED_DATA[0], k[at + 1]! ^ PADDED_DATA[1], k[at + 2]! ^ PADDED_DATA[2]]
    const d = k[at + 3]! ^ ((((from >>> 8) & 255) << 16) | (((from >>> 16) & 255) << 8) | (from >>> 24))
    const e = t0[a >>> 24]! ^ t1[(b >>> 16) & 255]! ^ t2[(c >>> 8) & 255]! ^ t3[d & 255]! ^ k[at + 4]!
    const f = t0[b >>> 24]! ^ t1[(c >>> 16) & 255]! ^ t2[(d >>> 8) & 255]! ^ t3[a & 255]! ^ k[at + 5]!
    const g = t0[c >>> 24]! ^ t1[(d >>> 16) & 255]! ^ t2[(a >>> 8) & 255]! ^ t3[b & 255]! ^ k[at + 6]!
    const h = t1[(a >>> 16) & 255]! ^ t2[(b >>> 8) & 255]! ^ t3[c & 255]! ^ k[at + 7]!
    const m = t0[e >>> 24]! ^ t1[(f >>> 16) & 255]! ^ t2[(g >>> 8) & 255]! ^ k[at + 8]!
    const n = t0[f >>> 24]! ^ t1[(g >>> 16) & 255]! ^ t3[e & 255]! ^ k[at + 9]!
    const o = t0[g >>> 24]! ^ t2[(e >>> 8) & 255]! ^ t3[f & 255]! ^ k[at + 10]!
    const p = t1[(e >>> 16) & 255]! ^ t2[(f >>> 8) & 255]! ^ t3[g & 255]! ^ k[at + 11]!
    for (let j = from; j < to; j++) {
      const x = h ^ t0[(d >>> 24) ^ (j & 255)]!
      const tag = tagAfterRound2(
        this.#aes,
        k,
        at + 12,
        at + 40,
        m ^ t3[x & 255]!,
        n ^ t2[(x >>> 8) & 255]!,
        o ^ t1[(x >>> 16) & 255]!,
        p ^ t0[x >>> 24]!,
      )
      this.#lookUp(lane, table, j, tag)
    }
  }

  #lookUp(lane: number, table: number, j: number, tag: number): void {
    const words = this.#words
    if (((words[table + ((tag & 0x1ffff) >>> 5)]! >>> (tag & 31)) & 1) === 0) return
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
