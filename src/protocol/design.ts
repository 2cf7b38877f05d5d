import { EPHID_BYTES, gaen as gaenSchedule, time, unlinkable as unlinkableSchedule } from "../crypto/index.ts"

export type DesignName = "low-cost" | "unlinkable" | "hybrid" | "gaen"

/** L and W: the two parameters that slots depend on. */
export interface Lengths {
  readonly epochMinutes: number
  readonly windowMinutes: number
}

/** What every design offers to the report, the batch, the phone's store and the parameter set, and nothing more. */
export interface Design {
  readonly name: DesignName
  /** The number on the wire. */
  readonly code: number
  /** What of a slot is published: a secret, in GAEN with the times that its identifiers depend on. */
  readonly secretBytes: number
  /** The salt beside a secret in its slot, which hides an unrevealed secret from a guesser of its leaf. */
  readonly saltBytes: number
  /** The time one secret serves: a day (1), an epoch (2), a window (3). */
  slotSeconds(lengths: Lengths): number
  /** low-cost reveals exactly one slot, because its secrets are a chain; the others any number. */
  readonly reveals: "one" | "any"
  /** The days after the present one that slots of a report cover (protocol §4). */
  readonly daysAhead: number
  /** Which bucket an envelope is sealed to: the current one, or a later one, when its keys are dead everywhere (§6). */
  readonly bucketsAhead: number
  /** What a batch holds: the revealed secrets, a filter over what they would be heard as, or the hash of an archive. */
  readonly publishes: "secrets" | "filter" | "archive"
  /** What one beacon carries: an identifier, in GAEN with encrypted metadata. */
  readonly payloadBytes: number
  /** The coarse time that a phone keeps with what it heard: a day (1, 2), a window (3), ten minutes (4)  (protocol §3). */
  heardSeconds(lengths: Lengths): number
  readonly keptBytes: number
  /** What a phone keeps of a beacon heard at a second: the whole of it (1, 3, 4), or x, from which none follows (2). */
  kept(payload: Uint8Array, unix: number, lengths: Lengths): Uint8Array
}

const NATIVE = { daysAhead: 3, bucketsAhead: 0, payloadBytes: EPHID_BYTES } as const

const lowCost: Design = {
  name: "low-cost",
  code: 1,
  secretBytes: 32,
  saltBytes: 16,
  slotSeconds: () => time.SECONDS_PER_DAY,
  reveals: "one",
  ...NATIVE,
  publishes: "secrets",
  heardSeconds: () => time.SECONDS_PER_DAY,
  keptBytes: EPHID_BYTES,
  kept: payload => payload,
}

const unlinkable: Design = {
  name: "unlinkable",
  code: 2,
  secretBytes: unlinkableSchedule.EPOCH_SEED_BYTES,
  // Its seeds are never published, so that nobody has a seed to guess a leaf with.
  saltBytes: 0,
  slotSeconds: ({ epochMinutes }) => 60 * epochMinutes,
  reveals: "any",
  ...NATIVE,
  publishes: "filter",
  heardSeconds: () => time.SECONDS_PER_DAY,
  keptBytes: unlinkableSchedule.OBSERVATION_HASH_BYTES,
  kept: (payload, unix, { epochMinutes }) =>
    unlinkableSchedule.observationHash(payload, time.epoch(unix, epochMinutes)),
}

const hybrid: Design = {
  name: "hybrid",
  code: 3,
  secretBytes: 16,
  saltBytes: 16,
  slotSeconds: ({ windowMinutes }) => 60 * windowMinutes,
  reveals: "any",
  ...NATIVE,
  publishes: "secrets",
  heardSeconds: ({ windowMinutes }) => 60 * windowMinutes,
  keptBytes: EPHID_BYTES,
  kept: payload => payload,
}

const RPI_AND_AEM_BYTES = 16 + gaenSchedule.METADATA_BYTES

const gaen: Design = {
  name: "gaen",
  code: 4,
  // u32 rolling start ‖ u16 rolling period ‖ TEK (exposure-key.ts)
  secretBytes: 4 + 2 + gaenSchedule.KEY_BYTES,
  saltBytes: 16,
  slotSeconds: () => time.SECONDS_PER_DAY,
  reveals: "any",
  daysAhead: 4,
  // Phones of other systems match whenever they get a key: two hours after its end it matches nothing any more.
  bucketsAhead: 2,
  publishes: "archive",
  payloadBytes: RPI_AND_AEM_BYTES,
  heardSeconds: () => time.SECONDS_PER_INTERVAL,
  keptBytes: RPI_AND_AEM_BYTES,
  kept: payload => payload,
}

export const DESIGNS: readonly Design[] = [lowCost, unlinkable, hybrid, gaen]

export const designByName = (name: string): Design | undefined => DESIGNS.find(design => design.name === name)
export const designByCode = (code: number): Design | undefined => DESIGNS.find(design => design.code === code)

/** Days before the day of the commitment that a report's slots cover (protocol §4). */
export const DAYS_BACK = 13

export const slotsPerDay = (design: Design, lengths: Lengths): number =>
  time.SECONDS_PER_DAY / design.slotSeconds(lengths)

/** n, the slots of a report: its length depends on the design (and its parameters) alone. */
export const slotCount = (design: Design, lengths: Lengths): number =>
  (DAYS_BACK + 1 + design.daysAhead) * slotsPerDay(design, lengths)

export const slotBytes = (design: Design): number => design.secretBytes + design.saltBytes

/** The index of the slot that a moment lies in; absolute, like the day, epoch or window it is. */
export const slotAt = (design: Design, unix: number, lengths: Lengths): number =>
  Math.floor(unix / design.slotSeconds(lengths))

export const slotStart = (design: Design, slot: number, lengths: Lengths): number => slot * design.slotSeconds(lengths)

/** The coarse time, the number of a day, a window or an interval, under which a phone keeps what it hears at a second. */
export const heardAt = (design: Design, unix: number, lengths: Lengths): number =>
  Math.floor(unix / design.heardSeconds(lengths))

/** The first slot of a report whose commitment is made on `day`. */
export const firstSlot = (design: Design, day: number, lengths: Lengths): number =>
  (day - DAYS_BACK) * slotsPerDay(design, lengths)
