// SHA-256 of four messages at once, one in each 32-bit lane (FIPS 180-4).
import { INNER, IV, OUTER, W, ZERO_INNER, ZERO_OUTER } from "./layout"

const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
])
const FIRST: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
])
/** W_t + K_t of the schedule's label: the same for all keys. */
const LABEL_WORDS: usize = memory.data(256)

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return i32x4.add(a, b)
}
// @ts-ignore: decorator
@inline
function rotr(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n))
}
// @ts-ignore: decorator
@inline
function sigma0(x: v128): v128 {
  return v128.xor(v128.xor(rotr(x, 2), rotr(x, 13)), rotr(x, 22))
}
// @ts-ignore: decorator
@inline
function sigma1(x: v128): v128 {
  return v128.xor(v128.xor(rotr(x, 6), rotr(x, 11)), rotr(x, 25))
}
// @ts-ignore: decorator
@inline
function choose(e: v128, f: v128, g: v128): v128 {
  return v128.xor(g, v128.and(e, v128.xor(f, g)))
}
// @ts-ignore: decorator
@inline
function majority(a: v128, b: v128, c: v128): v128 {
  return v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c)))
}
/** W_t + K_t: of four messages, or of the label, where k holds the sum. */
// @ts-ignore: decorator
@inline
function word(label: bool, w: usize, k: usize): v128 {
  return label ? v128.load32_splat(k) : add(v128.load(w), v128.load32_splat(k))
}

// @ts-ignore: decorator
@inline
function rounds(state: usize, label: bool, out: usize): void {
  let a = v128.load(state, 0)
  let b = v128.load(state, 16)
  let c = v128.load(state, 32)
  let d = v128.load(state, 48)
  let e = v128.load(state, 64)
  let f = v128.load(state, 80)
  let g = v128.load(state, 96)
  let h = v128.load(state, 112)
  let w = W
  let k = label ? LABEL_WORDS : K
  for (let t = 0; t < 64; t += 8) {
    h = add(add(h, word(label, w + 16 * 0, k + 4 * 0)), add(sigma1(e), choose(e, f, g)))
    d = add(d, h)
    h = add(h, add(sigma0(a), majority(a, b, c)))
    g = add(add(g, word(label, w + 16 * 1, k + 4 * 1)), add(sigma1(d), choose(d, e, f)))
    c = add(c, g)
    g = add(g, add(sigma0(h), majority(h, a, b)))
    f = add(add(f, word(label, w + 16 * 2, k + 4 * 2)), add(sigma1(c), choose(c, d, e)))
    b = add(b, f)
    f = add(f, add(sigma0(g), majority(g, h, a)))
    e = add(add(e, word(label, w + 16 * 3, k + 4 * 3)), add(sigma1(b), choose(b, c, d)))
    a = add(a, e)
    e = add(e, add(sigma0(f), majority(f, g, h)))
    d = add(add(d, word(label, w + 16 * 4, k + 4 * 4)), add(sigma1(a), choose(a, b, c)))
    h = add(h, d)
    d = add(d, add(sigma0(e), majority(e, f, g)))
    c = add(add(c, word(label, w + 16 * 5, k + 4 * 5)), add(sigma1(h), choose(h, a, b)))
    g = add(g, c)
    c = add(c, add(sigma0(d), majority(d, e, f)))
    b = add(add(b, word(label, w + 16 * 6, k + 4 * 6)), add(sigma1(g), choose(g, h, a)))
    f = add(f, b)
    b = add(b, add(sigma0(c), majority(c, d, e)))
    a = add(add(a, word(label, w + 16 * 7, k + 4 * 7)), add(sigma1(f), choose(f, g, h)))
    e = add(e, a)
    a = add(a, add(sigma0(b), majority(b, c, d)))
    w += 128
    k += 32
  }
  v128.store(out, add(a, v128.load(state, 0)), 0)
  v128.store(out, add(b, v128.load(state, 16)), 16)
  v128.store(out, add(c, v128.load(state, 32)), 32)
  v128.store(out, add(d, v128.load(state, 48)), 48)
  v128.store(out, add(e, v128.load(state, 64)), 64)
  v128.store(out, add(f, v128.load(state, 80)), 80)
  v128.store(out, add(g, v128.load(state, 96)), 96)
  v128.store(out, add(h, v128.load(state, 112)), 112)
}

