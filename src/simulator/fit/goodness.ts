import { type Curve, curveChance, curveLevel, packetCounts } from "./likelihood.ts"
import type { Link } from "./links.ts"

/** Distances in metres, [from, to). */
export const DISTANCE_BINS = [0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 6, 10] as const
export const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const

/** Received packets from one range of distances; all quantiles are attenuations in dB, at QUANTILES. */
export interface BinGoodness {
  readonly from: number
  readonly to: number
  readonly packets: number
  readonly data: readonly number[]
  readonly model: readonly number[]
  /** Packets of a link that is heard at all, in one scan. */
  readonly dataPacketsPerLink: number
  readonly modelPacketsPerLink: number
}

const STRONGEST = 0
const WEAKEST = -130

/** Chances of the levels 0, −1 … −130 dBm of a packet received from this far. */
function receivedLevels(curve: Curve, metres: number): number[] {
  const centre = curveLevel(curve, metres)
  const variance = curve.link ** 2 + curve.packet ** 2
  const density = Array.from({ length: STRONGEST - WEAKEST + 1 }, (_, i) => {
    const level = STRONGEST - i
    return Math.exp(-((level - centre) ** 2) / (2 * variance)) * curveChance(curve, level)
  })
  const total = density.reduce((sum, value) => sum + value, 0)
  return density.map(value => value / total)
}

/** Quantiles of a distribution over whole decibels, strongest first, by straight lines inside a decibel. */
function quantiles(chances: readonly number[], txPower: number): number[] {
  return QUANTILES.map(wanted => {
    let below = 0
    for (let i = 0; i < chances.length; i++) {
      const chance = chances[i]!
      if (below + chance >= wanted) return txPower - (STRONGEST - i) - 0.5 + (wanted - below) / chance
      below += chance
    }
    return txPower - WEAKEST
  })
}

/** The attenuation of received packets at one distance, at QUANTILES: what the curve says. dB */
export const modelQuantiles = (curve: Curve, metres: number, txPower: number): number[] =>
  quantiles(receivedLevels(curve, metres), txPower)

/** What the data say in each range of distances, beside what the curve says for the same distances. */
export function goodness(all: readonly Link[], curve: Curve, txPower: number, slots: number): BinGoodness[] {
  return DISTANCE_BINS.slice(1).flatMap((to, i) => {
    const from = DISTANCE_BINS[i]!
    const inside = all.filter(({ metres }) => metres !== null && metres >= from && metres < to)
    const packets = inside.reduce((sum, { levels }) => sum + levels.length, 0)
    if (packets < 100) return []
    const data = new Array<number>(STRONGEST - WEAKEST + 1).fill(0)
    const model = [...data]
    let expected = 0
    for (const { levels, metres } of inside) {
      for (const level of levels) data[Math.min(data.length - 1, STRONGEST - level)]! += 1 / packets
      receivedLevels(curve, metres!).forEach((chance, j) => {
        model[j]! += (chance * levels.length) / packets
      })
    }
    // The count changes slowly with distance: a tenth of the links is enough to average over.
    const sample = inside.filter((_, j) => j % 10 === 0)
    for (const { metres } of sample)
      expected += packetCounts(curve, metres!, slots).reduce((sum, chance, k) => sum + k * chance, 0)
    return {
      from,
      to,
      packets,
      data: quantiles(data, txPower),
      model: quantiles(model, txPower),
      dataPacketsPerLink: packets / inside.length,
      modelPacketsPerLink: expected / sample.length,
    }
  })
}

/** Mean distance in dB between the model's quantiles and the data's, each range counted by its packets. */
export function quantileError(bins: readonly BinGoodness[]): number {
  const packets = bins.reduce((sum, bin) => sum + bin.packets, 0)
  const errors = bins.map(
    bin => (bin.packets * bin.data.reduce((sum, q, i) => sum + Math.abs(q - bin.model[i]!), 0)) / QUANTILES.length,
  )
  return errors.reduce((sum, error) => sum + error, 0) / packets
}
