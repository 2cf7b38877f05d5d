import { concat, type EphId, equal, hybrid, lowCost, type Random, shuffle, time, unlinkable } from "../crypto/index.ts"
import {
  type Design,
  encodeExposureKey,
  type Lengths,
  parseExposureKey,
  slotAt,
  slotBytes,
  slotStart,
} from "../protocol/index.ts"
import type { Calibration } from "./calibration.ts"
import { payload as gaenPayload, newKey } from "./gaen/broadcast.ts"
import { entries, secretKey, secretsBetween, slotOfSecret } from "./layout.ts"
import type { ReadTx, WriteTx } from "./ports.ts"

/*
 * own secret of a slot: secret ‖ salt (the slot as reports reveal it) ‖ broadcast order, two bytes an epoch (1 to 3)
 */
const ORDER_BYTES = 2

/** The identifiers of a slot, in derivation order. */
function ephIdsOf(design: Design, secret: Uint8Array, lengths: Lengths): EphId[] {
  const count = design.slotSeconds(lengths) / (60 * lengths.epochMinutes)
  if (design.name === "unlinkable") return [unlinkable.ephId(secret)]
  return design.name === "low-cost" ? lowCost.ephIds(secret, count) : hybrid.ephIds(secret, count)
}

/** A secret, its salt and its broadcast order, all fresh but for a secret that a chain gives. */
function newSlot(design: Design, slot: number, lengths: Lengths, random: Random, chained?: Uint8Array): Uint8Array {
  if (design.name === "gaen")
    return concat(encodeExposureKey(newKey(slotStart(design, slot, lengths), random)), random.bytes(design.saltBytes))
  const secret = chained ?? random.bytes(design.secretBytes)
  const count = design.slotSeconds(lengths) / (60 * lengths.epochMinutes)
  const order = shuffle(
    Array.from({ length: count }, (_, i) => i),
    random,
  )
  return concat(secret, random.bytes(design.saltBytes), Uint8Array.from(order.flatMap(i => [i >> 8, i & 255])))
}

/** The secret of a slot, made now if this is the first time it is needed. */
export async function ensureSlot(
  tx: WriteTx,
  design: Design,
  slot: number,
  lengths: Lengths,
  random: Random,
): Promise<Uint8Array> {
  const known = await tx.get(secretKey(slot))
  if (known !== undefined) return known
  const made = newSlot(design, slot, lengths, random, await chained(tx, design, slot))
  tx.put(secretKey(slot), made)
  return made
}

/** low-cost: SK_{t+1} = H(SK_t), from the last day there is; days on which the phone was off are passed through. */
async function chained(tx: ReadTx, design: Design, slot: number): Promise<Uint8Array | undefined> {
  if (design.name !== "low-cost" || slot === 0) return undefined
  const last = (await entries(tx, secretsBetween(0, slot - 1))).at(-1)
  return last && secretAfter(design, { slot: slotOfSecret(last[0]), record: last[1] }, slot)
}

function secretAfter(design: Design, from: OwnSlot, slot: number): Uint8Array {
  let secret: Uint8Array = from.record.slice(0, design.secretBytes)
  for (let day = from.slot; day < slot; day++) secret = lowCost.nextDayKey(secret)
  return secret
}

/** A slot with its record, as it lies in the store. */
export interface OwnSlot {
  readonly slot: number
  readonly record: Uint8Array
}

/** The slot of a moment, from the store. */
export async function currentSlot(
  tx: WriteTx,
  design: Design,
  second: number,
  lengths: Lengths,
  random: Random,
): Promise<OwnSlot> {
  const slot = slotAt(design, second, lengths)
  return { slot, record: await ensureSlot(tx, design, slot, lengths, random) }
}

/**
 * A later slot, made in memory: a phone whose host sleeps must not go on with what has expired. Without a slot to go on
 * from, nothing in it follows from what was broadcast before.
 */
export function laterSlot(
  design: Design,
  from: OwnSlot | undefined,
  slot: number,
  lengths: Lengths,
  random: Random,
): OwnSlot {
  const secret =
    design.name === "low-cost" && from !== undefined && slot > from.slot ? secretAfter(design, from, slot) : undefined
  return { slot, record: newSlot(design, slot, lengths, random, secret) }
}

