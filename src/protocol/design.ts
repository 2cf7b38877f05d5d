import { EPHID_BYTES, time, unlinkable as unlinkableSchedule } from "../crypto/index.ts"

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
  readonly secretBytes: number
  /** The salt beside a secret in its slot, which hides an unrevealed secret from a guesser of its leaf. */
  readonly saltBytes: number
  /** The time one secret serves: a day (1), an epoch (2), a window (3). */
  slotSeconds(lengths: Lengths): number
  /** low-cost reveals exactly one slot, because its secrets are a chain; the others any number. */
  readonly reveals: "one" | "any"
  /** What a batch holds: the revealed secrets themselves, or a filter over what they would be heard as. */
  readonly publishes: "secrets" | "filter"
  /** The coarse time that a phone keeps with what it heard: a day (1, 2), a window (3)  (protocol §3). */
  heardSeconds(lengths: Lengths): number
  readonly keptBytes: number
  /** What a phone keeps of an identifier heard at a second: the identifier (1, 3), or x, from which none follows (2). */
  kept(ephId: Uint8Array, unix: number, lengths: Lengths): Uint8Array
}

const lowCost: Design = {
  name: "low-cost",
  code: 1,
  secretBytes: 32,
  saltBytes: 16,
  slotSeconds: () => time.SECONDS_PER_DAY,
  reveals: "one",
  publishes: "secrets",
  heardSeconds: () => time.SECONDS_PER_DAY,
  keptBytes: EPHID_BYTES,
  kept: ephId => ephId,
}

const unlinkable: Design = {
  name: "unlinkable",
  code: 2,
  secretBytes: unlinkableSchedule.EPOCH_SEED_BYTES,
  // Its seeds are never published, so that nobody has a seed to guess a leaf with.
  saltBytes: 0,
  slotSeconds: ({ epochMinutes }) => 60 * epochMinutes,
  reveals: "any",
  publishes: "filter",
  heardSeconds: () => time.SECONDS_PER_DAY,
  keptBytes: unlinkableSchedule.OBSERVATION_HASH_BYTES,
  kept: (ephId, unix, { epochMinutes }) => unlinkableSchedule.observationHash(ephId, time.epoch(unix, epochMinutes)),
}

const hybrid: Design = {
  name: "hybrid",
  code: 3,
  secretBytes: 16,
  saltBytes: 16,
  slotSeconds: ({ windowMinutes }) => 60 * windowMinutes,
  reveals: "any",
  publishes: "secrets",
  heardSeconds: ({ windowMinutes }) => 60 * windowMinutes,
  keptBytes: EPHID_BYTES,
  kept: ephId => ephId,
}

/** The designs that go through reports, batches and the log. */
export const DESIGNS: readonly Design[] = [lowCost, unlinkable, hybrid]

export const designByName = (name: string): Design | undefined => DESIGNS.find(design => design.name === name)
export const designByCode = (code: number): Design | undefined => DESIGNS.find(design => design.code === code)

/** Days that a report's slots cover: before the day of the commitment, that day, and after it (protocol §4). */
export const DAYS_BACK = 13
const DAYS_AHEAD = 3

export const slotsPerDay = (design: Design, lengths: Lengths): number =>
  time.SECONDS_PER_DAY / design.slotSeconds(lengths)

/** n, the slots of a report: its length depends on the design (and its parameters) alone. */
export const slotCount = (design: Design, lengths: Lengths): number =>
  (DAYS_BACK + 1 + DAYS_AHEAD) * slotsPerDay(design, lengths)

export const slotBytes = (design: Design): number => design.secretBytes + design.saltBytes

/** The index of the slot that a moment lies in; absolute, like the day, epoch or window it is. */
export const slotAt = (design: Design, unix: number, lengths: Lengths): number =>
  Math.floor(unix / design.slotSeconds(lengths))

export const slotStart = (design: Design, slot: number, lengths: Lengths): number => slot * design.slotSeconds(lengths)

/** The coarse time, a day or window number, under which a phone keeps what it hears at a second. */
export const heardAt = (design: Design, unix: number, lengths: Lengths): number =>
  Math.floor(unix / design.heardSeconds(lengths))

/** The first slot of a report whose commitment is made on `day`. */
export const firstSlot = (design: Design, day: number, lengths: Lengths): number =>
  (day - DAYS_BACK) * slotsPerDay(design, lengths)
