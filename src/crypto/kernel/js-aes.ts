/** The look-up tables of AES: S, and S times the columns of MixColumns. For public keys only: see backend.ts. */
export interface AesTables {
  readonly s: Uint8Array
  readonly t0: Int32Array
  readonly t1: Int32Array
  readonly t2: Int32Array
  readonly t3: Int32Array
}

/** S(x) = affine(x⁻¹), T0(x) = (2·S, S, S, 3·S) as a big-endian word, T1 … T3 its rotations  (FIPS 197, 5.1). */
export function aesTables(): AesTables {
  const s = new Uint8Array(256)
  const [t0, t1, t2, t3] = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)]
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
    s[p] = (q ^ (rotated >> 7) ^ (rotated >> 6) ^ (rotated >> 5) ^ (rotated >> 4) ^ 0x63) & 0xff
  } while (p !== 1)
  s[0] = 0x63
  for (let x = 0; x < 256; x++) {
    const once = s[x]!
    const twice = ((once << 1) ^ (once & 0x80 ? 0x11b : 0)) & 0xff
    const word = (twice << 24) | (once << 16) | (once << 8) | (twice ^ once)
    t0[x] = word
    t1[x] = (word >>> 8) | (word << 24)
    t2[x] = (word >>> 16) | (word << 16)
    t3[x] = (word >>> 24) | (word << 8)
  }
  return { s, t0, t1, t2, t3 }
}

/**
 * KeyExpansion (FIPS 197, 5.2) of `words` = 4 or 8 key words, which stand at k[at …] already.
 * Fills 4·(words + 7) words: the round keys of 10 or 14 rounds.
 */
export function expandKey(s: Uint8Array, k: Int32Array, at: number, words: number): void {
  let rcon = 1
  for (let i = words; i < 4 * (words + 7); i++) {
    let word = k[at + i - 1]!
    if (i % words === 0) {
      word = (subWord(s, (word << 8) | (word >>> 24)) ^ (rcon << 24)) | 0
      rcon = (rcon << 1) ^ (rcon & 0x80 ? 0x11b : 0)
    } else if (words === 8 && i % 8 === 4) word = subWord(s, word)
    k[at + i] = k[at + i - words]! ^ word
  }
}

const subWord = (s: Uint8Array, w: number): number =>
  (s[w >>> 24]! << 24) | (s[(w >>> 16) & 0xff]! << 16) | (s[(w >>> 8) & 0xff]! << 8) | s[w & 0xff]!

/**
 * From the state after round 2 to the first column of the last round: the tag. The round keys of round 3 stand at
 * k[at], those of the last round at k[end].
 */
export function tagAfterRound2(
  tables: AesTables,
  k: Int32Array,
  at: number,
  end: number,
  a: number,
  b: number,
  c: number,
  d: number,
): number {
  const { s, t0, t1, t2, t3 } = tables
  for (let r = at; r < end; r += 4) {
    const e = t0[a >>> 24]! ^ t1[(b >>> 16) & 0xff]! ^ t2[(c >>> 8) & 0xff]! ^ t3[d & 0xff]! ^ k[r]!
    const f = t0[b >>> 24]! ^ t1[(c >>> 16) & 0xff]! ^ t2[(d >>> 8) & 0xff]! ^ t3[a & 0xff]! ^ k[r + 1]!
    const g = t0[c >>> 24]! ^ t1[(d >>> 16) & 0xff]! ^ t2[(a >>> 8) & 0xff]! ^ t3[b & 0xff]! ^ k[r + 2]!
    d = t0[d >>> 24]! ^ t1[(a >>> 16) & 0xff]! ^ t2[(b >>> 8) & 0xff]! ^ t3[c & 0xff]! ^ k[r + 3]!
    a = e
    b = f
    c = g
  }
  return (
    (((s[a >>> 24]! << 24) | (s[(b >>> 16) & 0xff]! << 16) | (s[(c >>> 8) & 0xff]! << 8) | s[d & 0xff]!) ^ k[end]!) >>>
    0
  )
}
