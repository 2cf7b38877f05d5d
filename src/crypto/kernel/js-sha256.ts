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
/** FIPS 180-4, 5.3.3 */
const IV = Int32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19)
/** The block to be hashed, then the last sixteen words of its schedule. It stands here as the tables of AES do. */
const W = new Int32Array(16)
/** The chaining value, before and after a block. */
const STATE = new Int32Array(8)
const INNER = new Int32Array(8)
const ZERO_KEY = new Int32Array(8)

/** The chaining value after the block in W. The rounds are written out, so that the variables need not be moved. */
// biome-ignore format: sixteen rounds under each other, then sixteen with the schedule before each
function compress(): void {
  let a = STATE[0]!
  let b = STATE[1]!
  let c = STATE[2]!
  let d = STATE[3]!
  let e = STATE[4]!
  let f = STATE[5]!
  let g = STATE[6]!
  let h = STATE[7]!
  h = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (g ^ e & (f ^ g)) + K[0]! + W[0]!) | 0
  d = (d + h) | 0
  h = (h + ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (b ^ (a ^ b) & (b ^ c))) | 0
  g = (g + ((d >>> 6 | d << 26) ^ (d >>> 11 | d << 21) ^ (d >>> 25 | d << 7)) + (f ^ d & (e ^ f)) + K[1]! + W[1]!) | 0
  c = (c + g) | 0
  g = (g + ((h >>> 2 | h << 30) ^ (h >>> 13 | h << 19) ^ (h >>> 22 | h << 10)) + (a ^ (h ^ a) & (a ^ b))) | 0
  f = (f + ((c >>> 6 | c << 26) ^ (c >>> 11 | c << 21) ^ (c >>> 25 | c << 7)) + (e ^ c & (d ^ e)) + K[2]! + W[2]!) | 0
  b = (b + f) | 0
  f = (f + ((g >>> 2 | g << 30) ^ (g >>> 13 | g << 19) ^ (g >>> 22 | g << 10)) + (h ^ (g ^ h) & (h ^ a))) | 0
  e = (e + ((b >>> 6 | b << 26) ^ (b >>> 11 | b << 21) ^ (b >>> 25 | b << 7)) + (d ^ b & (c ^ d)) + K[3]! + W[3]!) | 0
  a = (a + e) | 0
  e = (e + ((f >>> 2 | f << 30) ^ (f >>> 13 | f << 19) ^ (f >>> 22 | f << 10)) + (g ^ (f ^ g) & (g ^ h))) | 0
  d = (d + ((a >>> 6 | a << 26) ^ (a >>> 11 | a << 21) ^ (a >>> 25 | a << 7)) + (c ^ a & (b ^ c)) + K[4]! + W[4]!) | 0
  h = (h + d) | 0
  d = (d + ((e >>> 2 | e << 30) ^ (e >>> 13 | e << 19) ^ (e >>> 22 | e << 10)) + (f ^ (e ^ f) & (f ^ g))) | 0
  c = (c + ((h >>> 6 | h << 26) ^ (h >>> 11 | h << 21) ^ (h >>> 25 | h << 7)) + (b ^ h & (a ^ b)) + K[5]! + W[5]!) | 0
  g = (g + c) | 0
  c = (c + ((d >>> 2 | d << 30) ^ (d >>> 13 | d << 19) ^ (d >>> 22 | d << 10)) + (e ^ (d ^ e) & (e ^ f))) | 0
  b = (b + ((g >>> 6 | g << 26) ^ (g >>> 11 | g << 21) ^ (g >>> 25 | g << 7)) + (a ^ g & (h ^ a)) + K[6]! + W[6]!) | 0
  f = (f + b) | 0
  b = (b + ((c >>> 2 | c << 30) ^ (c >>> 13 | c << 19) ^ (c >>> 22 | c << 10)) + (d ^ (c ^ d) & (d ^ e))) | 0
  a = (a + ((f >>> 6 | f << 26) ^ (f >>> 11 | f << 21) ^ (f >>> 25 | f << 7)) + (h ^ f & (g ^ h)) + K[7]! + W[7]!) | 0
  e = (e + a) | 0
  a = (a + ((b >>> 2 | b << 30) ^ (b >>> 13 | b << 19) ^ (b >>> 22 | b << 10)) + (c ^ (b ^ c) & (c ^ d))) | 0
  h = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (g ^ e & (f ^ g)) + K[8]! + W[8]!) | 0
  d = (d + h) | 0
  h = (h + ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (b ^ (a ^ b) & (b ^ c))) | 0
  g = (g + ((d >>> 6 | d << 26) ^ (d >>> 11 | d << 21) ^ (d >>> 25 | d << 7)) + (f ^ d & (e ^ f)) + K[9]! + W[9]!) | 0
  c = (c + g) | 0
  g = (g + ((h >>> 2 | h << 30) ^ (h >>> 13 | h << 19) ^ (h >>> 22 | h << 10)) + (a ^ (h ^ a) & (a ^ b))) | 0
  f = (f + ((c >>> 6 | c << 26) ^ (c >>> 11 | c << 21) ^ (c >>> 25 | c << 7)) + (e ^ c & (d ^ e)) + K[10]! + W[10]!) | 0
  b = (b + f) | 0
  f = (f + ((g >>> 2 | g << 30) ^ (g >>> 13 | g << 19) ^ (g >>> 22 | g << 10)) + (h ^ (g ^ h) & (h ^ a))) | 0
  e = (e + ((b >>> 6 | b << 26) ^ (b >>> 11 | b << 21) ^ (b >>> 25 | b << 7)) + (d ^ b & (c ^ d)) + K[11]! + W[11]!) | 0
  a = (a + e) | 0
  e = (e + ((f >>> 2 | f << 30) ^ (f >>> 13 | f << 19) ^ (f >>> 22 | f << 10)) + (g ^ (f ^ g) & (g ^ h))) | 0
  d = (d + ((a >>> 6 | a << 26) ^ (a >>> 11 | a << 21) ^ (a >>> 25 | a << 7)) + (c ^ a & (b ^ c)) + K[12]! + W[12]!) | 0
  h = (h + d) | 0
  d = (d + ((e >>> 2 | e << 30) ^ (e >>> 13 | e << 19) ^ (e >>> 22 | e << 10)) + (f ^ (e ^ f) & (f ^ g))) | 0
  c = (c + ((h >>> 6 | h << 26) ^ (h >>> 11 | h << 21) ^ (h >>> 25 | h << 7)) + (b ^ h & (a ^ b)) + K[13]! + W[13]!) | 0
  g = (g + c) | 0
  c = (c + ((d >>> 2 | d << 30) ^ (d >>> 13 | d << 19) ^ (d >>> 22 | d << 10)) + (e ^ (d ^ e) & (e ^ f))) | 0
  b = (b + ((g >>> 6 | g << 26) ^ (g >>> 11 | g << 21) ^ (g >>> 25 | g << 7)) + (a ^ g & (h ^ a)) + K[14]! + W[14]!) | 0
  f = (f + b) | 0
  b = (b + ((c >>> 2 | c << 30) ^ (c >>> 13 | c << 19) ^ (c >>> 22 | c << 10)) + (d ^ (c ^ d) & (d ^ e))) | 0
  a = (a + ((f >>> 6 | f << 26) ^ (f >>> 11 | f << 21) ^ (f >>> 25 | f << 7)) + (h ^ f & (g ^ h)) + K[15]! + W[15]!) | 0
  e = (e + a) | 0
  a = (a + ((b >>> 2 | b << 30) ^ (b >>> 13 | b << 19) ^ (b >>> 22 | b << 10)) + (c ^ (b ^ c) & (c ^ d))) | 0
  for (let t = 16; t < 64; t += 16) {
    let x = 0
    let y = 0
    x = W[1]!
    y = W[14]!
    W[0]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[9]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    h = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (g ^ e & (f ^ g)) + K[t + 0]! + W[0]!) | 0
    d = (d + h) | 0
    h = (h + ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (b ^ (a ^ b) & (b ^ c))) | 0
    x = W[2]!
    y = W[15]!
    W[1]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[10]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    g = (g + ((d >>> 6 | d << 26) ^ (d >>> 11 | d << 21) ^ (d >>> 25 | d << 7)) + (f ^ d & (e ^ f)) + K[t + 1]! + W[1]!) | 0
    c = (c + g) | 0
    g = (g + ((h >>> 2 | h << 30) ^ (h >>> 13 | h << 19) ^ (h >>> 22 | h << 10)) + (a ^ (h ^ a) & (a ^ b))) | 0
    x = W[3]!
    y = W[0]!
    W[2]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[11]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    f = (f + ((c >>> 6 | c << 26) ^ (c >>> 11 | c << 21) ^ (c >>> 25 | c << 7)) + (e ^ c & (d ^ e)) + K[t + 2]! + W[2]!) | 0
    b = (b + f) | 0
    f = (f + ((g >>> 2 | g << 30) ^ (g >>> 13 | g << 19) ^ (g >>> 22 | g << 10)) + (h ^ (g ^ h) & (h ^ a))) | 0
    x = W[4]!
    y = W[1]!
    W[3]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[12]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    e = (e + ((b >>> 6 | b << 26) ^ (b >>> 11 | b << 21) ^ (b >>> 25 | b << 7)) + (d ^ b & (c ^ d)) + K[t + 3]! + W[3]!) | 0
    a = (a + e) | 0
    e = (e + ((f >>> 2 | f << 30) ^ (f >>> 13 | f << 19) ^ (f >>> 22 | f << 10)) + (g ^ (f ^ g) & (g ^ h))) | 0
    x = W[5]!
    y = W[2]!
    W[4]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[13]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    d = (d + ((a >>> 6 | a << 26) ^ (a >>> 11 | a << 21) ^ (a >>> 25 | a << 7)) + (c ^ a & (b ^ c)) + K[t + 4]! + W[4]!) | 0
    h = (h + d) | 0
    d = (d + ((e >>> 2 | e << 30) ^ (e >>> 13 | e << 19) ^ (e >>> 22 | e << 10)) + (f ^ (e ^ f) & (f ^ g))) | 0
    x = W[6]!
    y = W[3]!
    W[5]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[14]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    c = (c + ((h >>> 6 | h << 26) ^ (h >>> 11 | h << 21) ^ (h >>> 25 | h << 7)) + (b ^ h & (a ^ b)) + K[t + 5]! + W[5]!) | 0
    g = (g + c) | 0
    c = (c + ((d >>> 2 | d << 30) ^ (d >>> 13 | d << 19) ^ (d >>> 22 | d << 10)) + (e ^ (d ^ e) & (e ^ f))) | 0
    x = W[7]!
    y = W[4]!
    W[6]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[15]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    b = (b + ((g >>> 6 | g << 26) ^ (g >>> 11 | g << 21) ^ (g >>> 25 | g << 7)) + (a ^ g & (h ^ a)) + K[t + 6]! + W[6]!) | 0
    f = (f + b) | 0
    b = (b + ((c >>> 2 | c << 30) ^ (c >>> 13 | c << 19) ^ (c >>> 22 | c << 10)) + (d ^ (c ^ d) & (d ^ e))) | 0
    x = W[8]!
    y = W[5]!
    W[7]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[0]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    a = (a + ((f >>> 6 | f << 26) ^ (f >>> 11 | f << 21) ^ (f >>> 25 | f << 7)) + (h ^ f & (g ^ h)) + K[t + 7]! + W[7]!) | 0
    e = (e + a) | 0
    a = (a + ((b >>> 2 | b << 30) ^ (b >>> 13 | b << 19) ^ (b >>> 22 | b << 10)) + (c ^ (b ^ c) & (c ^ d))) | 0
    x = W[9]!
    y = W[6]!
    W[8]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[1]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    h = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (g ^ e & (f ^ g)) + K[t + 8]! + W[8]!) | 0
    d = (d + h) | 0
    h = (h + ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (b ^ (a ^ b) & (b ^ c))) | 0
    x = W[10]!
    y = W[7]!
    W[9]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[2]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    g = (g + ((d >>> 6 | d << 26) ^ (d >>> 11 | d << 21) ^ (d >>> 25 | d << 7)) + (f ^ d & (e ^ f)) + K[t + 9]! + W[9]!) | 0
    c = (c + g) | 0
    g = (g + ((h >>> 2 | h << 30) ^ (h >>> 13 | h << 19) ^ (h >>> 22 | h << 10)) + (a ^ (h ^ a) & (a ^ b))) | 0
    x = W[11]!
    y = W[8]!
    W[10]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[3]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    f = (f + ((c >>> 6 | c << 26) ^ (c >>> 11 | c << 21) ^ (c >>> 25 | c << 7)) + (e ^ c & (d ^ e)) + K[t + 10]! + W[10]!) | 0
    b = (b + f) | 0
    f = (f + ((g >>> 2 | g << 30) ^ (g >>> 13 | g << 19) ^ (g >>> 22 | g << 10)) + (h ^ (g ^ h) & (h ^ a))) | 0
    x = W[12]!
    y = W[9]!
    W[11]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[4]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    e = (e + ((b >>> 6 | b << 26) ^ (b >>> 11 | b << 21) ^ (b >>> 25 | b << 7)) + (d ^ b & (c ^ d)) + K[t + 11]! + W[11]!) | 0
    a = (a + e) | 0
    e = (e + ((f >>> 2 | f << 30) ^ (f >>> 13 | f << 19) ^ (f >>> 22 | f << 10)) + (g ^ (f ^ g) & (g ^ h))) | 0
    x = W[13]!
    y = W[10]!
    W[12]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[5]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    d = (d + ((a >>> 6 | a << 26) ^ (a >>> 11 | a << 21) ^ (a >>> 25 | a << 7)) + (c ^ a & (b ^ c)) + K[t + 12]! + W[12]!) | 0
    h = (h + d) | 0
    d = (d + ((e >>> 2 | e << 30) ^ (e >>> 13 | e << 19) ^ (e >>> 22 | e << 10)) + (f ^ (e ^ f) & (f ^ g))) | 0
    x = W[14]!
    y = W[11]!
    W[13]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[6]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    c = (c + ((h >>> 6 | h << 26) ^ (h >>> 11 | h << 21) ^ (h >>> 25 | h << 7)) + (b ^ h & (a ^ b)) + K[t + 13]! + W[13]!) | 0
    g = (g + c) | 0
    c = (c + ((d >>> 2 | d << 30) ^ (d >>> 13 | d << 19) ^ (d >>> 22 | d << 10)) + (e ^ (d ^ e) & (e ^ f))) | 0
    x = W[15]!
    y = W[12]!
    W[14]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[7]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    b = (b + ((g >>> 6 | g << 26) ^ (g >>> 11 | g << 21) ^ (g >>> 25 | g << 7)) + (a ^ g & (h ^ a)) + K[t + 14]! + W[14]!) | 0
    f = (f + b) | 0
    b = (b + ((c >>> 2 | c << 30) ^ (c >>> 13 | c << 19) ^ (c >>> 22 | c << 10)) + (d ^ (c ^ d) & (d ^ e))) | 0
    x = W[0]!
    y = W[13]!
    W[15]! += ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[8]! + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
    a = (a + ((f >>> 6 | f << 26) ^ (f >>> 11 | f << 21) ^ (f >>> 25 | f << 7)) + (h ^ f & (g ^ h)) + K[t + 15]! + W[15]!) | 0
    e = (e + a) | 0
    a = (a + ((b >>> 2 | b << 30) ^ (b >>> 13 | b << 19) ^ (b >>> 22 | b << 10)) + (c ^ (b ^ c) & (c ^ d))) | 0
  }
  STATE[0]! += a
  STATE[1]! += b
  STATE[2]! += c
  STATE[3]! += d
  STATE[4]! += e
  STATE[5]! += f
  STATE[6]! += g
  STATE[7]! += h
}

