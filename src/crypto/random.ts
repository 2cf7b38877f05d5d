import { requireBytes, requireWhole } from "./bytes.ts"

/**
 * The source of every secret and of every secret choice. Obligation: `bytes(n)` returns n fresh, independent,
 * uniform bytes from the system's CSPRNG, in an array nobody else holds, or throws; it never returns fewer.
 */
export interface Random {
  bytes(n: number): Uint8Array
}

/**
 * The same source, held to its obligation: a port that gives too few bytes would make secrets guessable in silence.
 * @throws RangeError from `bytes` when the port gives another length
 */
export const checkedRandom = (random: Random): Random => ({
  bytes(n) {
    const drawn = random.bytes(n)
    requireBytes("random.bytes", n, drawn)
    return drawn
  },
})

/** A uniform integer 0 … outcomes−1. Values past the last multiple of it are drawn again, so that none is favoured. */
export function uniform(random: Random, outcomes: number): number {
  return uniforms(random, outcomes, 1)[0]!
}

/** So many of them at once: asking the system's CSPRNG costs as much for four bytes as for hundreds. */
export function uniforms(random: Random, outcomes: number, count: number): Uint32Array {
  requireWhole("outcomes", outcomes, 1, 2 ** 32)
  requireWhole("count", count, 0, 2 ** 16)
  const limit = 2 ** 32 - (2 ** 32 % outcomes)
  const values = new Uint32Array(count)
  for (let made = 0; made < count; ) {
    const length = 4 * (count - made)
    const drawn = random.bytes(length)
    requireBytes("random.bytes", length, drawn)
    const view = new DataView(drawn.buffer, drawn.byteOffset)
    for (let i = 0; i < length; i += 4) {
      const value = view.getUint32(i)
      if (value < limit) values[made++] = value % outcomes
    }
  }
  return values
}

/** An index, drawn by whole weights that are not all zero. */
export function weighted(weights: readonly number[], random: Random): number {
  let left = uniform(
    random,
    weights.reduce((sum, weight) => sum + weight, 0),
  )
  return weights.findIndex(weight => {
    left -= weight
    return left < 0
  })
}

/** A new array in uniform order (Fisher–Yates): the secret broadcast order of designs 1 and 3 (WP 2.1, 2.3). */
export function shuffle<T>(items: readonly T[], random: Random): T[] {
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = uniform(random, i + 1)
    const held = out[i]!
    out[i] = out[j]!
    out[j] = held
  }
  return out
}
