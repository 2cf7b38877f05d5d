import { ascii, hmacSha256, type Random } from "../../crypto/index.ts"

export interface ThrottleSettings {
  /** Failures that cost nothing. */
  readonly free: number
  /** The pause after the next one; it doubles with each further one. */
  readonly firstSeconds: number
  readonly longestSeconds: number
  /** Failures are forgotten when there was none for so long. */
  readonly forgetSeconds: number
}

/**
 * Slows guessing. Nothing is ever locked: a pause ends by itself, and it falls on one key alone. The keys are chosen so
 * that strangers share one for each name, and a device on which the user was signed in before has one of its own: what
 * strangers do cannot slow that device.
 */
export interface Throttle {
  /**
   * A try is about to be made. It counts as a failure from now on, so that many at once gain nothing.
   * @returns seconds to wait, the try not being permitted; 0 when it is
   */
  begin(key: string, now: number): number
  /** The try that `begin` permitted was right: it does not count. */
  succeed(key: string): void
  /** All failures of a key are forgotten. */
  forgive(key: string): void
}

/** Keys fall into so many slots by a keyed hash: memory is bounded, and nobody can choose with whom to share one. */
const SLOTS = 65_536
const MANY = 60

export function throttle(
  { free, firstSeconds, longestSeconds, forgetSeconds }: ThrottleSettings,
  random: Random,
): Throttle {
  const secret = random.bytes(32)
  const failures = new Uint8Array(SLOTS)
  const lastAt = new Float64Array(SLOTS)
  const notBefore = new Float64Array(SLOTS)
  const slotOf = (key: string): number => {
    const [high = 0, low = 0] = hmacSha256(secret, ascii(key))
    return (high << 8) | low
  }

  return {
    begin(key, now) {
      const slot = slotOf(key)
      if (now < notBefore[slot]!) return Math.ceil(notBefore[slot]! - now)
      if (now - lastAt[slot]! > forgetSeconds) failures[slot] = 0
      const count = Math.min(failures[slot]! + 1, MANY)
      failures[slot] = count
      lastAt[slot] = now
      if (count > free) notBefore[slot] = now + Math.min(longestSeconds, firstSeconds * 2 ** (count - free - 1))
      return 0
    },
    succeed(key) {
      const slot = slotOf(key)
      if (failures[slot]! > 0) failures[slot]!--
      if (failures[slot]! <= free) notBefore[slot] = 0
    },
    forgive(key) {
      const slot = slotOf(key)
      failures[slot] = 0
      notBefore[slot] = 0
    },
  }
}
