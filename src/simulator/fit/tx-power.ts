import { NEAR_METRES } from "../truth.ts"
import type { Link } from "./links.ts"

/** SwissCovid's thresholds and weights: below 55 dB a scan counts whole, below 63 dB half. */
const weight = (attenuation: number): number => (attenuation < 55 ? 1 : attenuation < 63 ? 0.5 : 0)

export interface TxPowerTrial {
  readonly txPower: number
  /** Links weighted by their mean attenuation, over links that were truly within two metres. */
  readonly ratio: number
  /** Mean square of weight − (1 if truly within two metres, else 0): lower is better. */
  readonly squaredError: number
}

/** Every integer transmit power from −50 to −10 dBm, tried on links whose distance is known. */
export function txPowerTrials(all: readonly Link[]): TxPowerTrial[] {
  const known = all.filter((link): link is Link & { metres: number } => link.metres !== null)
  const near = known.map(({ metres }) => Number(metres <= NEAR_METRES))
  const truly = near.reduce((total, value) => total + value, 0)
  if (truly === 0) throw new RangeError("links: expected some within two metres, got none")
  return Array.from({ length: 41 }, (_, i) => {
    const txPower = i - 50
    const weights = known.map(({ mean }) => weight(txPower - mean))
    const errors = weights.map((w, j) => (w - near[j]!) ** 2)
    return {
      txPower,
      ratio: weights.reduce((total, value) => total + value, 0) / truly,
      squaredError: errors.reduce((total, value) => total + value, 0) / known.length,
    }
  })
}

/**
 * The transmit power at which SwissCovid's rule is an unbiased ruler: over all scans of all pairs together, the
 * weighted scans are as many as those that were truly within two metres. Give it the links of `lunch` and `train`.
 */
export function fitTxPower(all: readonly Link[]): number {
  const trials = txPowerTrials(all)
  return trials.reduce((a, b) => (Math.abs(b.ratio - 1) < Math.abs(a.ratio - 1) ? b : a)).txPower
}
