/** Infectiousness of a contact by days since the onset of its symptoms. */
export interface OnsetMap {
  /** 29 values for the days −14 to +14: 0 none, 1 standard, 2 high. */
  readonly byDay: readonly (0 | 1 | 2)[]
  readonly whenMissing: 0 | 1 | 2
}

const FARTHEST_DAY = 14

/** Days without an entry are not infectious. */
export function onsetMap(entries: Readonly<Partial<Record<number, 0 | 1 | 2>>>, whenMissing: 0 | 1 | 2 = 0): OnsetMap {
  return { byDay: Array.from({ length: 2 * FARTHEST_DAY + 1 }, (_, i) => entries[i - FARTHEST_DAY] ?? 0), whenMissing }
}

/** From `first` to `last` day at one value, for {@link onsetMap}. */
export function span(first: number, last: number, value: 1 | 2): Partial<Record<number, 1 | 2>> {
  return Object.fromEntries(Array.from({ length: last - first + 1 }, (_, i) => [first + i, value]))
}

/** Infectiousness on a day; `whenMissing` when the onset is unknown or more than 14 days away. */
export function infectiousness(daysSinceOnset: number | undefined, { byDay, whenMissing }: OnsetMap): 0 | 1 | 2 {
  if (daysSinceOnset === undefined || !(Math.abs(daysSinceOnset) <= FARTHEST_DAY)) return whenMissing
  return byDay[Math.round(daysSinceOnset) + FARTHEST_DAY] ?? whenMissing
}

/**
 * The hexadecimal form of Exposure Notifications Express: two bits a day, least significant first, −14 to +14, then the
 * value for a missing onset. Shorter strings are padded on the left.
 * @throws RangeError for anything but "0x" and 1 to 16 hexadecimal digits, or a day with the unused value 3
 */
export function onsetMapFromHex(hex: string): OnsetMap {
  if (typeof hex !== "string" || !/^0x[0-9a-f]{1,16}$/i.test(hex))
    throw new RangeError("infectiousness map: expected 0x and 1 to 16 hexadecimal digits")
  let bits = BigInt(hex)
  const values = Array.from({ length: 2 * FARTHEST_DAY + 2 }, (_, i) => {
    const value = Number(bits & 3n)
    bits >>= 2n
    if (value === 3)
      throw new RangeError(`infectiousness map: entry ${i} is 3; expected 0 (none), 1 (standard) or 2 (high)`)
    return value as 0 | 1 | 2
  })
  return { byDay: values.slice(0, -1), whenMissing: values.at(-1)! }
}
