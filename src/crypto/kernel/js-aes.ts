/**
 * AES by look-up tables, for public keys only: see backend.ts. The arrays stand at the top of the module because an
 * engine then knows their lengths when it compiles, and leaves out every bounds check; they are filled on first use.
 */
const S = new Uint8Array(256)
const T0 = new Int32Array(256)
const T1 = new Int32Array(256)
const T2 = new Int32Array(256)
const T3 = new Int32Array(256)
/** The round keys of the lane that is being scanned. */
const ROUND_KEYS = new Int32Array(60)
/**
 * The states of four blocks, before and after a round: four are enough to keep a processor busy, since the rounds of
 * one block wait for each other. Words are written and bytes are read, which spares a shift and a mask a look-up.
 */
const WORDS = new Int32Array(32)
const BYTES = new Uint8Array(WORDS.buffer)

/** Fills the tables: S(x) = affine(x⁻¹), T0(x) = (2·S, S, S, 3·S) as a big-endian word, T1 … T3 its rotations  (FIPS 197, 5.1). */
export function fillTables(): void {
  if (S[0] !== 0) return
  WORDS[0] = 1
  if (BYTES[0] !== 1) throw new Error("the matching kernel needs a little-endian engine")
  // p runs through all non-zero elements as powers of 3, q through their inverses as powers of 3⁻¹ = 0xf6.
  let p = 1
  let q = 1
  do {
    p = p ^ ((p << 1) & 0xff) ^ (p & 0x80 ? 0x1b : 0)
    q ^= q << 1
    q ^= q << 2
    q ^= q << 4
    q &= 0xff
    if (q & 0x80) q ^= 0x09
    const rotated = q * 0x101
    S[p] = (q ^ (rotated >> 7) ^ (rotated >> 6) ^ (rotated >> 5) ^ (rotated >> 4) ^ 0x63) & 0xff
  } while (p !== 1)
  S[0] = 0x63
  for (let x = 0; x < 256; x++) {
    const once = S[x]!
    const twice = ((once << 1) ^ (once & 0x80 ? 0x11b : 0)) & 0xff
    const word = (twice << 24) | (once << 16) | (once << 8) | (twice ^ once)
    T0[x] = word
    T1[x] = (word >>> 8) | (word << 24)
    T2[x] = (word >>> 16) | (word << 16)
    T3[x] = (word >>> 24) | (word << 8)
  }
}

/**
 * KeyExpansion (FIPS 197, 5.2) of `words` = 4 or 8 key words, which stand at k[at …] already.
 * Fills 4·(words + 7) words: the round keys of 10 or 14 rounds.
 */
export function expandKey(k: Int32Array, at: number, words: number): void {
  let rcon = 1
  for (let i = words; i < 4 * (words + 7); i++) {
    let word = k[at + i - 1]!
    if (i % words === 0) {
      word = subWord((word << 8) | (word >>> 24)) ^ (rcon << 24)
      rcon = (rcon << 1) ^ (rcon & 0x80 ? 0x11b : 0)
    } else if (words === 8 && i % 8 === 4) word = subWord(word)
    k[at + i] = k[at + i - words]! ^ word
  }
}

const subWord = (w: number): number =>
  (S[w >>> 24]! << 24) | (S[(w >>> 16) & 255]! << 16) | (S[(w >>> 8) & 255]! << 8) | S[w & 255]!

/** Makes k[at …] the round keys of the tags that are computed next. */
export function useRoundKeys(k: Int32Array, at: number): void {
  for (let i = 0; i < 60; i++) ROUND_KEYS[i] = k[at + i]!
}

/**
 * The tags of AES-256(u128be(j)) for from ≤ j < to, which differ in byte 15 only, so that rounds 1 and 2 are constant
 * but for one and four look-ups. Byte 15 is in column 0 after round 1. Up to three more tags are written behind them.
 */
