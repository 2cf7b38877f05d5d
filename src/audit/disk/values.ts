import type { Column, Holds } from "./column.ts"

import type { Value } from "./sqlite-page.ts"

const HOUR = 3600
const DAY = 86_400
const [YEAR_2019, YEAR_2100] = [1_546_300_800, 4_102_444_800]
const MAX_BUCKET = YEAR_2100 / 7200
const HASH_BYTES = 32
/** Lists have few words. */
const MAX_CODE = 255

const isWhole = (value: Value, last: number): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= last
const isBytes = (value: Value): value is Uint8Array => typeof value === "object" && value !== null

const ALLOWED: Readonly<Record<Holds, (value: Value) => boolean>> = {
  public: () => true,
  bucket: value => isWhole(value, MAX_BUCKET),
  // A code that no doctor has activated yet carries −1.
  day: value => value === -1 || isWhole(value, YEAR_2100 / DAY),
  hour: value => isWhole(value, YEAR_2100 / HOUR),
  code: value => isWhole(value, MAX_CODE) || (typeof value === "string" && value.length <= 32),
  hash: value => isBytes(value) && value.length === HASH_BYTES,
  key: isBytes,
  ciphertext: isBytes,
  noise: isBytes,
  count: value => isWhole(value, 2 ** 32),
  staff: () => true,
}

/** Whether a value is of the kind that its column may hold. */
export const isAllowed = ({ holds, step }: Column, value: Value): boolean =>
  step === undefined ? ALLOWED[holds](value) : isWhole(value, YEAR_2100) && Number(value) % step === 0

const between = (low: number, value: number, high: number): boolean => value >= low && value < high

/**
 * The time that a number could be, when it is one finer than a bucket: seconds, milliseconds or microseconds between 2019
 * and 2100. Days, hours and buckets since 1970 are smaller numbers, and 10-minute units are what GAEN publishes.
 */
export function exactTime(value: Value): string | undefined {
  if (typeof value === "number")
    for (const unit of [1, 1e3, 1e6]) {
      const seconds = value / unit
      if (between(YEAR_2019, seconds, YEAR_2100) && seconds % 7200 !== 0) return `${value}`
    }
  return typeof value === "string" ? /\b(20[2-9]\d|2019)-\d\d-\d\d[T ]\d\d:\d\d[\d:.,Z+-]*/.exec(value)?.[0] : undefined
}

const IPV4 = /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])/
const IPV6 =
  /(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}(?::|[0-9a-f]{1,4})(?![\w:])|(?<![\w:])(?:[0-9a-f]{1,4}:){2,6}:[0-9a-f]{1,4}/i

export const address = (text: string): string | undefined => IPV4.exec(text)?.[0] ?? IPV6.exec(text)?.[0]

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[167][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/i
/** 48 bits of milliseconds come first: of this century they begin with 01. */
const ULID = /\b01[0-9A-HJKMNP-TV-Z]{24}\b/

export const timedIdentifier = (text: string): string | undefined => UUID.exec(text)?.[0] ?? ULID.exec(text)?.[0]
