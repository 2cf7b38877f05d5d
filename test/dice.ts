import type { Random } from "../src/crypto/index.ts"

/** Repeatable dice for tests (splitmix32): the same seed gives the same bytes. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const byte = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    let x = state
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
    return ((x ^ (x >>> 15)) >>> 11) & 0xff
  }
  return { bytes: n => Uint8Array.from({ length: n }, byte) }
}