export function counterTags(from: number, to: number, tags: Int32Array): void {
  const k = ROUND_KEYS
  const a = k[0]!
  const b = k[1]!
  const c = k[2]!
  const d = k[3]! ^ (from & ~255)
  const e = T0[a >>> 24]! ^ T1[(b >>> 16) & 255]! ^ T2[(c >>> 8) & 255]! ^ k[4]!
  const f = T0[b >>> 24]! ^ T1[(c >>> 16) & 255]! ^ T2[(d >>> 8) & 255]! ^ T3[a & 255]! ^ k[5]!
  const g = T0[c >>> 24]! ^ T1[(d >>> 16) & 255]! ^ T2[(a >>> 8) & 255]! ^ T3[b & 255]! ^ k[6]!
  const h = T0[d >>> 24]! ^ T1[(a >>> 16) & 255]! ^ T2[(b >>> 8) & 255]! ^ T3[c & 255]! ^ k[7]!
  const m = T1[(f >>> 16) & 255]! ^ T2[(g >>> 8) & 255]! ^ T3[h & 255]! ^ k[8]!
  const n = T0[f >>> 24]! ^ T1[(g >>> 16) & 255]! ^ T2[(h >>> 8) & 255]! ^ k[9]!
  const o = T0[g >>> 24]! ^ T1[(h >>> 16) & 255]! ^ T3[f & 255]! ^ k[10]!
  const p = T0[h >>> 24]! ^ T2[(f >>> 8) & 255]! ^ T3[g & 255]! ^ k[11]!
  let x = 0
  for (let j = from; j < to; j += 4) {
    x = e ^ T3[(d ^ j) & 255]!
    WORDS[16] = m ^ T0[x >>> 24]!
    WORDS[17] = n ^ T3[x & 255]!
    WORDS[18] = o ^ T2[(x >>> 8) & 255]!
    WORDS[19] = p ^ T1[(x >>> 16) & 255]!
    x = e ^ T3[(d ^ (j + 1)) & 255]!
    WORDS[20] = m ^ T0[x >>> 24]!
    WORDS[21] = n ^ T3[x & 255]!
    WORDS[22] = o ^ T2[(x >>> 8) & 255]!
    WORDS[23] = p ^ T1[(x >>> 16) & 255]!
    x = e ^ T3[(d ^ (j + 2)) & 255]!
    WORDS[24] = m ^ T0[x >>> 24]!
    WORDS[25] = n ^ T3[x & 255]!
    WORDS[26] = o ^ T2[(x >>> 8) & 255]!
    WORDS[27] = p ^ T1[(x >>> 16) & 255]!
    x = e ^ T3[(d ^ (j + 3)) & 255]!
    WORDS[28] = m ^ T0[x >>> 24]!
    WORDS[29] = n ^ T3[x & 255]!
    WORDS[30] = o ^ T2[(x >>> 8) & 255]!
    WORDS[31] = p ^ T1[(x >>> 16) & 255]!
    tagsAfterRound2(56, j - from, tags)
  }
}

/** The tags of AES-128("EN-RPI" ‖ 0⁶ ‖ u32le(j)), likewise: byte 12 counts, which is in column 3 after round 1. */
export function intervalTags(from: number, to: number, tags: Int32Array): void {
  const k = ROUND_KEYS
  const a = k[0]! ^ 0x454e2d52
  const b = k[1]! ^ 0x50490000
  const c = k[2]!
  const d = k[3]! ^ ((((from >>> 8) & 255) << 16) | (((from >>> 16) & 255) << 8) | (from >>> 24))
  const e = T0[a >>> 24]! ^ T1[(b >>> 16) & 255]! ^ T2[(c >>> 8) & 255]! ^ T3[d & 255]! ^ k[4]!
  const f = T0[b >>> 24]! ^ T1[(c >>> 16) & 255]! ^ T2[(d >>> 8) & 255]! ^ T3[a & 255]! ^ k[5]!
  const g = T0[c >>> 24]! ^ T1[(d >>> 16) & 255]! ^ T2[(a >>> 8) & 255]! ^ T3[b & 255]! ^ k[6]!
  const h = T1[(a >>> 16) & 255]! ^ T2[(b >>> 8) & 255]! ^ T3[c & 255]! ^ k[7]!
  const m = T0[e >>> 24]! ^ T1[(f >>> 16) & 255]! ^ T2[(g >>> 8) & 255]! ^ k[8]!
  const n = T0[f >>> 24]! ^ T1[(g >>> 16) & 255]! ^ T3[e & 255]! ^ k[9]!
  const o = T0[g >>> 24]! ^ T2[(e >>> 8) & 255]! ^ T3[f & 255]! ^ k[10]!
  const p = T1[(e >>> 16) & 255]! ^ T2[(f >>> 8) & 255]! ^ T3[g & 255]! ^ k[11]!
  const start = d >>> 24
  let x = 0
  for (let j = from; j < to; j += 4) {
    x = h ^ T0[(start ^ j) & 255]!
    WORDS[16] = m ^ T3[x & 255]!
    WORDS[17] = n ^ T2[(x >>> 8) & 255]!
    WORDS[18] = o ^ T1[(x >>> 16) & 255]!
    WORDS[19] = p ^ T0[x >>> 24]!
    x = h ^ T0[(start ^ (j + 1)) & 255]!
    WORDS[20] = m ^ T3[x & 255]!
    WORDS[21] = n ^ T2[(x >>> 8) & 255]!
    WORDS[22] = o ^ T1[(x >>> 16) & 255]!
    WORDS[23] = p ^ T0[x >>> 24]!
    x = h ^ T0[(start ^ (j + 2)) & 255]!
    WORDS[24] = m ^ T3[x & 255]!
    WORDS[25] = n ^ T2[(x >>> 8) & 255]!
    WORDS[26] = o ^ T1[(x >>> 16) & 255]!
    WORDS[27] = p ^ T0[x >>> 24]!
    x = h ^ T0[(start ^ (j + 3)) & 255]!
    WORDS[28] = m ^ T3[x & 255]!
    WORDS[29] = n ^ T2[(x >>> 8) & 255]!
    WORDS[30] = o ^ T1[(x >>> 16) & 255]!
    WORDS[31] = p ^ T0[x >>> 24]!
    tagsAfterRound2(40, j - from, tags)
  }
}

