import { type Curve, curveLevel } from "./likelihood.ts"
import type { Link } from "./links.ts"

/** How a link's variance is made up; the four add up to 1. */
export interface Shares {
  readonly receiver: number
  readonly transmitter: number
  readonly pair: number
  readonly scan: number
}

/** What two links of one scene have in common: the covariance of their levels is the variance of those parts. */
function common(a: Link, b: Link): "receiver" | "transmitter" | "both" | "swapped" | "crossed" | undefined {
  if (a.receiver === b.receiver) return a.transmitter === b.transmitter ? "both" : "receiver"
  if (a.transmitter === b.transmitter) return "transmitter"
  const crossings = Number(a.receiver === b.transmitter) + Number(a.transmitter === b.receiver)
  return crossings === 2 ? "swapped" : crossings === 1 ? "crossed" : undefined
}

/**
 * Where the spread of a link comes from, by the method of moments: the residuals of two links of one scene that
 * share only the receiver covary by the receiver's variance, those that share only the transmitter by the
 * transmitter's, and a → b with b → a by the pair's, plus twice what a phone's hearing and its voice have in common
 * (the covariance of a → b with b → c). The rest of the variance, less the packets' own, is the scan's.
 * Residuals are taken from the mean of what was heard at such a distance, not from the curve, because weak packets
 * are missing from it.
 */
export function varianceShares(all: readonly Link[], curve: Curve): Shares {
  const known = all.filter((link): link is Link & { metres: number } => link.metres !== null)
  const bins = new Map<number, { total: number; count: number }>()
  const bin = (metres: number) => Math.round(curveLevel(curve, metres))
  for (const { metres, mean } of known) {
    const { total, count } = bins.get(bin(metres)) ?? { total: 0, count: 0 }
    bins.set(bin(metres), { total: total + mean, count: count + 1 })
  }
  const residuals = known.map(({ metres, mean }) => {
    const { total, count } = bins.get(bin(metres))!
    return mean - total / count
  })
  const sums = { receiver: 0, transmitter: 0, both: 0, swapped: 0, crossed: 0 }
  const counts = { ...sums }
  for (let i = 0; i < known.length; i++) {
    for (let j = i + 1; j < known.length && known[j]!.recording === known[i]!.recording; j++) {
      const kind = common(known[i]!, known[j]!)
      if (!kind) continue
      sums[kind] += residuals[i]! * residuals[j]!
      counts[kind]++
    }
  }
  const own = known.reduce((total, { levels }) => total + curve.packet ** 2 / levels.length, 0) / known.length
  const variance = residuals.reduce((total, r) => total + r * r, 0) / known.length - own
  const covariance = (kind: keyof typeof sums) => (counts[kind] === 0 ? 0 : sums[kind] / counts[kind])
  const share = (part: number) => Math.max(0, Math.min(1, part / variance))
  const receiver = share(covariance("receiver"))
  const transmitter = share(covariance("transmitter"))
  const pair = share(covariance("swapped") - 2 * covariance("crossed"))
  return { receiver, transmitter, pair, scan: Math.max(0, 1 - receiver - transmitter - pair) }
}
