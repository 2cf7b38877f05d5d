import { randomBytes } from "node:crypto"
import { gaen, type kernel, lowCost } from "../../src/crypto/index.ts"

/** What a phone heard in two weeks, and keys to match it against; the same for all contestants. */
export interface Scene {
  readonly design: "low-cost" | "gaen"
  readonly heard: kernel.Observations
  /** day keys to be expanded for each key: the days of a chain, or 1 */
  readonly daysPerKey: number
  readonly keys: kernel.PublishedKeys
}

export const DAYS = 14
const FIRST_DAY = 18_400
/** Keys from which the observations that are to be found were taken: the first ones of every batch. */
const SOURCES = 32

/** The first n keys of a scene. */
export function firstKeys({ design, keys }: Scene, n: number): kernel.PublishedKeys {
  const size = design === "low-cost" ? 32 : 16
  return {
    secrets: keys.secrets.subarray(0, size * n),
    first: keys.first.subarray(0, n),
    last: keys.last.subarray(0, n),
  }
}

/** Chains of 14 days, and observations spread over those days; about one in a thousand is of one of the keys. */
export function lowCostScene(chains: number, observations: number): Scene {
  const secrets = new Uint8Array(randomBytes(32 * chains))
  const times = Uint32Array.from({ length: observations }, (_, i) => FIRST_DAY + (i % DAYS))
  const identifiers = new Uint8Array(randomBytes(16 * observations))
  for (let i = 0; i < observations / 1000; i++) {
    let key: Uint8Array = secrets.slice(32 * (i % SOURCES), 32 * (i % SOURCES) + 32)
    for (let day = FIRST_DAY; day < times[i]!; day++) key = lowCost.nextDayKey(key)
    identifiers.set(lowCost.ephIds(key)[(7 * i) % 96]!, 16 * i)
  }
  const first = new Uint32Array(chains).fill(FIRST_DAY)
  return {
    design: "low-cost",
    daysPerKey: DAYS,
    heard: { identifiers, times },
    keys: { secrets, first, last: first.map(day => day + DAYS - 1) },
  }
}

/** Keys of whole days in random order of days, and observations likewise. */
export function gaenScene(keys: number, observations: number): Scene {
  const secrets = new Uint8Array(randomBytes(16 * keys))
  const first = Uint32Array.from({ length: keys }, (_, i) => gaen.ROLLING_PERIOD * (FIRST_DAY + ((i * 5) % DAYS)))
  const span = gaen.ROLLING_PERIOD * DAYS
  const times = Uint32Array.from({ length: observations }, (_, i) => gaen.ROLLING_PERIOD * FIRST_DAY + (i % span))
  const identifiers = new Uint8Array(randomBytes(16 * observations))
  for (let i = 0; i < observations / 1000; i++) {
    const source = i % SOURCES
    const interval = first[source]! + ((7 * i) % gaen.ROLLING_PERIOD)
    identifiers.set(gaen.rpi(gaen.rpik(secrets.subarray(16 * source, 16 * source + 16)), interval), 16 * i)
    times[i] = interval + (i % 3)
  }
  return {
    design: "gaen",
    daysPerKey: 1,
    heard: { identifiers, times },
    keys: { secrets, first, last: first.map(start => start + gaen.ROLLING_PERIOD - 1) },
  }
}
