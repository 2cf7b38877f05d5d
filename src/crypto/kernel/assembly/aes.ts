// AES on 128 blocks at once, bitsliced (FIPS 197). Only the first column of the result is computed.
import {
  BYTE, COL, COLUMN, COLUMN_1, COUNTING, DIGESTS, FIXED_1, FIXED_2, ROUND_KEYS, ROWS, STATE, STATE_A, STATE_B,
} from "./layout"
import { mix, xor } from "./mix-columns"
import { sub } from "./sbox"
import { transpose } from "./transpose"

/** Rounds of the running schedule: 14 or 10. */
let rounds: usize = 0

function subByte(from: usize, to: usize): void {
  sub(from, to)
}

/** SubBytes, ShiftRows, MixColumns and AddRoundKey of one column; a, b, c, d are the bytes that ShiftRows brings. */
function column(a: usize, b: usize, c: usize, d: usize, key: usize, to: usize): void {
  sub(a, COLUMN)
  sub(b, COLUMN + BYTE)
  sub(c, COLUMN + 2 * BYTE)
  sub(d, COLUMN + 3 * BYTE)
  mix(key, to)
}

/** Where row r of column c of a state stands. */
// @ts-ignore: decorator
@inline
function at(c: usize, r: usize): usize {
  return (c & 3) * COL + r * BYTE
}

/** A whole round. */
function round(from: usize, key: usize, to: usize): void {
  for (let c: usize = 0; c < 4; c++)
    column(
      from + at(c, 0), from + at(c + 1, 1), from + at(c + 2, 2), from + at(c + 3, 3), key + c * COL, to + c * COL,
    )
}

/** KeyExpansion of the cipher keys in DIGESTS: `words` = 4 or 8 words each. */
export function expandKeys(words: usize): void {
  rounds = words + 6
  for (let w: usize = 0; w < words; w++) {
    for (let q: usize = 0; q < 32; q++) v128.store(ROWS + 16 * q, v128.load(DIGESTS + 128 * q + 16 * w))
    transpose(ROWS, ROWS)
    // The first byte of a word is its bits 31 … 24.
    for (let r: usize = 0; r < 4; r++) memory.copy(ROUND_KEYS + COL * w + BYTE * r, ROWS + BYTE * (3 - r), BYTE)
  }
  let rcon: u32 = 1
  for (let w = words; w < 4 * (rounds + 1); w++) {
    const to = ROUND_KEYS + COL * w
    const last = to - COL
    const turn = w % words
    if (turn == 0) {
      for (let r: usize = 0; r < 4; r++) subByte(last + BYTE * ((r + 1) & 3), COLUMN + BYTE * r)
      flip(COLUMN, rcon)
      rcon = (rcon << 1) ^ (rcon & 0x80 ? 0x11b : 0)
    } else if (words == 8 && turn == 4) {
      for (let r: usize = 0; r < 4; r++) subByte(last + BYTE * r, COLUMN + BYTE * r)
    } else memory.copy(COLUMN, last, COL)
    // S leaves out its constant.
    if (turn == 0 || (words == 8 && turn == 4)) for (let r: usize = 0; r < 4; r++) flip(COLUMN + BYTE * r, 0x63)
    for (let i: usize = 0; i < COL; i += 16)
      v128.store(to + i, xor(v128.load(to - COL * words + i), v128.load(COLUMN + i)))
  }
  // The round keys carry the constant of the round before them.
  for (let p = ROUND_KEYS + STATE; p < ROUND_KEYS + STATE * (rounds + 1); p += BYTE) flip(p, 0x63)
}

/** Adds a constant to a byte. */
function flip(byte: usize, constant: u32): void {
  for (let i: usize = 0; i < 8; i++)
    if ((constant >> <u32>i) & 1) v128.store(byte + 16 * i, v128.not(v128.load(byte + 16 * i)))
}

function clear(byte: usize): void {
  memory.fill(byte, 0, BYTE)
}

/** The round that is constant but for the bytes of `column`, from row `first` to row `last`, which count as zero. */
function fixedRound(from: usize, key: usize, to: usize, counting: usize, first: usize, last: usize): void {
  for (let c: usize = 0; c < 4; c++) {
    for (let r: usize = 0; r < 4; r++) {
      const source = (c + r) & 3
      if (source == counting && r >= first && r <= last) clear(COLUMN + BYTE * r)
      else subByte(from + at(source, r), COLUMN + BYTE * r)
    }
    mixColumn(key + c * COL, to + c * COL)
  }
}

function mixColumn(key: usize, to: usize): void {
  mix(key, to)
}

/**
 * Prepares blocks whose four words are given, as big-endian numbers, and that then differ in byte (row, 3) only: what
 * rounds 1 and 2 make of the other bytes. That byte must be 0 in the words.
 */
export function prepare(a: u32, b: u32, c: u32, d: u32, row: usize): void {
  memory.copy(STATE_A, ROUND_KEYS, STATE)
  addWord(0, a)
  addWord(1, b)
  addWord(2, c)
  addWord(3, d)
  memory.copy(COUNTING, STATE_A + at(3, row), BYTE)
  fixedRound(STATE_A, ROUND_KEYS + STATE, STATE_B, 3, row, row)
  const column: usize = (3 - row) & 3
  memory.copy(FIXED_1, STATE_B + at(column, 0), COL)
  fixedRound(STATE_B, ROUND_KEYS + 2 * STATE, FIXED_2, column, 0, 3)
}

