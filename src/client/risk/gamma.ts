/** ln Γ(x) for x > 0: Lanczos' approximation with g = 7 and nine terms, good to 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const

function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  let series: number = LANCZOS[0]
  for (let i = 1; i < LANCZOS.length; i++) series += LANCZOS[i]! / (x - 1 + i)
  const t = x + 6.5
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series)
}

/** P(a, x) = γ(a, x) / Γ(a): the series below a + 1, the continued fraction above. */
function lowerIncompleteGamma(a: number, x: number, logGammaOfA: number): number {
  if (x <= 0) return 0
  const front = Math.exp(a * Math.log(x) - x - logGammaOfA)
  if (x < a + 1) {
    let term = 1 / a
    let total = term
    for (let n = 1; n < 10_000 && term > total * 1e-17; n++) {
      term *= x / (a + n)
      total += term
    }
    return Math.min(1, total * front)
  }
  // Lentz's method for the continued fraction of Q(a, x).
  let b = x + 1 - a
  let c = 1 / Number.MIN_VALUE ** 0.5
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < 10_000; n++) {
    const an = -n * (n - a)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    const step = d * c
    fraction *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return Math.max(0, 1 - fraction * front)
}

/**
 * x with P(shape, x / scale) = p: Newton's steps on the distribution, kept inside a bracket that is halved where a step
 * leaves it.
 * @param p 0 to below 1
 * @returns NaN where shape or scale is not positive
 */
export function gammaQuantile(shape: number, scale: number, p: number): number {
  if (!(shape > 0) || !(scale > 0) || !(p >= 0 && p < 1)) return Number.NaN
  if (p === 0) return 0
  const logGammaOfShape = logGamma(shape)
  let low = 0
  let high = Math.max(1, 2 * shape)
  while (lowerIncompleteGamma(shape, high, logGammaOfShape) < p) high *= 2
  let x = start(shape, p, logGammaOfShape)
  for (let i = 0; i < 200; i++) {
    if (!(x > low && x < high)) x = (low + high) / 2
    const excess = lowerIncompleteGamma(shape, x, logGammaOfShape) - p
    if (excess > 0) high = x
    else low = x
    const density = Math.exp((shape - 1) * Math.log(x) - x - logGammaOfShape)
    const next = x - excess / density
    if (Math.abs(next - x) <= 1e-15 * x || high - low <= 1e-16 * high) break
    x = next
  }
  return x * scale
}

/** Wilson and Hilferty's cube for the middle, the first term of the series for the lower tail. */
function start(shape: number, p: number, logGammaOfShape: number): number {
  const lower = Math.exp((Math.log(p * shape) + logGammaOfShape) / shape)
  const cube = 1 - 1 / (9 * shape)
  return p === 0.5 && cube > 0.1 ? shape * cube ** 3 : Math.max(lower, Number.MIN_VALUE)
}

/**
 * median / mean of a gamma distribution by u = 1 / shape, as Chebyshev series on pieces of u that double in length. The
 * function is smooth, so that 16 terms give 12 digits at a hundredth of the cost of a quantile.
 */
const TERMS = 16
const PIECES = 8
let series: Float64Array | undefined

/** Piece 0 is u ≤ 1/16; piece i is 2^(i−5) < u ≤ 2^(i−4). */
const pieceStart = (piece: number): number => (piece === 0 ? 0 : 2 ** (piece - 5))
const pieceEnd = (piece: number): number => 2 ** (piece - 4)
const LAST_END = pieceEnd(PIECES - 1)

function chebyshev(piece: number): number[] {
  const [from, to] = [pieceStart(piece), pieceEnd(piece)]
  const values = Array.from({ length: TERMS }, (_, k) => {
    const u = (from + to) / 2 + ((to - from) / 2) * Math.cos((Math.PI * (k + 0.5)) / TERMS)
    return gammaQuantile(1 / u, u, 0.5)
  })
  return Array.from({ length: TERMS }, (_, j) => {
    let total = 0
    for (let k = 0; k < TERMS; k++) total += values[k]! * Math.cos((Math.PI * j * (k + 0.5)) / TERMS)
    return ((j === 0 ? 1 : 2) / TERMS) * total
  })
}

/** The median of the gamma distribution with this mean and variance. */
export function gammaMedian(mean: number, variance: number): number {
  const u = variance / (mean * mean)
  if (!(u > 0 && mean > 0)) return Number.NaN
  if (u > LAST_END) return gammaQuantile(1 / u, variance / mean, 0.5)
  series ??= Float64Array.from(Array.from({ length: PIECES }, (_, piece) => chebyshev(piece)).flat())
  let piece = 0
  let end = 1 / 16
  while (u > end) {
    piece++
    end *= 2
  }
  // Every piece but the first begins at half its end.
  const t = piece === 0 ? 32 * u - 1 : (4 * u) / end - 3
  const first = piece * TERMS
  let a = 0
  let b = 0
  for (let j = first + TERMS - 1; j > first; j--) {
    const next = 2 * t * a - b + series[j]!
    b = a
    a = next
  }
  return mean * (t * a - b + series[first]!)
}
