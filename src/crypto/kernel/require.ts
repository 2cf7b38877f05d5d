import { requireByteArray } from "../bytes.ts"
import { KEY_BYTES, ROLLING_PERIOD } from "../gaen.ts"
import { WINDOW_SEED_BYTES } from "../hybrid.ts"
import { EPHID_BYTES } from "../identifiers.ts"
import { DAY_KEY_BYTES } from "../low-cost.ts"
import type { PublishedKeys } from "./keys.ts"
import type { Design } from "./matcher.ts"
import type { Observations } from "./tables.ts"

/** What one key of a batch is made of. */
const SECRET_BYTES: Record<Design, number> = {
  "low-cost": DAY_KEY_BYTES,
  hybrid: WINDOW_SEED_BYTES,
  gaen: KEY_BYTES,
}

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

/** Checks a batch of that design: what its search does first, and what one must do who cuts it into parts. */
export function requireBatch(design: Design, { secrets, first, last }: PublishedKeys): void {
  requireTimes("first", first?.length, first)
  requireTimes("last", first.length, last)
  requireColumn("secrets", secrets, SECRET_BYTES[design], first.length)
  if (design === "low-cost") return
  const longest = design === "hybrid" ? 1 : ROLLING_PERIOD
  first.forEach((unit, key) => {
    const units = last[key]! - unit + 1
    if (units < 1 || units > longest)
      throw new RangeError(`last: expected 1 to ${longest} units from first for key ${key}, got ${units}`)
  })
}

export function requireCount(name: string, value: number, fits: (n: number) => boolean, expected: string): void {
  if (!Number.isInteger(value) || value < 1 || !fits(value))
    throw new RangeError(`${name}: expected ${expected}, got ${value}`)
}