/**
 * From the states of four blocks after round 2 (the second half of WORDS) to the first columns of the last round, whose
 * round keys stand at `end`: four tags. Byte r of the word of column c stands at BYTES[4·c + 3 − r].
 */
function tagsAfterRound2(end: number, at: number, tags: Int32Array): void {
  for (let r = 12; r < 56; r += 8) {
    let k0 = ROUND_KEYS[r]!
    let k1 = ROUND_KEYS[r + 1]!
    let k2 = ROUND_KEYS[r + 2]!
    let k3 = ROUND_KEYS[r + 3]!
    WORDS[0] = T0[BYTES[67]!]! ^ T1[BYTES[70]!]! ^ T2[BYTES[73]!]! ^ T3[BYTES[76]!]! ^ k0
    WORDS[1] = T0[BYTES[71]!]! ^ T1[BYTES[74]!]! ^ T2[BYTES[77]!]! ^ T3[BYTES[64]!]! ^ k1
    WORDS[2] = T0[BYTES[75]!]! ^ T1[BYTES[78]!]! ^ T2[BYTES[65]!]! ^ T3[BYTES[68]!]! ^ k2
    WORDS[3] = T0[BYTES[79]!]! ^ T1[BYTES[66]!]! ^ T2[BYTES[69]!]! ^ T3[BYTES[72]!]! ^ k3
    WORDS[4] = T0[BYTES[83]!]! ^ T1[BYTES[86]!]! ^ T2[BYTES[89]!]! ^ T3[BYTES[92]!]! ^ k0
    WORDS[5] = T0[BYTES[87]!]! ^ T1[BYTES[90]!]! ^ T2[BYTES[93]!]! ^ T3[BYTES[80]!]! ^ k1
    WORDS[6] = T0[BYTES[91]!]! ^ T1[BYTES[94]!]! ^ T2[BYTES[81]!]! ^ T3[BYTES[84]!]! ^ k2
    WORDS[7] = T0[BYTES[95]!]! ^ T1[BYTES[82]!]! ^ T2[BYTES[85]!]! ^ T3[BYTES[88]!]! ^ k3
    WORDS[8] = T0[BYTES[99]!]! ^ T1[BYTES[102]!]! ^ T2[BYTES[105]!]! ^ T3[BYTES[108]!]! ^ k0
    WORDS[9] = T0[BYTES[103]!]! ^ T1[BYTES[106]!]! ^ T2[BYTES[109]!]! ^ T3[BYTES[96]!]! ^ k1
    WORDS[10] = T0[BYTES[107]!]! ^ T1[BYTES[110]!]! ^ T2[BYTES[97]!]! ^ T3[BYTES[100]!]! ^ k2
    WORDS[11] = T0[BYTES[111]!]! ^ T1[BYTES[98]!]! ^ T2[BYTES[101]!]! ^ T3[BYTES[104]!]! ^ k3
    WORDS[12] = T0[BYTES[115]!]! ^ T1[BYTES[118]!]! ^ T2[BYTES[121]!]! ^ T3[BYTES[124]!]! ^ k0
    WORDS[13] = T0[BYTES[119]!]! ^ T1[BYTES[122]!]! ^ T2[BYTES[125]!]! ^ T3[BYTES[112]!]! ^ k1
    WORDS[14] = T0[BYTES[123]!]! ^ T1[BYTES[126]!]! ^ T2[BYTES[113]!]! ^ T3[BYTES[116]!]! ^ k2
    WORDS[15] = T0[BYTES[127]!]! ^ T1[BYTES[114]!]! ^ T2[BYTES[117]!]! ^ T3[BYTES[120]!]! ^ k3
    if (r + 4 === end) break
    k0 = ROUND_KEYS[r + 4]!
    k1 = ROUND_KEYS[r + 5]!
    k2 = ROUND_KEYS[r + 6]!
    k3 = ROUND_KEYS[r + 7]!
    WORDS[16] = T0[BYTES[3]!]! ^ T1[BYTES[6]!]! ^ T2[BYTES[9]!]! ^ T3[BYTES[12]!]! ^ k0
    WORDS[17] = T0[BYTES[7]!]! ^ T1[BYTES[10]!]! ^ T2[BYTES[13]!]! ^ T3[BYTES[0]!]! ^ k1
    WORDS[18] = T0[BYTES[11]!]! ^ T1[BYTES[14]!]! ^ T2[BYTES[1]!]! ^ T3[BYTES[4]!]! ^ k2
    WORDS[19] = T0[BYTES[15]!]! ^ T1[BYTES[2]!]! ^ T2[BYTES[5]!]! ^ T3[BYTES[8]!]! ^ k3
    WORDS[20] = T0[BYTES[19]!]! ^ T1[BYTES[22]!]! ^ T2[BYTES[25]!]! ^ T3[BYTES[28]!]! ^ k0
    WORDS[21] = T0[BYTES[23]!]! ^ T1[BYTES[26]!]! ^ T2[BYTES[29]!]! ^ T3[BYTES[16]!]! ^ k1
    WORDS[22] = T0[BYTES[27]!]! ^ T1[BYTES[30]!]! ^ T2[BYTES[17]!]! ^ T3[BYTES[20]!]! ^ k2
    WORDS[23] = T0[BYTES[31]!]! ^ T1[BYTES[18]!]! ^ T2[BYTES[21]!]! ^ T3[BYTES[24]!]! ^ k3
    WORDS[24] = T0[BYTES[35]!]! ^ T1[BYTES[38]!]! ^ T2[BYTES[41]!]! ^ T3[BYTES[44]!]! ^ k0
    WORDS[25] = T0[BYTES[39]!]! ^ T1[BYTES[42]!]! ^ T2[BYTES[45]!]! ^ T3[BYTES[32]!]! ^ k1
    WORDS[26] = T0[BYTES[43]!]! ^ T1[BYTES[46]!]! ^ T2[BYTES[33]!]! ^ T3[BYTES[36]!]! ^ k2
    WORDS[27] = T0[BYTES[47]!]! ^ T1[BYTES[34]!]! ^ T2[BYTES[37]!]! ^ T3[BYTES[40]!]! ^ k3
    WORDS[28] = T0[BYTES[51]!]! ^ T1[BYTES[54]!]! ^ T2[BYTES[57]!]! ^ T3[BYTES[60]!]! ^ k0
    WORDS[29] = T0[BYTES[55]!]! ^ T1[BYTES[58]!]! ^ T2[BYTES[61]!]! ^ T3[BYTES[48]!]! ^ k1
    WORDS[30] = T0[BYTES[59]!]! ^ T1[BYTES[62]!]! ^ T2[BYTES[49]!]! ^ T3[BYTES[52]!]! ^ k2
    WORDS[31] = T0[BYTES[63]!]! ^ T1[BYTES[50]!]! ^ T2[BYTES[53]!]! ^ T3[BYTES[56]!]! ^ k3
  }
  const k = ROUND_KEYS[end]!
  tags[at] = ((S[BYTES[3]!]! << 24) | (S[BYTES[6]!]! << 16) | (S[BYTES[9]!]! << 8) | S[BYTES[12]!]!) ^ k
  tags[at + 1] = ((S[BYTES[19]!]! << 24) | (S[BYTES[22]!]! << 16) | (S[BYTES[25]!]! << 8) | S[BYTES[28]!]!) ^ k
  tags[at + 2] = ((S[BYTES[35]!]! << 24) | (S[BYTES[38]!]! << 16) | (S[BYTES[41]!]! << 8) | S[BYTES[44]!]!) ^ k
  tags[at + 3] = ((S[BYTES[51]!]! << 24) | (S[BYTES[54]!]! << 16) | (S[BYTES[57]!]! << 8) | S[BYTES[60]!]!) ^ k
}
