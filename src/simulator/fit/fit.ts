import type { RadioModel } from "../radio.ts"
import type { Recording, SceneName } from "../scene.ts"
import { type BinGoodness, goodness, quantileError } from "./goodness.ts"
import { type Curve, fitCurve } from "./likelihood.ts"
import { type Link, links, scanIntervals } from "./links.ts"
import { varianceShares } from "./shares.ts"
import { fitTxPower, type TxPowerTrial, txPowerTrials } from "./tx-power.ts"

/** GAEN on Android listens for four seconds. In the measurement 99 of 100 scans span 2 to 4 s from first to last packet. */
const SCAN_SECONDS = 4

/** The only scenes that the transmit power may be fitted on; the four others stay unseen. */
export const TX_POWER_SCENES: readonly SceneName[] = ["lunch", "train"]

export interface RadioFit {
  readonly model: RadioModel
  readonly curve: Curve
  readonly links: number
  readonly packets: number
  readonly txPowerTrials: readonly TxPowerTrial[]
  /** The curve against the data it was fitted to. */
  readonly bins: readonly BinGoodness[]
  readonly quantileError: number
}

export interface HeldOut {
  readonly scene: SceneName
  readonly bins: readonly BinGoodness[]
  readonly quantileError: number
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!

const hundredths = (value: number): number => Math.round(value * 100) / 100

/** Seconds between two packets of one transmitter in one scan: the median of those that no packet was lost between. */
function packetInterval(recordings: readonly Recording[]): number {
  const last = new Map<string, number>()
  const gaps: number[] = []
  recordings.forEach(({ packets }, number) => {
    for (const { receiver, transmitter, second } of packets) {
      const key = `${number} ${receiver} ${transmitter}`
      const before = last.get(key)
      if (before !== undefined && second > before) gaps.push(second - before)
      last.set(key, second)
    }
  })
  gaps.sort((a, b) => a - b)
  const shortest = quantile(gaps, 0.05)
  return quantile(
    gaps.filter(gap => gap < 1.5 * shortest),
    0.5,
  )
}

/** The ends of the uniform distribution with the data's 5 % and 95 % quantiles: outside lie early and missed scans. */
function scanEvery(all: readonly Link[]): [number, number] {
  const seconds = scanIntervals(all)
  const [low, high] = [quantile(seconds, 0.05), quantile(seconds, 0.95)]
  const beyond = (high - low) / 18
  return [Math.round(low - beyond), Math.round(high + beyond)]
}

function modelOf(curve: Curve, all: readonly Link[], recordings: readonly Recording[], txPower: number): RadioModel {
  const shares = varianceShares(all, curve)
  const spread = (share: number) => hundredths(curve.link * Math.sqrt(share))
  const distances = recordings.flatMap(({ packets }) => packets.map(({ distance }) => distance ?? 0))
  return {
    txPower,
    atOneMetre: hundredths(txPower - curve.atOneMetre),
    perDecade: hundredths(curve.perDecade),
    nearestMetres: hundredths(curve.nearestMetres),
    receiver: spread(shares.receiver),
    transmitter: spread(shares.transmitter),
    pair: spread(shares.pair),
    scan: spread(shares.scan),
    packet: hundredths(curve.packet),
    best: hundredths(curve.best),
    half: hundredths(txPower - curve.half),
    width: hundredths(curve.width),
    scanSeconds: SCAN_SECONDS,
    scanEverySeconds: scanEvery(all),
    packetEverySeconds: Math.round(packetInterval(recordings) * 10_000) / 10_000,
    rangeMetres: Math.ceil(distances.reduce((most, metres) => Math.max(most, metres), 0)),
  }
}

const sceneOf = (link: Link, recordings: readonly Recording[]): SceneName => recordings[link.recording]!.name

const slotsOf = (recordings: readonly Recording[]): number => Math.round(SCAN_SECONDS / packetInterval(recordings))

/**
 * Everything the simulator's radio takes from recordings of real phones: the transmit power from TX_POWER_SCENES,
 * the rest from all of them.
 * @throws RangeError where too few packets have a known distance
 */
export function fitRadio(recordings: readonly Recording[]): RadioFit {
  const all = links(recordings)
  const trialLinks = all.filter(link => TX_POWER_SCENES.includes(sceneOf(link, recordings)))
  const txPower = fitTxPower(trialLinks)
  const slots = slotsOf(recordings)
  const curve = fitCurve(all, slots)
  const bins = goodness(all, curve, txPower, slots)
  return {
    model: modelOf(curve, all, recordings, txPower),
    curve,
    links: all.length,
    packets: recordings.reduce((sum, { packets }) => sum + packets.length, 0),
    txPowerTrials: txPowerTrials(trialLinks),
    bins,
    quantileError: quantileError(bins),
  }
}

/** Each scene against a curve that was fitted to the others and has not seen it. */
export function heldOut(recordings: readonly Recording[], txPower: number): HeldOut[] {
  const all = links(recordings)
  const slots = slotsOf(recordings)
  return recordings.map(({ name }) => {
    const curve = fitCurve(
      all.filter(link => sceneOf(link, recordings) !== name),
      slots,
    )
    const own = all.filter(link => sceneOf(link, recordings) === name)
    const bins = goodness(own, curve, txPower, slots)
    return { scene: name, bins, quantileError: quantileError(bins) }
  })
}
