/**
 * What a value may be, and so what it may tell:
 *
 * public      published, or computed from what is
 * bucket      the number of a bucket of two hours
 * day, hour   days or hours since 1970
 * code        a number or word from a short list, the same for many
 * hash        32 bytes that only who knows what was hashed can use
 * key         a secret key, wrapped or meant to be there
 * ciphertext  sealed to a key that is destroyed when its bucket is published
 * noise       random
 * count       of both kinds of envelope together
 * staff       about those who run the service, never about a patient or a phone
 */
export type Holds =
  | "public"
  | "bucket"
  | "day"
  | "hour"
  | "code"
  | "hash"
  | "key"
  | "ciphertext"
  | "noise"
  | "count"
  | "staff"

export interface Column {
  readonly holds: Holds
  readonly why: string
  /** Of a time in unix seconds: it is kept in whole steps of so many. */
  readonly step?: number
}

/** What a column or a metric holds, and why. */
export const column = (holds: Holds, why: string, step?: number): Column => ({
  holds,
  why,
  ...(step !== undefined && { step }),
})
