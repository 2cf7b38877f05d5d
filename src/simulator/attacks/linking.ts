import { type Candidate, gaen, hybrid, lowCost, type Random, time, unlinkable } from "../../crypto/index.ts"
import {
  type DesignName,
  defaultParameters,
  designByName,
  entryOf,
  isPublished,
  parseBatch,
  type SecretBatch,
  slotAt,
} from "../../protocol/index.ts"
import { Entries, makeBatch } from "../../server/index.ts"
import type { Attack, Measurement } from "./attack.ts"

/** 1 May 2020. */
const DAY = 18_383
const CONTAGIOUS_DAYS = 5
const END = DAY + CONTAGIOUS_DAYS

type BatchDesign = "low-cost" | "unlinkable" | "hybrid"

/** What a patient reveals: every slot of the contagious days; of a chain, its first key. */
interface Patient {
  readonly slots: readonly number[]
  readonly secrets: readonly Uint8Array[]
}

function patient(name: BatchDesign, random: Random): Patient {
  const design = designByName(name)!
  const parameters = defaultParameters(time.bucket(DAY * time.SECONDS_PER_DAY), [name])
  const first = slotAt(design, DAY * time.SECONDS_PER_DAY, parameters)
  const count = design.reveals === "one" ? 1 : slotAt(design, END * time.SECONDS_PER_DAY, parameters) - first
  const slots = Array.from({ length: count }, (_, at) => first + at)
  return { slots, secrets: slots.map(() => random.bytes(design.secretBytes)) }
}

/** A report as everybody gets it: padded, sorted, encoded, and parsed again. */
function publish(name: BatchDesign, { slots, secrets }: Patient, random: Random) {
  const design = designByName(name)!
  const bucket = time.bucket(END * time.SECONDS_PER_DAY)
  const parameters = defaultParameters(bucket, [name])
  const entries = new Entries()
  for (const [at, slot] of slots.entries()) entries.add(slot, entryOf(design, slot, secrets[at]!))
  return parseBatch(makeBatch({ design, bucket, parameters, random }, entries).file)
}

const secretsOf = ({ design, groups }: SecretBatch) =>
  groups.flatMap(({ slot, secrets }) =>
    Array.from({ length: secrets.length / design.secretBytes }, (_, at) => ({
      slot,
      secret: secrets.subarray(at * design.secretBytes, (at + 1) * design.secretBytes),
    })),
  )

/** The most recorded identifiers that one published secret explains. */
function longest(found: readonly Candidate[]): number {
  const counts = new Map<number, number>()
  for (const { key } of found) counts.set(key, (counts.get(key) ?? 0) + 1)
  return Math.max(0, ...counts.values())
}

function linkedLowCost(random: Random): number {
  const told = patient("low-cost", random)
  const batch = publish("low-cost", told, random) as SecretBatch
  const heard: lowCost.DayObservation[] = []
  let dayKey: Uint8Array = told.secrets[0]!
  for (let day = DAY; day < END; day++) {
    for (const ephId of lowCost.ephIds(dayKey)) heard.push({ ephId, day })
    dayKey = lowCost.nextDayKey(dayKey)
  }
  const keys = secretsOf(batch).map(({ slot, secret }) => ({ dayKey: secret, firstDay: slot, lastDay: END }))
  return longest(lowCost.candidates(keys, heard))
}

function linkedHybrid(random: Random): number {
  const told = patient("hybrid", random)
  const batch = publish("hybrid", told, random) as SecretBatch
  const heard = told.slots.flatMap((window, at) => hybrid.ephIds(told.secrets[at]!).map(ephId => ({ ephId, window })))
  const keys = secretsOf(batch).map(({ slot, secret }) => ({ seed: secret, window: slot }))
  return longest(hybrid.candidates(keys, heard))
}

/** A filter says of each identifier that it is a patient's, and of no two that they are one patient's. */
function linkedUnlinkable(random: Random): number {
  const told = patient("unlinkable", random)
  const batch = publish("unlinkable", told, random)
  const all = told.slots.every((epoch, at) => isPublished(batch, epoch, told.secrets[at]!))
  const keys = told.slots.map((epoch, at) => ({ seed: told.secrets[at]!, epoch }))
  const heard = keys.map(({ seed, epoch }) => ({ hash: unlinkable.observationHash(unlinkable.ephId(seed), epoch) }))
  return all ? longest(unlinkable.candidates(keys, heard)) : 0
}

/** One key for each day. */
function linkedGaen(random: Random): number {
  const keys = Array.from({ length: CONTAGIOUS_DAYS }, (_, day) => ({
    tek: random.bytes(gaen.KEY_BYTES),
    rollingStart: (DAY + day) * gaen.ROLLING_PERIOD,
    rollingPeriod: gaen.ROLLING_PERIOD,
  }))
  const heard = keys.flatMap(({ tek, rollingStart }) =>
    Array.from({ length: gaen.ROLLING_PERIOD }, (_, j) => ({
      rpi: gaen.rpi(gaen.rpik(tek), rollingStart + j),
      interval: rollingStart + j,
    })),
  )
  return longest(gaen.candidates(keys, heard))
}

export const linking: Attack = {
  number: 1,
  name: "linking",
  title: "Receivers all over a town link a patient's identifiers by the public batch",
  run(random) {
    const quantity = `identifiers that one published secret links, of ${CONTAGIOUS_DAYS} days`
    const of = (design: DesignName, measured: number, expected: number): Measurement => ({
      design,
      quantity,
      measured,
      expected,
    })
    return [
      of("low-cost", linkedLowCost(random), 96 * CONTAGIOUS_DAYS),
      of("unlinkable", linkedUnlinkable(random), 1),
      of("hybrid", linkedHybrid(random), 8),
      of("gaen", linkedGaen(random), 144),
    ]
  },
}
