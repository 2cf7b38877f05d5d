/** FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const K = Int32Array.of(
  0x428a2f98,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a4,
  0xab1c5ed5,
  0xd807aa98,
  0x12835b01,
  0x243185be,
  0x550c7dc3,
  0x72be5d74,
  0x80deb1fe,
  0x9bdc06a7,
  0xc19bf174,
  0xe49b69c1,
  0xefbe4786,
  0x0fc19dc6,
  0x240ca1cc,
  0x2de92c6f,
  0x4a7484aa,
  0x5cb0a9dc,
  0x76f988da,
  0x983e5152,
  0xa831c66d,
  0xb00327c8,
  0xbf597fc7,
  0xc6e00bf3,
  0xd5a79147,
  0x06ca6351,
  0x14292967,
  0x27b70a85,
  0x2e1b2138,
  0x4d2c6dfc,
  0x53380d13,
  0x650a7354,
  0x766a0abb,
  0x81c2c92e,
  0x92722c85,
  0xa2bfe8a1,
  0xa81a664b,
  0xc24b8b70,
  0xc76c51a3,
  0xd192e819,
  0xd6990624,
  0xf40e3585,
  0x106aa070,
  0x19a4c116,
  0x1e376c08,
  0x2748774c,
  0x34b0bcb5,
  0x391c0cb3,
  0x4ed8aa4a,
  0x5b9cca4f,
  0x682e6ff3,
  0x748f82ee,
  0x78a5636f,
  0x84c87814,
  0x8cc70208,
  0x90befffa,
  0xa4506ceb,
  0xbef9a3f7,
  0xc67178f2,
)
const IV = Int32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19)

/** SHA-256 and HMAC-SHA256 of one block, over words; the scratch is its own, so that nothing is allocated per key. */
export class Sha256 {
  readonly #w = new Int32Array(64)
  readonly #inner = new Int32Array(8)
  readonly #outer = new Int32Array(8)
  readonly #block = new Int32Array(16)
  readonly #zeroInner = new Int32Array(8)
  readonly #zeroOuter = new Int32Array(8)

  constructor() {
    this.#pad(new Int32Array(8), 0, 8, 0x36363636, this.#zeroInner)
    this.#pad(new Int32Array(8), 0, 8, 0x5c5c5c5c, this.#zeroOuter)
  }

