import type { Clock, EpochMs } from "../client/index.ts"
import type { Cancel } from "../protocol/index.ts"

/** A clock that can be waited on. */
export interface HostClock extends Clock {
  /** Unix seconds. */
  seconds(): number
  /** Its own seconds in one second of the machine. */
  readonly speed: number
  /** Resolves after so many of its own milliseconds, or when the signal aborts. */
  sleep(milliseconds: number, signal?: Cancel): Promise<void>
}

const MAX_SPEED = 1200
export const ACCELERATE = "--accelerate <speed@time>"
export const ACCELERATE_HELP =
  "for trials: a clock that shows the time at that moment and runs so many times as fast from then on"

/** Longer ago, and the clock is centuries ahead. */
const LONGEST_AGO_MS = 86_400_000
/** setTimeout takes no more than that. */
const LONGEST_MS = 2 ** 31 - 1

/**
 * The clock of the machine; or, from a text like `120@2026-05-08T10:00:00Z`, one that shows the same at that moment and
 * runs 120 times as fast from then on. It depends on nothing but the machine's clock, so that servers and phones that
 * are given the same text agree without a word.
 * @throws Error saying what was expected
 */
export function hostClock(accelerate?: string): HostClock {
  const [, speedText = "1", anchorText = ""] = /^([\d.]+)@(\S+)$/.exec(accelerate ?? "1@1970-01-01T00:00:00Z") ?? []
  const [speed, anchor] = [Number(speedText), Date.parse(anchorText)]
  if (!(speed >= 1 && speed <= MAX_SPEED) || Number.isNaN(anchor))
    throw new Error(`--accelerate: expected 1 to ${MAX_SPEED}, @ and an ISO time, got ${accelerate}`)
  if (accelerate !== undefined && Date.now() - anchor > LONGEST_AGO_MS)
    throw new Error(`--accelerate: ${anchorText} is more than a day ago; take the present moment`)
  if (anchor > Date.now()) throw new Error(`--accelerate: ${anchorText} is still to come`)
  const now = (): EpochMs => (anchor + (Date.now() - anchor) * speed) as EpochMs
  return {
    speed,
    now,
    seconds: () => now() / 1000,
    monotonic: () => performance.now() * speed,
    sleep(milliseconds, signal) {
      return new Promise(resolve => {
        const wake = () => {
          clearTimeout(timer)
          signal?.removeEventListener("abort", wake)
          resolve()
        }
        const timer = setTimeout(wake, Math.min(milliseconds / speed, LONGEST_MS))
        signal?.addEventListener("abort", wake)
        if (signal?.aborted) wake()
      })
    },
  }
}
