/**
 * How DP-3T's own phones counted, before Google and Apple did it for them: the handshakes of one EphID are cut into
 * windows of a few minutes, and a window whose mean attenuation is small enough counts. What is counted is windows, not
 * seconds.
 */
export interface WindowCount {
  /**
   * Where the first window begins. `first-handshake`: at the first handshake, windows [t, t + n) (Android).
   * `quarter-hour`: at the epoch of the handshake first in the list, windows (t, t + n] (iOS), or [t, t + n) where
   * `closed` is "start" (Android, April 2020).
   */
  readonly from: "first-handshake" | "quarter-hour"
  readonly closed: "start" | "end"
  readonly windowMinutes: number
  /** A window counts when its mean attenuation is below this, dB. */
  readonly contactAttenuation: number
  /** Handshakes at or beyond this are ignored, dB. */
  readonly badAttenuation?: number
  /**
   * A window counts only if its mean is more than this fraction of the mean over the whole EphID: of the attenuation,
   * or of the received strength, which was what the first version measured.
   */
  readonly event?: { readonly threshold: number; readonly of: "attenuation" | "rssi" }
  /** dBm: received strength = this − attenuation, where a handshake carries only one of the two. */
  readonly txPower: number
}

/** One EphID has 15 minutes. */
export const EPOCH_MS = 900_000
const BUCKET_MS = 7_200_000

/** Handshakes of one EphID, in the order in which they were stored. */
export interface Series {
  /** Unix milliseconds. */
  readonly at: readonly number[]
  /** dB. */
  readonly attenuation: readonly number[]
}

/** The windows of one EphID. */
export interface CutWindows {
  /** For each handshake its window; −1 where it belongs to none. */
  readonly windowOf: readonly number[]
  /** For each window how many handshakes it has, their mean attenuation, and whether it counts. */
  readonly size: readonly number[]
  readonly mean: readonly number[]
  readonly counts: readonly boolean[]
}

/**
 * Cuts one EphID into windows; handshakes more than 15 minutes after their beginning belong to none.
 * @param from, to the handshakes of the EphID, `to` not included
 */
export function cutWindows(rule: WindowCount, { at, attenuation }: Series, from = 0, to = at.length): CutWindows {
  const bad = rule.badAttenuation ?? Number.POSITIVE_INFINITY
  const ofRssi = rule.event?.of === "rssi"
  const length = rule.windowMinutes * 60_000
  const number = EPOCH_MS / length
  let begin = Number.POSITIVE_INFINITY
  let epochSum = 0
  let epochSize = 0
  for (let i = from; i < to; i++) {
    if (!(attenuation[i]! < bad)) continue
    if (rule.from === "first-handshake") begin = Math.min(begin, at[i]!)
    else if (epochSize === 0) begin = Math.floor(at[i]! / EPOCH_MS) * EPOCH_MS
    epochSum += ofRssi ? rule.txPower - attenuation[i]! : attenuation[i]!
    epochSize++
  }
  const size: number[] = []
  const mean: number[] = []
  for (let window = 0; window < number; window++) {
    size.push(0)
    mean.push(0)
  }
  const windowOf: number[] = []
  for (let i = from; i < to; i++) {
    const place = (at[i]! - begin) / length
    const window = rule.closed === "start" ? Math.floor(place) : Math.ceil(place) - 1
    const inside = attenuation[i]! < bad && window >= 0 && window < number
    windowOf.push(inside ? window : -1)
    if (!inside) continue
    size[window]!++
    mean[window]! += attenuation[i]!
  }
  const counts: boolean[] = []
  for (let window = 0; window < number; window++) {
    mean[window]! /= size[window]!
    const value = ofRssi ? rule.txPower - mean[window]! : mean[window]!
    const event = rule.event === undefined || value / (epochSum / epochSize) > rule.event.threshold
    counts.push(event && mean[window]! < rule.contactAttenuation)
  }
  return { windowOf, size, mean, counts }
}

/** One reception, as DP-3T's phones stored it until the EphID was over. */
export interface Handshake {
  readonly ephId: string
  /** Unix milliseconds. */
  readonly at: number
  readonly rssi: number
  /** dBm; missing where the advertisement did not carry it. */
  readonly txPower?: number
}

/** What they kept: which EphID, when to two hours, how many windows counted. */
export interface Contact {
  readonly ephId: string
  /** Unix milliseconds: the handshake first in the list, cut to two hours. */
  readonly date: number
  readonly windowCount: number
}

/** The contacts among handshakes; EphIDs of which no window counts are none. */
export function contacts(rule: WindowCount, handshakes: readonly Handshake[]): Contact[] {
  const byEphId = new Map<string, Handshake[]>()
  for (const handshake of handshakes) {
    const list = byEphId.get(handshake.ephId)
    if (list === undefined) byEphId.set(handshake.ephId, [handshake])
    else list.push(handshake)
  }
  return [...byEphId].flatMap(([ephId, list]) => {
    const at = list.map(handshake => handshake.at)
    const attenuation = list.map(({ rssi, txPower = rule.txPower }) => txPower - rssi)
    const windowCount = cutWindows(rule, { at, attenuation }).counts.filter(Boolean).length
    return windowCount === 0 ? [] : [{ ephId, date: Math.floor(list[0]!.at / BUCKET_MS) * BUCKET_MS, windowCount }]
  })
}

/**
 * The UTC days, in days since 1970, on which the windows of all contacts together reach `windows`. A contact is stored
 * once per EphID and two hours; whichever comes first stays.
 */
export function exposureDays(found: readonly Contact[], windows: number): number[] {
  const stored = new Map<string, Contact>()
  for (const contact of found) {
    const key = `${contact.date} ${contact.ephId}`
    if (!stored.has(key)) stored.set(key, contact)
  }
  const byDay = new Map<number, number>()
  for (const { date, windowCount } of stored.values()) {
    const day = Math.floor(date / 86_400_000)
    byDay.set(day, (byDay.get(day) ?? 0) + windowCount)
  }
  return [...byDay].flatMap(([day, count]) => (count >= windows ? [day] : [])).sort((a, b) => a - b)
}