  /** The chaining value after the block, from `state`; written to out[at … at+7]. */
  #compress(state: Int32Array, block: Int32Array, out: Int32Array, at: number): void {
    const w = this.#w
    for (let i = 0; i < 16; i++) w[i] = block[i]!
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!
      const y = w[i - 2]!
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
      w[i] = (((w[i - 16]! + s0) | 0) + ((w[i - 7]! + s1) | 0)) | 0
    }
    let a = state[0]!
    let b = state[1]!
    let c = state[2]!
    let d = state[3]!
    let e = state[4]!
    let f = state[5]!
    let g = state[6]!
    let h = state[7]!
    // Eight rounds at a time: the variables move one place a round, and are back in theirs after eight.
    for (let i = 0; i < 64; i += 8) {
      h = (h + sigma1(e) + (g ^ (e & (f ^ g))) + K[i]! + w[i]!) | 0
      d = (d + h) | 0
      h = (h + sigma0(a) + ((a & b) | (c & (a | b)))) | 0
      g = (g + sigma1(d) + (f ^ (d & (e ^ f))) + K[i + 1]! + w[i + 1]!) | 0
      c = (c + g) | 0
      g = (g + sigma0(h) + ((h & a) | (b & (h | a)))) | 0
      f = (f + sigma1(c) + (e ^ (c & (d ^ e))) + K[i + 2]! + w[i + 2]!) | 0
      b = (b + f) | 0
      f = (f + sigma0(g) + ((g & h) | (a & (g | h)))) | 0
      e = (e + sigma1(b) + (d ^ (b & (c ^ d))) + K[i + 3]! + w[i + 3]!) | 0
      a = (a + e) | 0
      e = (e + sigma0(f) + ((f & g) | (h & (f | g)))) | 0
      d = (d + sigma1(a) + (c ^ (a & (b ^ c))) + K[i + 4]! + w[i + 4]!) | 0
      h = (h + d) | 0
      d = (d + sigma0(e) + ((e & f) | (g & (e | f)))) | 0
      c = (c + sigma1(h) + (b ^ (h & (a ^ b))) + K[i + 5]! + w[i + 5]!) | 0
      g = (g + c) | 0
      c = (c + sigma0(d) + ((d & e) | (f & (d | e)))) | 0
      b = (b + sigma1(g) + (a ^ (g & (h ^ a))) + K[i + 6]! + w[i + 6]!) | 0
      f = (f + b) | 0
      b = (b + sigma0(c) + ((c & d) | (e & (c | d)))) | 0
      a = (a + sigma1(f) + (h ^ (f & (g ^ h))) + K[i + 7]! + w[i + 7]!) | 0
      e = (e + a) | 0
      a = (a + sigma0(b) + ((b & c) | (d & (b | c)))) | 0
    }
    out[at] = state[0]! + a
    out[at + 1] = state[1]! + b
    out[at + 2] = state[2]! + c
    out[at + 3] = state[3]! + d
    out[at + 4] = state[4]! + e
    out[at + 5] = state[5]! + f
    out[at + 6] = state[6]! + g
    out[at + 7] = state[7]! + h
  }

  /** H of the eight words at x[at …], in place. */
  hash32(x: Int32Array, at: number): void {
    const block = this.#block
    for (let i = 0; i < 8; i++) block[i] = x[at + i]!
    block[8] = 0x80000000 | 0
    block.fill(0, 9, 15)
    block[15] = 256
    this.#compress(IV, block, x, at)
  }

  /**
   * HMAC-SHA256(key, message) into out[at … at+7]  (RFC 2104).
   * @param key `words` words from key[keyAt], at most 16
   * @param message one padded block, its length counted from the key's block on
   */
  hmac(key: Int32Array, keyAt: number, words: number, message: Int32Array, out: Int32Array, at: number): void {
    this.#pad(key, keyAt, words, 0x36363636, this.#inner)
    this.#pad(key, keyAt, words, 0x5c5c5c5c, this.#outer)
    this.#compress(this.#inner, message, this.#inner, 0)
    this.#finish(this.#outer, out, at)
  }

  /** HKDF-Extract without a salt: HMAC-SHA256(0³², the four words at x[at …])  (RFC 5869, 2.2), to out[outAt …]. */
  extract(x: Int32Array, at: number, out: Int32Array, outAt: number): void {
    const block = this.#block
    for (let i = 0; i < 4; i++) block[i] = x[at + i]!
    block[4] = 0x80000000 | 0
    block.fill(0, 5, 15)
    block[15] = 8 * (64 + 16)
    this.#compress(this.#zeroInner, block, this.#inner, 0)
    this.#finish(this.#zeroOuter, out, outAt)
  }

  /** The outer hash of HMAC over the inner one. */
  #finish(outer: Int32Array, out: Int32Array, at: number): void {
    const block = this.#block
    for (let i = 0; i < 8; i++) block[i] = this.#inner[i]!
    block[8] = 0x80000000 | 0
    block.fill(0, 9, 15)
    block[15] = 8 * (64 + 32)
    this.#compress(outer, block, out, at)
  }

  /** The chaining value after the block key xor pad. */
  #pad(key: Int32Array, keyAt: number, words: number, pad: number, out: Int32Array): void {
    const block = this.#block
    for (let i = 0; i < words; i++) block[i] = key[keyAt + i]! ^ pad
    block.fill(pad, words)
    this.#compress(IV, block, out, 0)
  }
}

const sigma0 = (x: number): number => ((x >>> 2) | (x << 30)) ^ ((x >>> 13) | (x << 19)) ^ ((x >>> 22) | (x << 10))
const sigma1 = (x: number): number => ((x >>> 6) | (x << 26)) ^ ((x >>> 11) | (x << 21)) ^ ((x >>> 25) | (x << 7))
