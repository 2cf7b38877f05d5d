import { time } from "../crypto/index.ts"
import { type Design, type ParameterSet, type SecretBatch, slotStart, slotsPerDay } from "../protocol/index.ts"
import { chiSquare, deviations, SUSPICIOUS } from "./chi-square.ts"

const DAYS = 14
const HOURS = 24
const SECONDS_PER_HOUR = 3600
/** With fewer batches, what they have in common cannot be told from what each has by chance. */
const LEAST_BATCHES = 12
/** Of a hundred entries, so many lie elsewhere than made-up ones would; less helps no observer to single one out. */
const LEAST_DISTANCE = 0.02

/** How far batches are from what made-up reports alone would look like. */
export interface ProfileFit {
  readonly over: "age in days" | "time of day"
  readonly chiSquare: number
  readonly degrees: number
  /** What chi-square is divided by, since the entries of one report do not come independently. */
  readonly dispersion: number
  /** How many standard deviations the quotient is above chance. */
  readonly deviations: number
  /** Total variation distance, 0 to 1: the share of entries that would have to move to fit. */
  readonly distance: number
  readonly isSuspicious: boolean
}

/** Observed and expected numbers of entries in some categories, over many batches. */
class Fit {
  readonly #observed: number[]
  readonly #expected: number[]
  #batches = 0
  /** Entries in categories that made-up reports never have: no chi-square can weigh them. */
  #impossible = 0
  /** Σ over batches of each one's own chi-square. */
  #within = 0

  constructor(categories: number) {
    this.#observed = new Array<number>(categories).fill(0)
    this.#expected = new Array<number>(categories).fill(0)
  }

  /** @param weights what the profile expects, up to a factor */
  add(observed: readonly number[], weights: readonly number[]): void {
    const possible = observed.map((count, i) => (weights[i]! > 0 ? count : 0))
    const entries = sum(possible)
    const whole = sum(weights)
    this.#impossible += sum(observed) - entries
    if (entries === 0 || whole === 0) return
    const expected = weights.map(weight => (entries * weight) / whole)
    this.#within += chiSquare(possible, expected)
    this.#batches++
    for (const [i, count] of possible.entries()) {
      this.#observed[i]! += count
      this.#expected[i]! += expected[i]!
    }
  }

  /**
   * Over-dispersed chi-square (Wedderburn 1974). What the batches' own chi-squares have beyond that of their sum is how
   * much they differ from each other; what they have in common is in the sum alone.
   */
  result(over: ProfileFit["over"]): ProfileFit | undefined {
    const degrees = this.#expected.filter(e => e > 0).length - 1
    if (this.#batches < LEAST_BATCHES || degrees < 1) return undefined
    const total = chiSquare(this.#observed, this.#expected)
    const dispersion = Math.max(1, (this.#within - total) / ((this.#batches - 1) * degrees))
    const above = deviations(total / dispersion, degrees)
    const moved = this.#observed.map((count, i) => Math.abs(count - this.#expected[i]!))
    const distance = (sum(moved) / 2 + this.#impossible) / (sum(this.#observed) + this.#impossible)
    return {
      over,
      chiSquare: total,
      degrees,
      dispersion,
      deviations: above,
      distance,
      isSuspicious: (above > SUSPICIOUS || this.#impossible > 0) && distance > LEAST_DISTANCE,
    }
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

/** Whether a slot's secrets look like those of made-up reports: in how old they are, and in the time of day. */
export class ProfileCounts {
  readonly #ages = new Fit(DAYS)
  /** By length of the slots: the categories are the slots of a day. */
  readonly #times = new Map<number, Fit>()

  add({ design, bucket, groups }: SecretBatch, parameters: ParameterSet): void {
    const end = time.bucketStart(bucket) + time.SECONDS_PER_BUCKET
    const today = time.day(end - 1)
    const perDay = slotsPerDay(design, parameters)
    const ages = new Array<number>(DAYS).fill(0)
    const times = new Array<number>(perDay).fill(0)
    for (const { slot, secrets } of groups) {
      const count = secrets.length / design.secretBytes
      const age = today - Math.floor(slotStart(design, slot, parameters) / time.SECONDS_PER_DAY)
      // Another finding tells of slots that no batch may have.
      if (age < 0 || age >= DAYS) continue
      ages[age]! += count
      // The last day is not over, and its end would weigh in.
      if (age > 0) times[slot % perDay]! += count
    }
    const byTime = timeWeights(design, parameters)
    const begun = Math.ceil((end - time.dayStart(today)) / design.slotSeconds(parameters))
    this.#ages.add(ages, ageWeights(design, parameters, byTime, begun))
    if (design.reveals === "one") return
    const fit = this.#times.get(perDay) ?? new Fit(perDay)
    this.#times.set(perDay, fit)
    fit.add(times, byTime)
  }

  results(): ProfileFit[] {
    const times = [...this.#times.values()].map(fit => fit.result("time of day"))
    return [this.#ages.result("age in days"), ...times].filter(fit => fit !== undefined)
  }
}

/** P(a slot of a day is revealed): its hour's share, if the hour is not in the night  (docs/specification/batch.md, 3) */
function timeWeights(design: Design, parameters: ParameterSet): number[] {
  const { revealedByHour, nightStartHour, nightHours } = parameters.paddingProfile
  const awake = (hour: number): number =>
    nightStartHour.reduce((total, weight, start) => {
      const hoursIn = (hour - start + HOURS) % HOURS
      return total + (weight / sum(nightStartHour)) * (sum(nightHours.slice(0, hoursIn + 1)) / sum(nightHours))
    }, 0)
  return Array.from({ length: slotsPerDay(design, parameters) }, (_, slot) => {
    const hour = Math.floor(slotStart(design, slot, parameters) / SECONDS_PER_HOUR)
    return (revealedByHour[hour]! / 1000) * awake(hour)
  })
}

/** Entries of each age: of every report whose first day is at least as old, a whole day's, and of today what has begun. */
function ageWeights(
  design: Design,
  { paddingProfile }: ParameterSet,
  byTime: readonly number[],
  begun: number,
): number[] {
  const { firstDayAge } = paddingProfile
  if (design.reveals === "one") return [...firstDayAge]
  return firstDayAge.map((_, age) => sum(firstDayAge.slice(age)) * sum(age === 0 ? byTime.slice(0, begun) : byTime))
}
