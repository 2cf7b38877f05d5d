import { ascii, requireByteArray, requireBytes, u32 } from "./bytes.ts"
import {
  distinctHashes,
  FILTER_HASH_BYTES,
  type Filter,
  MAX_FINGERPRINT_BITS,
  requireFingerprintBits,
  wordAt,
} from "./filter.ts"
import { sha256 } from "./hash.ts"

/** b: slots of a bucket. */
export const SLOTS = 4
/** An item that is still without a slot after so many evictions makes the filter grow. */
const MAX_KICKS = 500
/** Hashes fill a filter that is twice too large; eight doublings in vain mean that y are not hashes. */
const MAX_DOUBLINGS = 8
const HEADER_BYTES = 6
const LABEL = ascii("lindung/cuckoo/1")

/** SHA-256 of one message. Servers replace the portable one by their platform's. */
export type Sha256 = (message: Uint8Array) => Uint8Array

interface Table {
  readonly f: number
  /** m, a power of two. */
  readonly buckets: number
  /** Fingerprints by slot, in two halves; both zero: empty. */
  readonly high: Uint32Array
  readonly low: Uint32Array
}

interface Fingerprint {
  high: number
  low: number
}

/** fingerprint = the top f bits of y; 0 becomes 1, since 0 marks an empty slot. */
function fingerprint(y: Uint8Array, offset: number, f: number): Fingerprint {
  const first = wordAt(y, offset)
  const second = wordAt(y, offset + 4)
  const high = f <= 32 ? 0 : first >>> (64 - f)
  const low = f <= 32 ? first >>> (32 - f) : f === 64 ? second : ((first << (f - 32)) | (second >>> (64 - f))) >>> 0
  return { high, low: high === 0 && low === 0 ? 1 : low }
}

/** i₁ = u64(y[8..16)) mod m; m is a power of two below 2³², so the low word decides. */
const firstBucket = (y: Uint8Array, offset: number, buckets: number): number =>
  (wordAt(y, offset + 12) & (buckets - 1)) >>> 0

/** i₁ xor i₂ = u64(H("lindung/cuckoo/1" ‖ u64 fingerprint)[0..8)) mod m: its own inverse. */
function jump(high: number, low: number, buckets: number, hash: Sha256): number {
  const message = new Uint8Array(LABEL.length + 8)
  message.set(LABEL)
  message.set(u32(high), LABEL.length)
  message.set(u32(low), LABEL.length + 4)
  return (wordAt(hash(message), 4) & (buckets - 1)) >>> 0
}

/** The first slot of a bucket that holds this fingerprint, or -1; the fingerprint 0 finds the first empty slot. */
function findSlot(table: Table, bucket: number, high: number, low: number): number {
  const first = bucket * SLOTS
  for (let slot = first; slot < first + SLOTS; slot++)
    if (table.low[slot] === low && table.high[slot] === high) return slot
  return -1
}

/** @returns false when MAX_KICKS evictions left an item without a slot */
function insert(table: Table, item: Fingerprint, first: number, hash: Sha256): boolean {
  let { high, low } = item
  let bucket = first
  const place = (at: number): boolean => {
    const slot = findSlot(table, at, 0, 0)
    if (slot < 0) return false
    table.high[slot] = high
    table.low[slot] = low
    return true
  }
  if (place(bucket)) return true
  if (place((bucket ^ jump(high, low, table.buckets, hash)) >>> 0)) return true
  for (let kick = 0; kick < MAX_KICKS; kick++) {
    const slot = bucket * SLOTS + (kick % SLOTS)
    const evicted = { high: table.high[slot]!, low: table.low[slot]! }
    table.high[slot] = high
    table.low[slot] = low
    high = evicted.high
    low = evicted.low
    bucket = (bucket ^ jump(high, low, table.buckets, hash)) >>> 0
    if (place(bucket)) return true
  }
  return false
}

/** Slot s holds bits [s·f, (s+1)·f); bit b is byte ⌊b/8⌋, value 2^(b mod 8), least significant first. */
function pack({ f, buckets, high, low }: Table): Uint8Array<ArrayBuffer> {
  const slots = buckets * SLOTS
  const out = new Uint8Array(bodyBytes(f, buckets))
  let at = 0
  let pending = 0
  let bits = 0
  const push = (value: number, width: number): void => {
    for (let done = 0; done < width; done += 8) {
      const take = Math.min(8, width - done)
      pending |= ((value >>> done) & (2 ** take - 1)) << bits
      bits += take
      if (bits >= 8) {
        out[at++] = pending
        pending >>>= 8
        bits -= 8
      }
    }
  }
  for (let slot = 0; slot < slots; slot++) {
    push(low[slot]!, Math.min(f, 32))
    push(high[slot]!, Math.max(f - 32, 0))
  }
  if (bits > 0) out[at] = pending
  return out
}

