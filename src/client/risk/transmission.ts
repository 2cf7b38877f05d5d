/** What a reporting person can say of their symptoms in the Corona-Warn-App. */
export type Symptoms =
  | { readonly onset: "days-ago"; readonly days: number }
  | { readonly onset: "last-seven-days" | "one-to-two-weeks" | "more-than-two-weeks" | "no-date" }
  | { readonly onset: "no-symptoms" | "no-information" }

/** Keys of the day of submission and of the 14 days before it. */
const KEYS = 15

/** Transmission risk levels around a known onset, from 2 days after it … the onset is day 0 … to before it. */
const AROUND_ONSET = [2, 2, 3, 5, 6, 8, 8, 8, 7, 6, 4, 2] as const
/** Index of the second of the two days after the onset's peak: the onset itself is this place. */
const ONSET_PLACE = 6

/** Where the onset is a period or not known, the published average over it. */
const PERIODS = {
  "last-seven-days": [4, 5, 6, 7, 7, 7, 6, 5, 4, 3, 2, 1, 1, 1, 1],
  "one-to-two-weeks": [1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 7, 7, 6, 6, 4],
  "more-than-two-weeks": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5],
  "no-date": [5, 6, 8, 8, 8, 7, 5, 3, 2, 1, 1, 1, 1, 1, 1],
  "no-symptoms": [4, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  "no-information": [5, 6, 7, 7, 7, 6, 4, 3, 2, 1, 1, 1, 1, 1, 1],
} as const

/** The first number of each coded sequence of days since onset. */
const CODES = {
  "last-seven-days": 701,
  "one-to-two-weeks": 708,
  "more-than-two-weeks": 715,
  "no-date": 2000,
  "no-symptoms": 3000,
  "no-information": 4000,
} as const

function requireDays(days: number): void {
  if (!Number.isInteger(days) || days < 0)
    throw new RangeError(`days: expected a whole number of days since the onset, 0 or more, got ${days}`)
}

/**
 * Transmission risk levels 1 to 8 of the 15 keys, that of the day of submission first, as the Corona-Warn-App gave them.
 * An onset 21 days ago or more is so old that every key has level 1.
 */
export function cwaTransmissionRisk(symptoms: Symptoms): readonly number[] {
  if (symptoms.onset !== "days-ago") return PERIODS[symptoms.onset]
  const { days } = symptoms
  requireDays(days)
  return Array.from({ length: KEYS }, (_, age) => (days > 20 ? 1 : (AROUND_ONSET[age - days + ONSET_PLACE] ?? 1)))
}

/** Days since onset of the 15 keys, counting down, coded where the onset is no date. */
export function cwaDaysSinceOnset(symptoms: Symptoms): number[] {
  if (symptoms.onset === "days-ago") requireDays(symptoms.days)
  const first = symptoms.onset === "days-ago" ? Math.min(symptoms.days, 21) : CODES[symptoms.onset]
  return Array.from({ length: KEYS }, (_, age) => first - age)
}

/**
 * The level England and Wales gave a key: 7 − |day − onset|, at least 0; 0 outside the days that are submitted and
 * without an onset.
 */
export function nhsTransmissionRisk(day: number, onset: number | undefined, first: number, last: number): number {
  if (onset === undefined || day < first || day > last) return 0
  return Math.max(0, 7 - Math.abs(day - onset))
}
