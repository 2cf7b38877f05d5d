import { requireByteArray } from "../bytes.ts"
import { ROLLING_PERIOD } from "../gaen.ts"
import { EPHID_BYTES } from "../identifiers.ts"
import type { PublishedKeys } from "./keys.ts"
import type { Observations } from "./tables.ts"

function requireTimes(name: string, length: number, column: Uint32Array): void {
  if (Object.prototype.toString.call(column) !== "[object Uint32Array]")
    throw new TypeError(`${name}: expected a Uint32Array, got ${column === null ? "null" : typeof column}`)
  if (column.length !== length) throw new RangeError(`${name}: expected ${length} entries, got ${column.length}`)
}

function requireColumn(name: string, bytes: Uint8Array, size: number, count: number): void {
  requireByteArray(name, bytes)
  if (bytes.length !== size * count)
    throw new RangeError(`${name}: expected ${count} times ${size} bytes, got ${bytes.length} bytes`)
}

export function requireObservations({ identifiers, times }: Observations): void {
  requireTimes("times", times?.length, times)
  requireColumn("identifiers", identifiers, EPHID_BYTES, times.length)
}

export function requireKeys({ secrets, first, last }: PublishedKeys, secretBytes: number): void {
  requireTimes("first", first?.length, first)
  requireTimes("last", first.length, last)
  requireColumn("secrets", secrets, secretBytes, first.length)
}

export function requireOneWindow({ first, last }: PublishedKeys): void {
  first.forEach((window, key) => {
    if (last[key] !== window)
      throw new RangeError(`last: expected window ${window} again for key ${key}, got ${last[key]}`)
  })
}

export function requirePeriods({ first, last }: PublishedKeys): void {
  first.forEach((start, key) => {
    const period = last[key]! - start + 1
    if (period < 1 || period > ROLLING_PERIOD)
      throw new RangeError(`last: expected 1 to ${ROLLING_PERIOD} intervals for key ${key}, got ${period}`)
  })
}

export function requireCount(name: string, value: number, fits: (n: number) => boolean, expected: string): void {
  if (!Number.isInteger(value) || value < 1 || !fits(value))
    throw new RangeError(`${name}: expected ${expected}, got ${value}`)
}
