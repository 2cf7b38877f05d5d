import { concat, gaen, type Random, requireBytes, time } from "../../crypto/index.ts"

/** A phone's own key and the intervals in which it is broadcast. */
export interface OwnKey {
  readonly tek: Uint8Array
  readonly rollingStart: number
  readonly rollingPeriod: number
}

/** RPI ‖ AEM: the payload of one advertisement. */
export const PAYLOAD_BYTES = 20
const RPI_BYTES = 16
/** Byte 0 of the metadata: major version 1 in bits 7 and 6, minor version 1 in bits 5 and 4, confidence in 3 and 2. */
const VERSION = 0x50

/**
 * A fresh key of the day, ⌊interval/144⌋·144 and 144 intervals, whenever in it: a key that began with a first start, or
 * after a report, would say so of its phone once it is published.
 * @param unix seconds
 */
export function newKey(unix: number, random: Random): OwnKey {
  const interval = time.interval(unix)
  const tek = random.bytes(gaen.KEY_BYTES)
  requireBytes("tek", gaen.KEY_BYTES, tek)
  return {
    tek: new Uint8Array(tek) as gaen.Tek,
    rollingStart: interval - (interval % gaen.ROLLING_PERIOD),
    rollingPeriod: gaen.ROLLING_PERIOD,
  }
}

/** Whether a key is broadcast at this second. */
export function isRunning({ rollingStart, rollingPeriod }: Omit<OwnKey, "tek">, unix: number): boolean {
  const now = time.interval(unix)
  return rollingStart <= now && now < rollingStart + rollingPeriod
}

/**
 * The key as it is reported while it runs: cut short after the running interval (protocol §4). The phone broadcasts
 * the next key from this moment on, so that nothing published is ever broadcast again.
 */
export function cutShort(key: OwnKey, unix: number): OwnKey {
  const { rollingStart, rollingPeriod } = key
  const lived = time.interval(unix) - rollingStart + 1
  if (lived < 1) throw new RangeError(`unix: the key starts ${(1 - lived) * 10} minutes later`)
  return lived >= rollingPeriod ? key : { ...key, rollingPeriod: lived }
}

/**
 * What is advertised in the interval of this second.
 * @param txPower the transmit power at the antenna in dBm, −128 … 127, which the other phone needs for the attenuation
 * @param calibrationConfidence how well this phone's model was measured, 0 (not at all) to 3
 * @returns 20 bytes: RPI ‖ AEM
 */
export function payload(
  key: OwnKey,
  unix: number,
  txPower: number,
  calibrationConfidence = 0,
): Uint8Array<ArrayBuffer> {
  if (!isRunning(key, unix)) throw new RangeError("unix: outside the key's rolling period")
  if (!Number.isInteger(txPower) || txPower < -128 || txPower > 127)
    throw new RangeError(`txPower: expected -128 to 127 dBm, got ${txPower}`)
  if (!Number.isInteger(calibrationConfidence) || calibrationConfidence < 0 || calibrationConfidence > 3)
    throw new RangeError(`calibrationConfidence: expected 0 to 3, got ${calibrationConfidence}`)
  const rpi = gaen.rpi(gaen.rpik(key.tek), time.interval(unix))
  const metadata = Uint8Array.of(VERSION | (calibrationConfidence << 2), txPower & 0xff, 0, 0)
  return concat(rpi, gaen.aem(gaen.aemk(key.tek), rpi, metadata))
}

/** What a phone says of itself in each advertisement, readable only once its key is published. */
export interface Metadata {
  readonly major: number
  readonly minor: number
  /** dBm. */
  readonly txPower: number
  /** How well the phone's model was measured, 0 (not at all) to 3. Since version 1.1. */
  readonly calibrationConfidence: number
}

/** The two parts of an advertisement. @throws RangeError unless it has 20 bytes */
export function splitPayload(input: Uint8Array): { rpi: Uint8Array<ArrayBuffer>; aem: Uint8Array<ArrayBuffer> } {
  requireBytes("payload", PAYLOAD_BYTES, input)
  return { rpi: new Uint8Array(input.subarray(0, RPI_BYTES)), aem: new Uint8Array(input.subarray(RPI_BYTES)) }
}

/**
 * AES128-CTR(AEMK, RPI)(AEM). Nothing authenticates it: whoever repeats an identifier may flip any of its bits, and
 * so choose the transmit power that is read here.
 */
export function openMetadata(tek: Uint8Array, rpi: Uint8Array, aem: Uint8Array): Metadata {
  const [version, power] = gaen.aem(gaen.aemk(tek), rpi, aem) as unknown as [number, number, number, number]
  return {
    major: version >>> 6,
    minor: (version >>> 4) & 3,
    txPower: (power << 24) >> 24,
    calibrationConfidence: (version >>> 2) & 3,
  }
}
