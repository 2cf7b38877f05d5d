import type { EpochMs } from "../client/index.ts"
import type { Device } from "./device.ts"

interface Meeting {
  readonly a: string
  readonly b: string
  readonly from: number
  readonly to: number
  readonly attenuation: (minute: number) => number
}

/** How often a simulated radio scans, as the client asks for it. */
const SCAN_SECONDS = 240

/** Who is near whom in a world, and the scans in which they hear each other. Times are unix seconds. */
export class Meetings {
  #meetings: Meeting[] = []
  #scans = 0
  /** When everybody scanned last. */
  #scanned = Number.NEGATIVE_INFINITY

  /** @param attenuation dB, or a function of the minutes since now @throws RangeError for minutes that are none */
  add(
    now: number,
    o: {
      readonly a: string
      readonly b: string
      readonly minutes: number
      readonly attenuation: number | ((minute: number) => number)
    },
  ): void {
    const { a, b, minutes, attenuation } = o
    if (!(minutes > 0)) throw new RangeError(`minutes: expected a positive number, got ${minutes}`)
    const at = typeof attenuation === "number" ? () => attenuation : attenuation
    this.#meetings.push({ a, b, from: now, to: now + 60 * minutes, attenuation: at })
  }

  /** The next scan at which somebody hears somebody. */
  nextScan(now: number): number {
    this.#meetings = this.#meetings.filter(({ to }) => to > now)
    const firstAfter = (second: number) => Math.ceil(second / SCAN_SECONDS) * SCAN_SECONDS
    const times = this.#meetings
      .map(({ from, to }) => ({ at: Math.max(firstAfter(from), this.#scanned + SCAN_SECONDS), to }))
      .filter(({ at, to }) => at < to)
      .map(({ at }) => Math.max(at, now))
    return Math.min(...times, Number.POSITIVE_INFINITY)
  }

  /** Everybody who is near somebody hears him once. */
  scan(now: number, device: (name: string) => Device): void {
    this.#scanned = now
    this.#scans++
    for (const { a, b, from, to, attenuation } of this.#meetings) {
      if (from > now || to <= now) continue
      const rssi = -attenuation((now - from) / 60)
      for (const [ear, mouth] of [
        [a, b],
        [b, a],
      ] as const) {
        const payload = device(mouth).phone.payload()
        const at = (Math.round(now * 1000) + device(ear).skew * 1000) as EpochMs
        if (payload) device(ear).phone.hear({ payload, rssi, txPower: 0, at, scanId: this.#scans })
      }
    }
  }
}
