/**
 * How many standard deviations a chi-square is above what chance gives (Wilson and Hilferty 1931): its cube root is
 * nearly normal with mean 1 − 2/(9k) and variance 2/(9k), k degrees of freedom, once divided by k.
 */
export function deviations(chiSquare: number, degrees: number): number {
  const variance = 2 / (9 * degrees)
  return (Math.cbrt(chiSquare / degrees) - (1 - variance)) / Math.sqrt(variance)
}

/** Σ (O − E)²/E  (Pearson 1900); infinite where something stands in a category that cannot occur. */
export function chiSquare(observed: ArrayLike<number>, expected: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < observed.length; i++) {
    const e = expected[i]!
    if (e > 0) sum += (observed[i]! - e) ** 2 / e
    else if (observed[i]! > 0) return Number.POSITIVE_INFINITY
  }
  return sum
}

/** One in a billion: many things are tested, and a suspicion should not be chance. */
export const SUSPICIOUS = 6
