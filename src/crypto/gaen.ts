import { aesBlocks, aesCtr } from "./aes.ts"
import { ascii, type Bytes, requireBytes, requireU32, requireWhole, u32le } from "./bytes.ts"
import { hkdfSha256 } from "./hash.ts"
import { type Candidate, Heard } from "./identifiers.ts"

/** Temporary exposure key: the secret of one rolling period. */
export type Tek = Bytes<"tek">
/** Rolling proximity identifier key. */
export type Rpik = Bytes<"rpik">
/** Associated encrypted metadata key. */
export type Aemk = Bytes<"aemk">
/** Rolling proximity identifier: what is broadcast for about ten minutes. */
export type Rpi = Bytes<"rpi">
/** Associated encrypted metadata: four bytes beside the identifier. */
export type Aem = Bytes<"aem">

export const KEY_BYTES = 16
export const METADATA_BYTES = 4
/** TEKRollingPeriod: the intervals of a day. */
export const ROLLING_PERIOD = 144
/** Two hours either way, in intervals: the tolerance for clocks (protocol §3). */
export const TOLERANCE_INTERVALS = 12

const RPIK_INFO = ascii("EN-RPIK")
const AEMK_INFO = ascii("EN-AEMK")
const RPI_PREFIX = ascii("EN-RPI")

/** RPIK = HKDF-SHA256(TEK, no salt, "EN-RPIK", 16)  (GAEN cryptography 1.2) */
export function rpik(tek: Uint8Array): Rpik {
  requireBytes("tek", KEY_BYTES, tek)
  return hkdfSha256(tek, RPIK_INFO, KEY_BYTES) as Rpik
}

/** AEMK = HKDF-SHA256(TEK, no salt, "EN-AEMK", 16)  (GAEN cryptography 1.2) */
export function aemk(tek: Uint8Array): Aemk {
  requireBytes("tek", KEY_BYTES, tek)
  return hkdfSha256(tek, AEMK_INFO, KEY_BYTES) as Aemk
}

/** PaddedData_j = "EN-RPI" ‖ 0⁶ ‖ u32le(j) */
function writePaddedData(out: Uint8Array, offset: number, interval: number): void {
  out.set(RPI_PREFIX, offset)
  out.set(u32le(interval, "interval"), offset + 12)
}

/**
 * RPI_j = AES128(RPIK, PaddedData_j)  (GAEN cryptography 1.2)
 * @param rpik 16 bytes
 * @param interval j = ⌊unix / 600⌋
 * @returns 16 bytes
 */
export function rpi(rpik: Uint8Array, interval: number): Rpi {
  requireBytes("rpik", KEY_BYTES, rpik)
  const block = new Uint8Array(KEY_BYTES)
  writePaddedData(block, 0, interval)
  return aesBlocks(rpik, block) as Rpi
}

/**
 * AEM_j = AES128-CTR(AEMK, RPI_j)(metadata)  (GAEN cryptography 1.2); its own inverse.
 * @param metadata 4 bytes: version, transmit power in dBm (signed), two reserved
 */
export function aem(aemk: Uint8Array, rpi: Uint8Array, metadata: Uint8Array): Aem {
  requireBytes("aemk", KEY_BYTES, aemk)
  requireBytes("rpi", KEY_BYTES, rpi)
  requireBytes("metadata", METADATA_BYTES, metadata)
  return aesCtr(aemk, rpi, metadata) as Aem
}

/** A diagnosis key as published. */
export interface DiagnosisKey {
  readonly tek: Uint8Array
  readonly rollingStart: number
  readonly rollingPeriod: number
}

/** An identifier and the interval in which it was heard. */
export interface Sighting {
  readonly rpi: Uint8Array
  readonly interval: number
}

/** A candidate with the interval j of the identifier that matched. */
export interface GaenCandidate extends Candidate {
  readonly interval: number
}

/** All identifiers of a key, j = rollingStart … rollingStart + rollingPeriod − 1. */
function rpis({ tek, rollingStart, rollingPeriod }: DiagnosisKey): Rpi[] {
  const blocks = new Uint8Array(KEY_BYTES * rollingPeriod)
  for (let j = 0; j < rollingPeriod; j++) writePaddedData(blocks, KEY_BYTES * j, rollingStart + j)
  const stream = aesBlocks(rpik(tek), blocks)
  return Array.from({ length: rollingPeriod }, (_, j) => stream.slice(KEY_BYTES * j, KEY_BYTES * (j + 1)) as Rpi)
}

/** All pairs of a key and a sighting with RPI = RPI_j and |heard interval − j| ≤ 12 (protocol §3). */
export function candidates(keys: readonly DiagnosisKey[], observations: readonly Sighting[]): GaenCandidate[] {
  const heard = new Heard()
  observations.forEach(({ rpi, interval }, index) => {
    requireBytes("rpi", KEY_BYTES, rpi)
    requireU32("interval", interval)
    heard.add(0, rpi, index)
  })
  return keys.flatMap((diagnosisKey, key) => {
    const { rollingStart, rollingPeriod } = diagnosisKey
    requireWhole("rollingPeriod", rollingPeriod, 1, ROLLING_PERIOD)
    requireWhole("rollingStart", rollingStart, 0, 2 ** 32 - rollingPeriod)
    return rpis(diagnosisKey).flatMap((rpi, j) => {
      const interval = rollingStart + j
      return heard
        .find(0, rpi)
        .filter(place => Math.abs(observations[place]!.interval - interval) <= TOLERANCE_INTERVALS)
        .map(observation => ({ key, observation, interval }))
    })
  })
}
