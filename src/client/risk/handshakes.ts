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

export interface Timed {
  /** Unix milliseconds. */
  readonly at: number
  readonly attenuation: number
}

/** Indices of the handshakes of each window that has some, and whether it counts. */
export interface CutWindow {
  readonly handshakes: readonly number[]
  readonly mean: number
  readonly counts: boolean
}

const meanOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length

/** The windows of one EphID; handshakes more than 15 minutes after their beginning belong to none. */
export function cutWindows(rule: WindowCount, handshakes: readonly Timed[]): CutWindow[] {
  const bad = rule.badAttenuation ?? Number.POSITIVE_INFINITY
  const usable = handshakes.flatMap(({ attenuation }, i) => (attenuation < bad ? [i] : []))
  if (usable.length === 0) return []
  const at = (i: number): number => handshakes[i]!.at
  const value = (i: number): number =>
    rule.event?.of === "rssi" ? rule.txPower - handshakes[i]!.attenuation : handshakes[i]!.attenuation
  const epochMean = meanOf(usable.map(value))
  const begin =
    rule.from === "first-handshake" ? Math.min(...usable.map(at)) : Math.floor(at(usable[0]!) / EPOCH_MS) * EPOCH_MS
  const length = rule.windowMinutes * 60_000
  const windows: CutWindow[] = []
  for (let start = begin; start < begin + EPOCH_MS; start += length) {
    const end = start + length
    const inside = usable.filter(i =>
      rule.closed === "start" ? at(i) >= start && at(i) < end : at(i) > start && at(i) <= end,
    )
    if (inside.length === 0) continue
    const mean = meanOf(inside.map(i => handshakes[i]!.attenuation))
    const event = rule.event === undefined || meanOf(inside.map(value)) / epochMean > rule.event.threshold
    windows.push({ handshakes: inside, mean, counts: event && mean < rule.contactAttenuation })
  }
  return windows
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
    const timed = list.map(({ at, rssi, txPower = rule.txPower }) => ({ at, attenuation: txPower - rssi }))
    const windowCount = cutWindows(rule, timed).filter(({ counts }) => counts).length
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