/**
 * Keeps a slot that was made in memory, unless the store has one, or has no longer the one that it came from: its secrets
 * were renewed, and a chain would lead on from published ones.
 * @param from the slot that it was made from
 * @returns the one that holds
 */
export async function keepSlot(
  tx: WriteTx,
  made: OwnSlot,
  from: OwnSlot | undefined,
  of: { design: Design; lengths: Lengths; random: Random },
): Promise<OwnSlot> {
  const before = from && (await tx.get(secretKey(from.slot)))
  const follows = from !== undefined && before !== undefined && equal(before, from.record)
  if (follows && (await tx.get(secretKey(made.slot))) === undefined) tx.put(secretKey(made.slot), made.record)
  return { slot: made.slot, record: await ensureSlot(tx, of.design, made.slot, of.lengths, of.random) }
}

/** What is broadcast at a moment of a slot, and until when: the end of the epoch. */
export function ephIdAt(
  design: Design,
  { slot, record }: OwnSlot,
  second: number,
  lengths: Lengths,
): { ephId: EphId; until: number } {
  const epochSeconds = 60 * lengths.epochMinutes
  const epochOfSlot = Math.floor((second - slotStart(design, slot, lengths)) / epochSeconds)
  const at = slotBytes(design) + ORDER_BYTES * epochOfSlot
  const place = record[at]! * 256 + record[at + 1]!
  const ephId = ephIdsOf(design, record.subarray(0, design.secretBytes), lengths)[place]!
  return { ephId, until: (Math.floor(second / epochSeconds) + 1) * epochSeconds }
}

/**
 * The payload of the beacons of a moment of a slot, and until when: an identifier to the end of its epoch, or in design 4
 * RPI ‖ AEM to the end of the interval.
 */
export function payloadAt(
  design: Design,
  from: OwnSlot,
  second: number,
  lengths: Lengths,
  { txPower, confidence }: Calibration,
): { payload: Uint8Array; until: number } {
  if (design.name !== "gaen") {
    const { ephId, until } = ephIdAt(design, from, second, lengths)
    return { payload: ephId, until }
  }
  const { tek, ...times } = parseExposureKey(from.record.subarray(0, design.secretBytes))
  return {
    payload: gaenPayload({ tek, ...times }, second, txPower, confidence),
    until: (time.interval(second) + 1) * time.SECONDS_PER_INTERVAL,
  }
}

/** The slot as a report reveals it: secret ‖ salt. */
export const revealable = (design: Design, record: Uint8Array): Uint8Array => record.slice(0, slotBytes(design))

/** After a report: what was broadcast is dropped at once, so that what follows cannot be linked to it (WP 2.1). */
export async function renewSecrets(
  tx: WriteTx,
  design: Design,
  second: number,
  lengths: Lengths,
  random: Random,
): Promise<void> {
  for (const [key] of await entries(tx, secretsBetween(0, 2 ** 32 - 1))) tx.del(key)
  const slot = slotAt(design, second, lengths)
  tx.put(secretKey(slot), newSlot(design, slot, lengths, random))
}

/** The secrets that are drawn already for slots after this one: a test has committed to them. */
export async function slotsAhead(tx: ReadTx, slot: number): Promise<ReadonlyMap<number, OwnSlot>> {
  const ahead = await entries(tx, secretsBetween(slot + 1, 2 ** 32 - 1))
  return new Map(ahead.map(([key, record]) => [slotOfSecret(key), { slot: slotOfSecret(key), record }]))
}

/** Nobody is to find what the phone will broadcast, once no test needs it. */
export async function dropAhead(tx: WriteTx, slot: number): Promise<void> {
  for (const [key] of await entries(tx, secretsBetween(slot + 1, 2 ** 32 - 1))) tx.del(key)
}

/** Secrets are kept for fourteen days: thirteen back and today. */
export async function pruneSecrets(tx: WriteTx, design: Design, firstDay: number, lengths: Lengths): Promise<void> {
  const first = slotAt(design, firstDay * time.SECONDS_PER_DAY, lengths)
  if (first > 0) for (const [key] of await entries(tx, secretsBetween(0, first - 1))) tx.del(key)
}