function unpack(f: number, buckets: number, body: Uint8Array): Table {
  const slots = buckets * SLOTS
  const table = { f, buckets, high: new Uint32Array(slots), low: new Uint32Array(slots) }
  const pull = (from: number, width: number): number => {
    let value = 0
    for (let done = 0; done < width; ) {
      const bit = from + done
      const take = Math.min(8 - (bit % 8), width - done)
      const part = (body[Math.floor(bit / 8)]! >>> (bit % 8)) & (2 ** take - 1)
      value += part * 2 ** done
      done += take
    }
    return value
  }
  for (let slot = 0; slot < slots; slot++) {
    table.low[slot] = pull(slot * f, Math.min(f, 32))
    table.high[slot] = pull(slot * f + 32, Math.max(f - 32, 0))
  }
  return table
}

const bodyBytes = (f: number, buckets: number): number => Math.ceil((f * SLOTS * buckets) / 8)

/** First m = the least power of two with 36·m ≥ 10·n: a load of at most 0.9. */
function firstSize(items: number): number {
  let buckets = 1
  while (36 * buckets < 10 * items) buckets *= 2
  return buckets
}

function filterOf(table: Table, hash: Sha256): Filter {
  const { f, buckets } = table
  return {
    fingerprintBits: f,
    has(y) {
      requireBytes("y", FILTER_HASH_BYTES, y)
      const { high, low } = fingerprint(y, 0, f)
      const first = firstBucket(y, 0, buckets)
      if (findSlot(table, first, high, low) >= 0) return true
      return findSlot(table, (first ^ jump(high, low, buckets, hash)) >>> 0, high, low) >= 0
    },
    mayHold(items) {
      const first = firstSize(items)
      return buckets >= first && buckets <= first * 2 ** MAX_DOUBLINGS
    },
    bytes() {
      const body = pack(table)
      const out = new Uint8Array(HEADER_BYTES + body.length)
      out[0] = f
      out[1] = SLOTS
      out.set(u32(buckets), 2)
      out.set(body, HEADER_BYTES)
      return out
    },
  }
}

/**
 * The cuckoo filter of protocol §7: distinct y ascending, so that one set makes one filter.
 * @param hashes n hashes of 32 bytes, end to end, in any order; repeats count once
 * @param fingerprintBits f: a look-up that should say no says yes with probability at most 8/2^f
 * @throws RangeError when doubling does not help, which does not happen to hashes under a salt nobody could foresee:
 *   draw a new salt
 */
export function build(hashes: Uint8Array, fingerprintBits: number, hash: Sha256 = sha256): Filter {
  requireFingerprintBits(fingerprintBits)
  const order = distinctHashes(hashes)
  let buckets = firstSize(order.length)
  for (let doublings = 0; doublings <= MAX_DOUBLINGS; doublings++, buckets *= 2) {
    const slots = buckets * SLOTS
    const table = { f: fingerprintBits, buckets, high: new Uint32Array(slots), low: new Uint32Array(slots) }
    const all = order.every(at =>
      insert(table, fingerprint(hashes, at, fingerprintBits), firstBucket(hashes, at, buckets), hash),
    )
    if (all) return filterOf(table, hash)
  }
  throw new RangeError(`hashes: no place for ${order.length} items in ${buckets / 2} buckets; draw a new salt`)
}

/**
 * Reads the canonical bytes: u8 f ‖ u8 4 ‖ u32 m ‖ slots. The length must be the one that f and m call for before
 * anything is allocated, so that memory stays below 9 times the input's for f ≥ 8.
 * @returns undefined for anything that {@link build} cannot have written
 */
export function parse(input: Uint8Array, hash: Sha256 = sha256): Filter | undefined {
  requireByteArray("input", input)
  if (input.length < HEADER_BYTES) return undefined
  const f = input[0]!
  const buckets = wordAt(input, 2)
  if (f < 1 || f > MAX_FINGERPRINT_BITS || input[1] !== SLOTS) return undefined
  if (buckets === 0 || (buckets & (buckets - 1)) !== 0) return undefined
  if (input.length !== HEADER_BYTES + bodyBytes(f, buckets)) return undefined
  const spare = (8 - ((f * SLOTS * buckets) % 8)) % 8
  if (input[input.length - 1]! >>> (8 - spare) !== 0) return undefined
  return filterOf(unpack(f, buckets, input.subarray(HEADER_BYTES)), hash)
}