function addWord(c: usize, word: u32): void {
  for (let r: usize = 0; r < 4; r++) flip(STATE_A + at(c, r), (word >> (24 - 8 * <u32>r)) & 255)
}

/** Bit i of the part in MixColumns of a byte in row `row`: 2, 1, 1 and 3 times it, from that row on. */
// @ts-ignore: decorator
@inline
function spreadBit(bit: v128, twice: v128, row: usize, fixed: usize, to: usize): void {
  const a = BYTE * row
  const b = BYTE * ((row + 1) & 3)
  const c = BYTE * ((row + 2) & 3)
  const d = BYTE * ((row + 3) & 3)
  v128.store(to + a, xor(v128.load(fixed + a), twice))
  v128.store(to + b, xor(v128.load(fixed + b), bit))
  v128.store(to + c, xor(v128.load(fixed + c), bit))
  v128.store(to + d, xor(v128.load(fixed + d), xor(twice, bit)))
}

/** to = fixed ⊕ the part in MixColumns of the byte at s, which is in row `row`. */
// @ts-ignore: decorator
@inline
function spread(s: usize, row: usize, fixed: usize, to: usize): void {
  const s0 = v128.load(s, 0)
  const s1 = v128.load(s, 16)
  const s2 = v128.load(s, 32)
  const s3 = v128.load(s, 48)
  const s4 = v128.load(s, 64)
  const s5 = v128.load(s, 80)
  const s6 = v128.load(s, 96)
  const s7 = v128.load(s, 112)
  spreadBit(s0, s7, row, fixed, to)
  spreadBit(s1, xor(s0, s7), row, fixed + 16, to + 16)
  spreadBit(s2, s1, row, fixed + 32, to + 32)
  spreadBit(s3, xor(s2, s7), row, fixed + 48, to + 48)
  spreadBit(s4, xor(s3, s7), row, fixed + 64, to + 64)
  spreadBit(s5, s4, row, fixed + 80, to + 80)
  spreadBit(s6, s5, row, fixed + 96, to + 96)
  spreadBit(s7, s6, row, fixed + 112, to + 112)
}

/**
 * The byte in row `row` of column `row`, on the diagonal, of the last round but one: the last round needs no other of
 * its column, so the other rows of MixColumns are left out.
 */
// @ts-ignore: decorator
@inline
function diagonal(from: usize, row: usize, key: usize, to: usize): void {
  for (let i: usize = 0; i < 4; i++) subByte(from + at(row + ((row + i) & 3), (row + i) & 3), COLUMN + BYTE * i)
  const high = xor(v128.load(COLUMN, 112), v128.load(COLUMN, 240))
  let below = high
  for (let i: usize = 0; i < BYTE; i += 16) {
    const b = v128.load(COLUMN + BYTE + i)
    const t = xor(v128.load(COLUMN + i), b)
    const twice = i == 16 || i == 48 || i == 64 ? xor(below, high) : below
    const rest = xor(v128.load(COLUMN + 2 * BYTE + i), v128.load(COLUMN + 3 * BYTE + i))
    v128.store(to + i, xor(xor(twice, b), xor(rest, v128.load(key + at(row, row) + i))))
    below = t
  }
}

/** Byte `row` of the first column of the last round, as rows to be transposed; `from` is the state two rounds before. */
function tagByte(from: usize, row: usize, key: usize): void {
  const rows = ROWS + BYTE * (3 - row)
  diagonal(from, row, key, rows)
  subByte(rows, rows)
  const last = key + STATE + BYTE * row
  for (let i: usize = 0; i < BYTE; i += 16) v128.store(rows + i, xor(v128.load(rows + i), v128.load(last + i)))
}

/** The state before the last two rounds, of the blocks that `tags` was last asked for. */
let late: usize = STATE_A

/**
 * The first three bytes of the blocks whose byte (row, 3) is `value`, the others as prepared: u32 for each lane, to
 * `to`, the low byte 0.
 */
export function tags(value: u32, row: usize, to: usize): void {
  // Round 1: one byte, which lands in one column.
  for (let i: usize = 0; i < 8; i++)
    v128.store(COLUMN + 16 * i, xor(v128.load(COUNTING + 16 * i), i8x16.splat(<i8>-((value >> <u32>i) & 1))))
  subByte(COLUMN, COLUMN)
  spreadTo(row, FIXED_1, COLUMN_1)
  // Round 2: its four bytes, each in a column of its own.
  const counting: usize = 3 - row
  for (let r: usize = 0; r < 4; r++) {
    subByte(COLUMN_1 + BYTE * r, COLUMN)
    const c = at(counting + <usize>4 - r, 0)
    spreadTo(r, FIXED_2 + c, STATE_A + c)
  }
  let from = STATE_A
  let next = STATE_B
  let key = ROUND_KEYS + 3 * STATE
  for (let n: usize = 3; n < rounds - 1; n++) {
    round(from, key, next)
    const swap = from
    from = next
    next = swap
    key += STATE
  }
  late = from
  for (let r: usize = 0; r < 3; r++) tagByte(from, r, key)
  memory.fill(ROWS, 0, BYTE)
  transpose(ROWS, to)
}

/** All four bytes of the blocks that `tags` was last asked for: rarely needed. */
export function wholeTags(to: usize): void {
  for (let r: usize = 0; r < 4; r++) tagByte(late, r, ROUND_KEYS + (rounds - 1) * STATE)
  transpose(ROWS, to)
}

function spreadTo(row: usize, fixed: usize, to: usize): void {
  spread(COLUMN, row, fixed, to)
}