/** W = `words` words of x[at …], then padding: a message of 4·words bytes after `before` earlier ones. */
function message(x: Int32Array, at: number, words: number, before: number): void {
  for (let i = 0; i < words; i++) W[i] = x[at + i]!
  W[words] = 0x80000000
  for (let i = words + 1; i < 15; i++) W[i] = 0
  W[15] = 8 * (before + 4 * words)
}

/** The state after the block key ⊕ pad. */
function pad(key: Int32Array, at: number, words: number, byte: number): void {
  for (let i = 0; i < 8; i++) STATE[i] = IV[i]!
  for (let i = 0; i < words; i++) W[i] = key[at + i]! ^ byte
  for (let i = words; i < 16; i++) W[i] = byte
  compress()
}

/** H of the eight words at x[at …], in place. */
export function hash32(x: Int32Array, at: number): void {
  message(x, at, 8, 0)
  for (let i = 0; i < 8; i++) STATE[i] = IV[i]!
  compress()
  for (let i = 0; i < 8; i++) x[at + i] = STATE[i]!
}

/** The outer hash of HMAC, over the inner one in STATE. */
function finish(key: Int32Array, at: number, words: number, out: Int32Array, outAt: number): void {
  for (let i = 0; i < 8; i++) INNER[i] = STATE[i]!
  pad(key, at, words, 0x5c5c5c5c)
  message(INNER, 0, 8, 64)
  compress()
  for (let i = 0; i < 8; i++) out[outAt + i] = STATE[i]!
}

/**
 * HMAC-SHA256(key, label)  (RFC 2104), to out[outAt …].
 * @param key `words` words from key[at …], at most 16
 * @param label one padded block, its length counted from the key's block on
 */
export function hmac(
  key: Int32Array,
  at: number,
  words: number,
  label: Int32Array,
  out: Int32Array,
  outAt: number,
): void {
  pad(key, at, words, 0x36363636)
  for (let i = 0; i < 16; i++) W[i] = label[i]!
  compress()
  finish(key, at, words, out, outAt)
}

/** HKDF-Extract without a salt: HMAC-SHA256(0³², the four words at x[at …])  (RFC 5869, 2.2), to out[outAt …]. */
export function extract(x: Int32Array, at: number, out: Int32Array, outAt: number): void {
  pad(ZERO_KEY, 0, 8, 0x36363636)
  message(x, at, 4, 64)
  compress()
  finish(ZERO_KEY, 0, 8, out, outAt)
}
