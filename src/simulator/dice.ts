import { ascii, type Random, sha256, u64 } from "../crypto/index.ts"

const BLOCK_BYTES = 32

/**
 * Dice that fall the same way for the same seed: block i is H("lindung/simulator/dice/1" ‖ H(seed) ‖ u64 i).
 * FOR SIMULATION ONLY: whoever knows the seed knows every byte, so no key or identifier of a real phone may come
 * from here.
 * @param seed a number, or ASCII text
 * @throws RangeError for text outside ASCII
 */
export function seededDice(seed: number | string): Random {
  const label = ascii("lindung/simulator/dice/1")
  const root = sha256(ascii(String(seed)))
  let blocks = 0
  let block: Uint8Array = new Uint8Array(0)
  let used = 0
  return {
    bytes(n) {
      if (!Number.isInteger(n) || n < 0) throw new RangeError(`bytes: expected a count of bytes, got ${n}`)
      const out = new Uint8Array(n)
      for (let filled = 0; filled < n; ) {
        if (used === block.length) {
          block = sha256(label, root, u64(blocks++))
          used = 0
        }
        const part = block.subarray(used, Math.min(BLOCK_BYTES, used + n - filled))
        out.set(part, filled)
        filled += part.length
        used += part.length
      }
      return out
    },
  }
}

/** Uniform in [0, 1), in steps of 2⁻⁴⁸. */
export function fraction(random: Random): number {
  let value = 0
  for (const byte of random.bytes(6)) value = value * 256 + byte
  return value / 2 ** 48
}

/** Uniform in [low, high). */
export const between = (random: Random, low: number, high: number): number => low + (high - low) * fraction(random)

/** Normal with mean 0 and standard deviation 1 (Box–Muller; the second value of each pair is not used). */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - fraction(random)))
  return radius * Math.cos(2 * Math.PI * fraction(random))
}
