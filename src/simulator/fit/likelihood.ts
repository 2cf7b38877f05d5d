import type { Link } from "./links.ts"
import { minimise } from "./simplex.ts"

/** What one link's likelihood depends on; all levels in dBm, so that no transmit power is needed yet. */
export interface Curve {
  /** The mean level at one metre. */
  readonly atOneMetre: number
  readonly perDecade: number
  readonly nearestMetres: number
  /** Spread of a link in one scan: phones, pair and scan together. */
  readonly link: number
  readonly packet: number
  readonly best: number
  /** The level that is received half as often as a strong one. */
  readonly half: number
  readonly width: number
}

/** Gauss–Hermite rule with nine points, for the mean of g(X), X normal: nodes in standard deviations, weights. */
const NODES = [
  [-4.512745863399783, 2.2345844007746576e-5],
  [-3.20542900285647, 2.78914132123177e-3],
  [-2.07684797867783, 4.991640676521787e-2],
  [-1.023255663789133, 2.440975028949395e-1],
  [0, 4.063492063492064e-1],
  [1.023255663789133, 2.440975028949395e-1],
  [2.07684797867783, 4.991640676521787e-2],
  [3.20542900285647, 2.78914132123177e-3],
  [4.512745863399783, 2.2345844007746576e-5],
] as const

function meanOver(centre: number, spread: number, g: (x: number) => number): number {
  let total = 0
  for (const [node, weight] of NODES) total += weight * g(centre + spread * node)
  return total
}

const LOWEST = -180
const HIGHEST = 20
const STEPS_PER_DB = 2

/** g at any level by straight lines between half decibels: the likelihood asks for it a hundred thousand times. */
function tabulate(g: (level: number) => number): (level: number) => number {
  const values = Float64Array.from({ length: (HIGHEST - LOWEST) * STEPS_PER_DB + 1 }, (_, i) =>
    g(LOWEST + i / STEPS_PER_DB),
  )
  return level => {
    const place = Math.max(0, Math.min(values.length - 1.000001, (level - LOWEST) * STEPS_PER_DB))
    const below = Math.floor(place)
    return values[below]! + (place - below) * (values[below + 1]! - values[below]!)
  }
}

export const curveLevel = (curve: Curve, metres: number): number =>
  curve.atOneMetre - curve.perDecade * Math.log10(Math.max(metres, curve.nearestMetres))

export const curveChance = (curve: Curve, level: number): number =>
  curve.best / (1 + Math.exp((curve.half - level) / curve.width))

/** log of the chance that one packet of a link with this mean level is missed. */
const missTable = (curve: Curve) =>
  tabulate(level => Math.log1p(-meanOver(level, curve.packet, y => curveChance(curve, y))))

/**
 * The number of packets that come out of a scan in which `slots` are sent, given that at least one does: chances
 * of 0 … slots (0 for none).
 */
export function packetCounts(curve: Curve, metres: number, slots: number): number[] {
  const miss = missTable(curve)
  const chances = Array.from({ length: slots + 1 }, (_, k) =>
    meanOver(curveLevel(curve, metres), curve.link, level => {
      let ways = 1
      for (let i = 0; i < k; i++) ways = (ways * (slots - i)) / (i + 1)
      return ways * (1 - Math.exp(miss(level))) ** k * Math.exp(miss(level) * (slots - k))
    }),
  )
  const heard = 1 - chances[0]!
  return chances.map((chance, k) => (k === 0 ? 0 : chance / heard))
}

/**
 * The negative log-likelihood of links whose distance is known. A link is in the data only because it was heard at
 * least once, so that its likelihood is the one given that. With μ ~ N(m, link²) the link's mean level, n of `slots`
 * packets heard at levels y with mean ȳ, and h(μ) the chance to miss one:
 *
 *   L = Π r(yᵢ) φ(yᵢ | ȳ, packet) · N(ȳ; m, link² + packet²/n) · E[h(μ)^(slots − n) | ȳ] / E[1 − h(μ)^slots]
 */
function cost(curve: Curve, heard: readonly (Link & { metres: number })[], slots: number): number {
  const miss = missTable(curve)
  const everHeard = tabulate(m => Math.log(meanOver(m, curve.link, level => -Math.expm1(slots * miss(level)))))
  const logChance = tabulate(y => Math.log(curveChance(curve, y)))
  const linkVariance = curve.link ** 2
  const packetVariance = curve.packet ** 2
  let total = 0
  for (const { levels, mean, squares, metres } of heard) {
    const n = Math.min(levels.length, slots)
    const m = curveLevel(curve, metres)
    const variance = linkVariance + packetVariance / n
    const pull = linkVariance / variance
    const spread = Math.sqrt(linkVariance * (1 - pull))
    const missed = meanOver(m + pull * (mean - m), spread, level => Math.exp((slots - n) * miss(level)))
    let received = 0
    for (const level of levels) received += logChance(level)
    total -=
      received -
      (n - 1) * Math.log(curve.packet) -
      squares / (2 * packetVariance) -
      Math.log(variance) / 2 -
      (mean - m) ** 2 / (2 * variance) +
      Math.log(missed) -
      everHeard(m)
  }
  return total
}

/** Unbounded numbers to a curve: what must be positive is a logarithm, the chance `best` a log-odds. */
function curveOf([a, b, h, l, p, o, half, w]: readonly number[]): Curve {
  return {
    atOneMetre: a!,
    perDecade: b!,
    nearestMetres: Math.exp(h!),
    link: Math.exp(l!),
    packet: Math.exp(p!),
    best: 1 / (1 + Math.exp(-o!)),
    half: half!,
    width: Math.exp(w!),
  }
}

const START = [-80, 20, Math.log(0.5), Math.log(7), Math.log(5), 0, -92, Math.log(3)]
const FIRST_STEPS = [-4, 5, 0.4, 0.3, -0.3, 0.5, -4, -0.4]

/** The curve under which what was heard is likeliest. @param slots packets sent while a phone listens once */
export function fitCurve(all: readonly Link[], slots: number): Curve {
  const heard = all.filter((link): link is Link & { metres: number } => link.metres !== null)
  if (heard.length < 50) throw new RangeError(`links: expected at least 50 with a known distance, got ${heard.length}`)
  const f = (x: readonly number[]) => {
    const value = cost(curveOf(x), heard, slots)
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
  }
  // A second simplex from where the first one shrank: it has been known to shrink too early.
  const once = minimise(f, START, FIRST_STEPS, 0.01)
  return curveOf(
    minimise(
      f,
      once,
      FIRST_STEPS.map(step => step / 4),
      0.001,
    ),
  )
}
