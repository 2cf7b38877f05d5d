import { gaen, type Random, time, uniform, uniforms, unlinkable, weighted } from "../crypto/index.ts"
import { DAYS_BACK, type Design, type DesignName, designByName, type Lengths, slotAt, slotStart } from "./design.ts"
import { archiveEntry, encodeExposureKey } from "./exposure-key.ts"
import type { PaddingProfile, ParameterSet } from "./parameters.ts"

const HOURS = 24
const SECONDS_PER_HOUR = 3600

/** What one made-up report adds to a batch: slots, and for each a random entry, as a real one looks. */
export interface PaddingEntry {
  readonly slot: number
  readonly entry: Uint8Array
}

/**
 * One made-up report of a bucket, drawn from the public profile alone, never from the batch (protocol §7): a first
 * day, the slots from it to the bucket's end that are revealed at their hour, and a night without any.
 */
export function drawPadding(design: Design, bucket: number, parameters: ParameterSet, random: Random): PaddingEntry[] {
  const profile = parameters.paddingProfile
  if (design.publishes === "archive") return drawKeys(design, bucket, profile, random)
  const end = time.bucketStart(bucket) + time.SECONDS_PER_BUCKET
  const firstDay = time.day(end - 1) - weighted(profile.firstDayAge, random)
  const first = slotAt(design, firstDay * time.SECONDS_PER_DAY, parameters)
  if (design.reveals === "one") return [{ slot: first, entry: random.bytes(entryBytes(design)) }]
  const night = weighted(profile.nightStartHour, random)
  const nightHours = weighted(profile.nightHours, random)
  const slots: number[] = []
  for (let slot = first; slotStart(design, slot, parameters) < end; slot++) slots.push(slot)
  const draws = uniforms(random, 1000, slots.length)
  const revealed = slots.filter((slot, i) => {
    const hour = hourOf(design, slot, parameters)
    const asleep = (hour - night + HOURS) % HOURS < nightHours
    return draws[i]! < profile.revealedByHour[hour]! && !asleep
  })
  const length = entryBytes(design)
  const drawn = random.bytes(length * revealed.length)
  return revealed.map((slot, i) => ({ slot, entry: drawn.slice(length * i, length * (i + 1)) }))
}

/**
 * A made-up report of keys: made at some moment of the bucket in which phones sealed to this one, it reveals every day
 * from the first to that moment, whose key it cuts short (protocol §4).
 */
function drawKeys({ bucketsAhead }: Design, bucket: number, profile: PaddingProfile, random: Random): PaddingEntry[] {
  const begin = time.bucketStart(bucket - bucketsAhead)
  const last = time.interval(begin) + uniform(random, time.SECONDS_PER_BUCKET / time.SECONDS_PER_INTERVAL)
  const today = Math.floor(last / gaen.ROLLING_PERIOD)
  const firstDay = today - weighted(profile.firstDayAge, random)
  // Phones of the bucket's own day remember no more, so that real reports have none either.
  const oldest = time.day(time.bucketStart(bucket)) - DAYS_BACK
  const days = Array.from({ length: today - firstDay + 1 }, (_, i) => firstDay + i).filter(day => day >= oldest)
  return days.map(day => {
    const rollingStart = day * gaen.ROLLING_PERIOD
    const rollingPeriod = day === today ? last - rollingStart + 1 : gaen.ROLLING_PERIOD
    const key = { tek: random.bytes(gaen.KEY_BYTES), rollingStart, rollingPeriod }
    return { slot: day, entry: archiveEntry(encodeExposureKey(key), firstDay) }
  })
}

/** A secret, or an item of a filter: nobody can tell a random x from the hash of a seed. */
const entryBytes = (design: Design): number =>
  design.publishes === "filter" ? unlinkable.OBSERVATION_HASH_BYTES : design.secretBytes

const hourOf = (design: Design, slot: number, lengths: Lengths): number =>
  Math.floor((slotStart(design, slot, lengths) % time.SECONDS_PER_DAY) / SECONDS_PER_HOUR)

/** The mean number of entries in a made-up report of a bucket that ends a day. */
function meanEntries(design: Design, profile: PaddingProfile, lengths: Lengths): number {
  if (design.reveals === "one") return 1
  const total = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0)
  const meanDays =
    profile.firstDayAge.reduce((sum, weight, age) => sum + weight * (age + 1), 0) / total(profile.firstDayAge)
  if (design.publishes === "archive") return meanDays
  const awake = (hour: number) =>
    profile.nightStartHour.reduce((sum, startWeight, start) => {
      const hoursIn = (hour - start + HOURS) % HOURS
      const notAsleep = total(profile.nightHours.slice(0, hoursIn + 1))
      return sum + (startWeight / total(profile.nightStartHour)) * (notAsleep / total(profile.nightHours))
    }, 0)
  const slots = time.SECONDS_PER_DAY / design.slotSeconds(lengths)
  let perDay = 0
  for (let slot = 0; slot < slots; slot++) {
    const hour = hourOf(design, slot, lengths)
    perDay += (profile.revealedByHour[hour]! / 1000) * awake(hour)
  }
  return perDay * meanDays
}

/** Sizes from 1.25⁰ to 1.25^48 ≈ 45,000 times that of the smallest padded batch: enough for any nation's worst day. */
const SIZE_STEPS = 48

/**
 * The public list of allowed entry counts: 1.25^k times the mean size of `minReports` made-up reports.
 */
export function paddingSizes(
  design: DesignName,
  profile: PaddingProfile,
  minReports: number,
  lengths: Lengths,
): number[] {
  const known = designByName(design)
  if (known === undefined) throw new RangeError(`design: ${design} is not one of the batch designs`)
  const mean = minReports * meanEntries(known, profile, lengths)
  const sizes = Array.from({ length: SIZE_STEPS + 1 }, (_, k) => Math.ceil(mean * 1.25 ** k))
  return [...new Set(sizes)]
}