/** W_t for 16 ≤ t < 64. */
// @ts-ignore: decorator
@inline
function extend(): void {
  for (let w = W + 256; w < W + 1024; w += 16) {
    const x = v128.load(w - 240)
    const y = v128.load(w - 32)
    const s0 = v128.xor(v128.xor(rotr(x, 7), rotr(x, 18)), i32x4.shr_u(x, 3))
    const s1 = v128.xor(v128.xor(rotr(y, 17), rotr(y, 19)), i32x4.shr_u(y, 10))
    v128.store(w, add(add(v128.load(w - 256), s0), add(v128.load(w - 112), s1)))
  }
}

/** The chaining value after the block in W, from `state`. */
function compress(state: usize, out: usize): void {
  extend()
  rounds(state, false, out)
}

/** The chaining value after the label, from `state`. */
function compressLabel(state: usize): void {
  rounds(state, true, state)
}

// @ts-ignore: decorator
@inline
function splat(value: u32): v128 {
  return i32x4.splat(value)
}

/** Sets up the initial value, and the label: 16 words at INPUT. */
export function start(label: usize): void {
  for (let i: usize = 0; i < 8; i++) v128.store(IV + 16 * i, v128.load32_splat(FIRST + 4 * i))
  for (let i: usize = 0; i < 16; i++) v128.store(W + 16 * i, v128.load32_splat(label + 4 * i))
  extend()
  for (let i: usize = 0; i < 64; i++) store<u32>(LABEL_WORDS + 4 * i, load<u32>(W + 16 * i) + load<u32>(K + 4 * i))
  pad(0, 0, 0x36363636, ZERO_INNER)
  pad(0, 0, 0x5c5c5c5c, ZERO_OUTER)
}

/** W = the words at x, then padding: a message of 4·words bytes after `before` earlier ones. */
function message(x: usize, words: usize, before: u32): void {
  for (let i: usize = 0; i < words; i++) v128.store(W + 16 * i, v128.load(x + 16 * i))
  v128.store(W + 16 * words, splat(0x80000000))
  for (let i: usize = words + 1; i < 15; i++) v128.store(W + 16 * i, splat(0))
  v128.store(W + 240, splat(8 * (before + 4 * <u32>words)))
}

/** The chaining value after the block key ⊕ pad. */
function pad(key: usize, words: usize, byte: u32, out: usize): void {
  const p = splat(byte)
  for (let i: usize = 0; i < words; i++) v128.store(W + 16 * i, v128.xor(v128.load(key + 16 * i), p))
  for (let i: usize = words; i < 16; i++) v128.store(W + 16 * i, p)
  compress(IV, out)
}

/** H of the eight words at x, in place. */
export function hash(x: usize): void {
  message(x, 8, 0)
  compress(IV, x)
}

/** HMAC-SHA256(key, label)  (RFC 2104) */
export function hmac(key: usize, words: usize, out: usize): void {
  pad(key, words, 0x36363636, INNER)
  compressLabel(INNER)
  pad(key, words, 0x5c5c5c5c, OUTER)
  message(INNER, 8, 64)
  compress(OUTER, out)
}

/** HKDF-Extract without a salt: HMAC-SHA256(0³², the four words at x)  (RFC 5869, 2.2) */
export function extract(x: usize, out: usize): void {
  message(x, 4, 64)
  compress(ZERO_INNER, INNER)
  message(INNER, 8, 64)
  compress(ZERO_OUTER, out)
}
