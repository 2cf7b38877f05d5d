import { requireNumber, requireWhole } from "./bytes.ts"

declare const unit: unique symbol
type Count<Unit extends string> = number & { readonly [unit]: Unit }

/** Seconds since 1970-01-01T00:00:00 UTC; may carry a fraction. */
export type UnixSeconds = Count<"UnixSeconds">
/** ⌊unix / 86400⌋: UTC days. */
export type Day = Count<"Day">
/** ⌊unix / (60·L)⌋: the time one EphID is broadcast. */
export type Epoch = Count<"Epoch">
/** ⌊unix / (60·W)⌋: the time one hybrid seed lives. */
export type Window = Count<"Window">
/** ⌊unix / 7200⌋: the release period of a batch. */
export type Bucket = Count<"Bucket">
/** ⌊unix / 600⌋: GAEN's ENIntervalNumber. */
export type Interval = Count<"Interval">

/** The last that fits u32: 7 February 2106. */
const LAST_SECOND = 2 ** 32 - 1

export const SECONDS_PER_DAY = 86_400
export const SECONDS_PER_BUCKET = 7_200
export const SECONDS_PER_INTERVAL = 600
export const MINUTES_PER_DAY = 1_440
/** L of the white paper, and the value of the reference implementation. */
export const EPOCH_MINUTES = 15
/** W of the protocol: one of the two lengths the white paper recommends (2.3). */
export const WINDOW_MINUTES = 120

/**
 * The edge where a number becomes a time.
 * @throws TypeError for anything but a finite number; RangeError before 1970 or beyond u32.
 */
export function unixSeconds(value: number): UnixSeconds {
  requireNumber("unix time", value)
  if (!Number.isFinite(value)) throw new TypeError(`unix time: expected a finite number of seconds, got ${value}`)
  if (value < 0 || value >= LAST_SECOND + 1)
    throw new RangeError(`unix time: expected 0 to ${LAST_SECOND} seconds, got ${value}; are these milliseconds?`)
  return value as UnixSeconds
}

/** @throws RangeError unless L is a whole number of minutes that divides a day. */
export function requireEpochMinutes(epochMinutes: number): void {
  requireNumber("epochMinutes", epochMinutes)
  if (!Number.isInteger(epochMinutes) || epochMinutes < 1 || MINUTES_PER_DAY % epochMinutes !== 0)
    throw new RangeError(`epochMinutes: expected a whole number of minutes that divides 1440, got ${epochMinutes}`)
}

/** @throws RangeError unless W is a multiple of L, between ten minutes and a day (WP 2.3). */
export function requireWindowMinutes(windowMinutes: number, epochMinutes: number): void {
  requireEpochMinutes(epochMinutes)
  requireWhole("windowMinutes", windowMinutes, 10, MINUTES_PER_DAY)
  if (windowMinutes % epochMinutes !== 0)
    throw new RangeError(`windowMinutes: expected a multiple of ${epochMinutes}, got ${windowMinutes}`)
}

export const day = (unix: number): Day => Math.floor(unixSeconds(unix) / SECONDS_PER_DAY) as Day
export const bucket = (unix: number): Bucket => Math.floor(unixSeconds(unix) / SECONDS_PER_BUCKET) as Bucket
export const interval = (unix: number): Interval => Math.floor(unixSeconds(unix) / SECONDS_PER_INTERVAL) as Interval

export function epoch(unix: number, epochMinutes: number = EPOCH_MINUTES): Epoch {
  requireEpochMinutes(epochMinutes)
  return Math.floor(unixSeconds(unix) / (60 * epochMinutes)) as Epoch
}

export function window(
  unix: number,
  windowMinutes: number = WINDOW_MINUTES,
  epochMinutes: number = EPOCH_MINUTES,
): Window {
  requireWindowMinutes(windowMinutes, epochMinutes)
  return Math.floor(unixSeconds(unix) / (60 * windowMinutes)) as Window
}

/** The first second of a day. */
export function dayStart(value: number): UnixSeconds {
  requireWhole("day", value, 0, day(LAST_SECOND))
  return unixSeconds(value * SECONDS_PER_DAY)
}

/** The first second of a bucket; bucket b covers [b·7200, (b+1)·7200). */
export function bucketStart(value: number): UnixSeconds {
  requireWhole("bucket", value, 0, bucket(LAST_SECOND))
  return unixSeconds(value * SECONDS_PER_BUCKET)
}
