import { concat, gaen, requireBytes, time, u16, u32 } from "../crypto/index.ts"
import { malformed, Reader } from "./wire.ts"

/*
 * secret of a slot of design 4 (22 bytes)
 *   u32  rolling start, an interval; the slot's index is the day it lies in
 *   u16  rolling period, 1 … 144 intervals
 *   16   TEK
 */

/** @throws RangeError for a period that is not 1 … 144, or another length of the TEK */
export function encodeExposureKey({ tek, rollingStart, rollingPeriod }: gaen.DiagnosisKey): Uint8Array<ArrayBuffer> {
  requireBytes("tek", gaen.KEY_BYTES, tek)
  if (!isPeriod(rollingPeriod)) throw new RangeError(`rollingPeriod: expected 1 to 144, got ${rollingPeriod}`)
  return concat(u32(rollingStart, "rollingStart"), u16(rollingPeriod, "rollingPeriod"), tek)
}

/** @throws LindungError format */
export function parseExposureKey(secret: Uint8Array): gaen.DiagnosisKey {
  const reader = new Reader("exposure key", secret)
  const rollingStart = reader.u32()
  const rollingPeriod = reader.u16()
  const tek = reader.take(gaen.KEY_BYTES)
  reader.end()
  if (!isPeriod(rollingPeriod)) throw malformed("exposure key", `a rolling period of ${rollingPeriod}`)
  return { tek, rollingStart, rollingPeriod }
}

const isPeriod = (n: number): boolean => n >= 1 && n <= gaen.ROLLING_PERIOD

/** The day that a key's slot is of. */
export const dayOfKey = ({ rollingStart }: Pick<gaen.DiagnosisKey, "rollingStart">): number =>
  Math.floor(rollingStart / gaen.ROLLING_PERIOD)

const TOLERANCE_SECONDS = gaen.TOLERANCE_INTERVALS * time.SECONDS_PER_INTERVAL

/**
 * (start + period)·600 + 7200 ≤ 7200·(bucket + 1)  (protocol §6): by the end of the bucket no phone of any system takes
 * what it hears for one of the key's identifiers, whatever its clock and however late it learns of the key.
 */
export const isDeadBy = (
  { rollingStart, rollingPeriod }: Pick<gaen.DiagnosisKey, "rollingStart" | "rollingPeriod">,
  bucket: number,
): boolean =>
  (rollingStart + rollingPeriod) * time.SECONDS_PER_INTERVAL + TOLERANCE_SECONDS <= time.bucketStart(bucket + 1)

/** Where the authority's first contagious day lies, by the convention that a person is so two days before symptoms. */
const DAYS_BEFORE_ONSET = 2
/** Farther from the onset no rule looks, and a number would only tell people apart. */
const FARTHEST_DAYS = 14
const UNSAID = 0
const DAYS_ZERO = 100

/** A key's days since onset as u8: days + 100, or 0 when they are not said or farther away than fourteen. */
export const onsetByte = (days: number | undefined): number =>
  days !== undefined && Math.abs(days) <= FARTHEST_DAYS ? days + DAYS_ZERO : UNSAID

export const parseOnsetByte = (said: number): { readonly daysSinceOnset?: number } =>
  said === UNSAID ? {} : { daysSinceOnset: said - DAYS_ZERO }

/**
 * What the batcher makes of a revealed key (23 bytes): secret ‖ u8 days since onset + 100, 0 when they are not said. The
 * day after `contagiousFromDay` + 2 is day 1.
 */
export function archiveEntry(secret: Uint8Array, contagiousFromDay: number): Uint8Array<ArrayBuffer> {
  const days = dayOfKey(parseExposureKey(secret)) - (contagiousFromDay + DAYS_BEFORE_ONSET)
  return concat(secret, Uint8Array.of(onsetByte(days)))
}

/** A key as its archive says it: the other facts are the same for all keys. */
export function parseArchiveEntry(entry: Uint8Array): gaen.DiagnosisKey & { readonly daysSinceOnset?: number } {
  const last = entry.length - 1
  return { ...parseExposureKey(entry.subarray(0, last)), ...parseOnsetByte(entry[last]!) }
}
