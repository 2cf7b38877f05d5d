import { requireByteArray, requireBytes, u32 } from "./bytes.ts"
import {
  distinctHashes,
  FILTER_HASH_BYTES,
  type Filter,
  MAX_FINGERPRINT_BITS,
  requireFingerprintBits,
  wordAt,
} from "./filter.ts"

/** w: an item's equation touches the cells s … s + w − 1. Wider: smaller filters and slower construction. */
export const WIDTH = 256
const WORDS = WIDTH / 32
const HEADER_BYTES = 7
/** Hashes need three or four sizes at most; 64 in vain (a quarter of empty cells) mean that y are not hashes. */
const MAX_SIZES = 64

/** A bijection without linear structure (the finaliser of MurmurHash3), to stretch five random words to eight. */
function mix(word: number): number {
  let x = word ^ (word >>> 16)
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/**
 * c, the 256 coefficients of y: words 3 … 7 of y, then mix(word 3), mix(word 4), mix(word 5). Bit j is bit j mod 32
 * of word ⌊j/32⌋, least significant first; bit 0 is set.
 */
function coefficients(y: Uint8Array, offset: number, out: Uint32Array): void {
  for (let i = 0; i < 5; i++) out[i] = wordAt(y, offset + 12 + 4 * i)
  for (let i = 0; i < 3; i++) out[5 + i] = mix(out[i]!)
  out[0] = out[0]! | 1
}

/** s = ⌊u32(y[0..4)) · (m − w + 1) / 2³²⌋, in halves so that no product leaves the exact range of a number. */
function start(y: Uint8Array, offset: number, cells: number): number {
  const word = wordAt(y, offset)
  const starts = cells - WIDTH + 1
  return Math.floor(((word >>> 16) * starts + Math.floor(((word & 0xffff) * starts) / 0x10000)) / 0x10000)
}

/** Size number k for n items: ⌈n/128⌉ cells to spare, and ⌈n/256⌉ more each time; a multiple of 8, at least w. */
function size(items: number, k: number): number {
  const wanted = items + Math.ceil(items / 128) + k * Math.ceil(items / 256)
  return Math.max(WIDTH, 8 * Math.ceil(wanted / 8))
}

/** Rows in echelon form: row p, if any, has its first coefficient in cell p. */
interface System {
  readonly rows: Uint32Array
  /** The right sides: the fingerprint's 64 bits, in two words. */
  readonly sides: Uint32Array
  readonly taken: Uint8Array
}

/** Moves a row to its first set bit. @returns how many cells it moved */
function normalise(row: Uint32Array): number {
  let moved = 0
  while (row[0] === 0) {
    row.copyWithin(0, 1)
    row[WORDS - 1] = 0
    moved += 32
  }
  const shift = 31 - Math.clz32(row[0]! & -row[0]!)
  if (shift === 0) return moved
  for (let i = 0; i < WORDS - 1; i++) row[i] = (row[i]! >>> shift) | (row[i + 1]! << (32 - shift))
  row[WORDS - 1] = row[WORDS - 1]! >>> shift
  return moved + shift
}

/** Gaussian elimination of one row against those before it. @returns false when 0 = a side that is not 0 */
function eliminate({ rows, sides, taken }: System, first: number, row: Uint32Array, side: Uint32Array): boolean {
  let cell = first
  while (taken[cell] === 1) {
    const base = cell * WORDS
    let left = 0
    for (let i = 0; i < WORDS; i++) {
      row[i] = row[i]! ^ rows[base + i]!
      left |= row[i]!
    }
    side[0] = side[0]! ^ sides[2 * cell]!
    side[1] = side[1]! ^ sides[2 * cell + 1]!
    if (left === 0) return side[0] === 0 && side[1] === 0
    cell += normalise(row)
  }
  rows.set(row, cell * WORDS)
  sides.set(side, 2 * cell)
  taken[cell] = 1
  return true
}

/**
 * Solves from the last cell to the first; a cell without a row is 0. The cells that have a row depend on the set
 * alone, not on the order of elimination, and with the others 0 the solution is unique: one set, one filter.
 */
function solve({ rows, sides, taken }: System): void {
  for (let cell = taken.length - 1; cell >= 0; cell--) {
    if (taken[cell] === 0) continue
    let high = sides[2 * cell]!
    let low = sides[2 * cell + 1]!
    for (let i = 0; i < WORDS; i++) {
      let bits = rows[cell * WORDS + i]!
      if (i === 0) bits &= -2
      while (bits !== 0) {
        const at = 2 * (cell + 32 * i + 31 - Math.clz32(bits & -bits))
        high ^= sides[at]!
        low ^= sides[at + 1]!
        bits &= bits - 1
      }
    }
    sides[2 * cell] = high
    sides[2 * cell + 1] = low
  }
}

function trySize(hashes: Uint8Array, order: Uint32Array, f: number, cells: number): Uint8Array | undefined {
  const system = {
    rows: new Uint32Array(cells * WORDS),
    sides: new Uint32Array(cells * 2),
    taken: new Uint8Array(cells),
  }
  const row = new Uint32Array(WORDS)
  const side = new Uint32Array(2)
  const maskHigh = f >= 32 ? -1 : -1 << (32 - f)
  const maskLow = f <= 32 ? 0 : -1 << (64 - f)
  for (const at of order) {
    coefficients(hashes, at, row)
    side[0] = wordAt(hashes, at + 4) & maskHigh
    side[1] = wordAt(hashes, at + 8) & maskLow
    if (!eliminate(system, start(hashes, at, cells), row, side)) return undefined
  }
  solve(system)
  const planes = new Uint8Array((f * cells) / 8)
  for (let k = 0; k < f; k++) {
    const half = k < 32 ? 0 : 1
    const shift = 31 - (k % 32)
    const base = (k * cells) / 8
    for (let cell = 0; cell < cells; cell++) {
      const bit = (system.sides[2 * cell + half]! >>> shift) & 1
      if (bit === 1) planes[base + (cell >>> 3)]! |= 1 << (cell & 7)
    }
  }
  return planes
}

/** Bytes to words, bit p of a plane in bit p mod 32 of word ⌊p/32⌋, each plane padded to whole words and one more. */
function planeWords(f: number, cells: number, planes: Uint8Array): Uint32Array {
  const bytes = cells / 8
  const stride = Math.ceil(cells / 32) + 1
  const out = new Uint32Array(f * stride)
  for (let k = 0; k < f; k++)
    for (let i = 0; i < bytes; i++) out[k * stride + (i >>> 2)]! |= planes[k * bytes + i]! << (8 * (i & 3))
  return out
}

function filterOf(f: number, cells: number, planes: Uint8Array): Filter {
  const words = planeWords(f, cells, planes)
  const stride = words.length / f
  const row = new Uint32Array(WORDS)
  const shifted = new Uint32Array(WORDS + 1)
  return {
    fingerprintBits: f,
    has(y) {
      requireBytes("y", FILTER_HASH_BYTES, y)
      coefficients(y, 0, row)
      const first = start(y, 0, cells)
      const shift = first % 32
      shifted[0] = row[0]! << shift
      for (let i = 1; i <= WORDS; i++)
        shifted[i] = ((i < WORDS ? row[i]! : 0) << shift) | (shift === 0 ? 0 : row[i - 1]! >>> (32 - shift))
      for (let k = 0; k < f; k++) {
        let at = k * stride + (first >>> 5)
        let sum = 0
        for (let i = 0; i <= WORDS; i++) sum ^= shifted[i]! & words[at++]!
        sum ^= sum >>> 16
        sum ^= sum >>> 8
        sum ^= sum >>> 4
        // The parity of four bits, looked up in a table of sixteen.
        const parity = (0x6996 >>> (sum & 15)) & 1
        if (parity !== ((y[4 + (k >>> 3)]! >>> (7 - (k & 7))) & 1)) return false
      }
      return true
    },
    mayHold(items) {
      for (let k = 0; k < MAX_SIZES; k++) if (size(items, k) === cells) return true
      return false
    },
    bytes() {
      const out = new Uint8Array(HEADER_BYTES + planes.length)
      out[0] = f
      out[1] = WIDTH >>> 8
      out[2] = WIDTH & 0xff
      out.set(u32(cells), 3)
      out.set(planes, HEADER_BYTES)
      return out
    },
  }
}

/**
 * The ribbon filter: f linear equations over GF(2) for each y, Σ_j c_j · cell_{s+j} = fingerprint, solved once.
 * @param hashes n hashes of 32 bytes, end to end, in any order; repeats count once
 * @param fingerprintBits f: a look-up that should say no says yes with probability 2^−f exactly
 * @throws RangeError when no size has a solution, which does not happen to hashes under a salt nobody could foresee:
 *   draw a new salt
 */
export function build(hashes: Uint8Array, fingerprintBits: number): Filter {
  requireFingerprintBits(fingerprintBits)
  const order = distinctHashes(hashes)
  for (let k = 0; k < MAX_SIZES; k++) {
    const cells = size(order.length, k)
    const planes = trySize(hashes, order, fingerprintBits, cells)
    if (planes !== undefined) return filterOf(fingerprintBits, cells, planes)
  }
  throw new RangeError(`hashes: no solution for ${order.length} items; draw a new salt`)
}

/**
 * Reads the canonical bytes: u8 f ‖ u16 256 ‖ u32 m ‖ f planes of m bits. The length must be the one that f and m
 * call for before anything is allocated; memory stays below twice the input's, and 4 bytes a plane.
 * @returns undefined for anything that {@link build} cannot have written
 */
export function parse(input: Uint8Array): Filter | undefined {
  requireByteArray("input", input)
  if (input.length < HEADER_BYTES) return undefined
  const f = input[0]!
  const cells = wordAt(input, 3)
  if (f < 1 || f > MAX_FINGERPRINT_BITS || input[1] !== WIDTH >>> 8 || input[2] !== (WIDTH & 0xff)) return undefined
  if (cells < WIDTH || cells % 8 !== 0) return undefined
  if (input.length !== HEADER_BYTES + (f * cells) / 8) return undefined
  return filterOf(f, cells, input.slice(HEADER_BYTES))
}
