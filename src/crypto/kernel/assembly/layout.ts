// Where everything lies in linear memory. INPUT, HITS, LANE_TABLES and TABLES stand in ../simd.ts as well.
// 128 keys are worked on at once: key 4q + l is bit q of 32-bit lane l, in every vector of the bitsliced cipher.

/** Chains: 4096 slots, four keys to a quad of eight vectors, vector w holding word w of the four. */
export const SLOTS: usize = 0x10000
/** Secrets as bytes, up to 128 of 32 bytes. */
export const INPUT: usize = 0x30000
/** Pairs (lane, counter) of u32: 128 lanes × 144 counters. */
export const HITS: usize = 0x31000
/** For each lane, the address of the table in which it looks: u32. */
export const LANE_TABLES: usize = 0x55000
/** The tags of one counter: u32 for each lane. */
export const TAGS: usize = 0x55200
/** SHA-256 of four keys: message schedule, initial value, chaining values, and those after the pads of a zero key. */
export const W: usize = 0x55400
export const IV: usize = 0x55800
export const INNER: usize = 0x55880
export const OUTER: usize = 0x55900
export const ZERO_INNER: usize = 0x55980
export const ZERO_OUTER: usize = 0x55a00
/** Cipher keys as hashed: 32 quads, as the slots. */
export const DIGESTS: usize = 0x56000
/** Bitsliced: 15 round keys of 16 bytes of 8 bits. Byte p of a block is row p mod 4 of column p div 4. */
export const ROUND_KEYS: usize = 0x57000
/** Bitsliced states before and after a round. */
export const STATE_A: usize = 0x5e800
export const STATE_B: usize = 0x5f000
/** One column between SubBytes and MixColumns. */
export const COLUMN: usize = 0x5f800
/** The counting byte of the first round key; its column after round 1 and the state after round 2, without its part. */
export const COUNTING: usize = 0x5fa00
export const FIXED_1: usize = 0x5fa80
export const FIXED_2: usize = 0x5fc80
/** 32 vectors to be transposed. */
export const ROWS: usize = 0x60480
/** The column of the counting byte after round 1. */
export const COLUMN_1: usize = 0x60680
/** The tables of what was heard: see ../tables.ts. */
export const TABLES: usize = 0x61000

/** Bytes of a bitsliced byte, column and state. */
export const BYTE: usize = 128
export const COL: usize = 512
export const STATE: usize = 2048
