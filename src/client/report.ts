import { ascii, concat, type Random, time, u32 } from "../crypto/index.ts"
import {
  DAYS_BACK,
  type Design,
  encodeExposureKey,
  firstSlot,
  isDeadBy,
  type Lengths,
  parseExposureKey,
  R_BYTES,
  Reader,
  type Report,
  redact,
  SLOT_LEAF_BYTES,
  type Slot,
  slotAt,
  slotBytes,
  slotCount,
  slotStart,
} from "../protocol/index.ts"
import { cutShort, isRunning } from "./gaen/broadcast.ts"
import {
  coarseBetween,
  entries,
  freshBetween,
  heardOf,
  matchedBetween,
  parseFresh,
  parseMatched,
  REPORT,
  secretKey,
} from "./layout.ts"
import type { ReadTx, WriteTx } from "./ports.ts"
import { parseScans } from "./record.ts"
import { ensureSlot, revealable } from "./schedule.ts"

/** Whom the phone heard as close as this, a report may concern; further away counts for nothing in any rule's day. */
const CLOSE_ATTENUATION = 63
/** A draft is of the day it was made; a day later its windows are not the right ones any more. */
const DRAFT_SECONDS = 86_400
/** Three days in which the phone asks for a result, and one more for a phone that slept through the last time. */
const TEST_SECONDS = 4 * 86_400
/** Days after the test's whose secrets it commits to: what a seized phone shows of its future. */
const TEST_DAYS_AHEAD = 3
const CODE_BYTES = 14

/** A report that is being prepared or sent: the only place where its secrets lie once it has been sent. */
export interface StoredReport {
  readonly report: Report
  /** 14 symbols, parsed and checked; of a test the phone's own. */
  readonly code: string
  /** It waits for the result of a test: its slots are withheld once that is known, and reach three days ahead. */
  readonly isTest: boolean
  readonly expiresAt: number
}

/*
 * stored report: u8 1 for a test ‖ u32 expires ‖ 14 code ‖ u32 first slot ‖ 32 r ‖ n × (u8 revealed ‖ slot, or leaf)
 */
function encode({ report, code, isTest, expiresAt }: StoredReport): Uint8Array {
  const slots = report.slots.flatMap(slot =>
    slot.revealed ? [Uint8Array.of(1), slot.bytes] : [Uint8Array.of(0), slot.leaf],
  )
  return concat(Uint8Array.of(isTest ? 1 : 0), u32(expiresAt), ascii(code), u32(report.first), report.r, ...slots)
}

export async function readReport(tx: ReadTx, design: Design, lengths: Lengths): Promise<StoredReport | undefined> {
  const bytes = await tx.get(REPORT)
  if (bytes === undefined) return undefined
  const reader = new Reader("stored report", bytes)
  const isTest = reader.u8() === 1
  const expiresAt = reader.u32()
  const code = String.fromCharCode(...reader.view(CODE_BYTES))
  const first = reader.u32()
  const r = reader.take(R_BYTES)
  const slots = Array.from({ length: slotCount(design, lengths) }, (): Slot => {
    if (reader.u8() === 1) return { revealed: true, bytes: reader.take(slotBytes(design)) }
    return { revealed: false, leaf: reader.take(SLOT_LEAF_BYTES) }
  })
  reader.end()
  return { report: { design, first, r, slots }, code, isTest, expiresAt }
}

export function writeReport(tx: WriteTx, stored: StoredReport): void {
  tx.put(REPORT, encode(stored))
}

/** A draft that was never sent goes with its day, and a test with its last: they hold secrets that are kept nowhere else. */
export async function pruneDraft(
  tx: WriteTx,
  o: { design: Design; lengths: Lengths; now: number; firstDay: number },
): Promise<void> {
  const { design, lengths, now, firstDay } = o
  const stored = await readReport(tx, design, lengths)
  if (stored === undefined) return
  if (stored.expiresAt < now) tx.del(REPORT)
  else if (stored.isTest) writeReport(tx, { ...stored, report: redactForToken(stored.report, firstDay, lengths) })
}

export function eraseReport(tx: WriteTx): void {
  tx.del(REPORT)
}

/**
 * What a report of this moment would hold: the secrets from the onset on, where there was somebody close to hear them
 * (WP 2.3). It is an upper bound: the authority's first contagious day may withhold more.
 */
export async function draftReport(
  tx: WriteTx,
  o: { design: Design; lengths: Lengths; random: Random; second: number; onsetDay: number; code: string },
): Promise<StoredReport> {
  const { design, lengths, random, second } = o
  const first = firstSlot(design, time.day(second), lengths)
  const running = slotAt(design, second, lengths)
  await ensureSlot(tx, design, running, lengths, random)
  const slots: Slot[] = []
  for (let slot = first; slot < first + slotCount(design, lengths); slot++)
    slots.push(slotOf(design, slot <= running ? await tx.get(secretKey(slot)) : undefined, random))
  const whole = { design, first, r: random.bytes(R_BYTES), slots }
  const onset = slotAt(design, o.onsetDay * time.SECONDS_PER_DAY, lengths)
  const report = redact(await heardNear(tx, whole, second, lengths), slot => slot < onset)
  return { report, code: o.code, isTest: false, expiresAt: second + DRAFT_SECONDS }
}

/** Where there is no secret the leaf is random: what was never broadcast looks like what is withheld. */
const slotOf = (design: Design, record: Uint8Array | undefined, random: Random): Slot =>
  record
    ? { revealed: true, bytes: revealable(design, record) }
    : { revealed: false, leaf: random.bytes(SLOT_LEAF_BYTES) }

/**
 * What is committed to at a test: all secrets there are, and those of three days to come, which are drawn now. Until the
 * result comes, whoever seizes the phone finds what it will broadcast on these days, and nothing later.
 */
export async function draftTest(
  tx: WriteTx,
  o: { design: Design; lengths: Lengths; random: Random; second: number; code: string },
): Promise<StoredReport> {
  const { design, lengths, random, second, code } = o
  const first = firstSlot(design, time.day(second), lengths)
  const running = slotAt(design, second, lengths)
  // Design 4 has one slot more, for a key that ends in the day after: no phone of ours has such a key.
  const end = slotAt(design, (time.day(second) + 1 + TEST_DAYS_AHEAD) * time.SECONDS_PER_DAY, lengths)
  const slots: Slot[] = []
  for (let slot = first; slot < first + slotCount(design, lengths); slot++) {
    const isDrawn = slot >= running && slot < end
    const record = isDrawn ? await ensureSlot(tx, design, slot, lengths, random) : await tx.get(secretKey(slot))
    slots.push(slotOf(design, record, random))
  }
  const report = { design, first, r: random.bytes(R_BYTES), slots }
  return { report, code, isTest: true, expiresAt: second + TEST_SECONDS }
}

/** Of a committed report what this moment may reveal: nothing that is to come, and no window without somebody close. */
export async function heardNear(tx: ReadTx, report: Report, second: number, lengths: Lengths): Promise<Report> {
  const { design, first } = report
  const running = slotAt(design, second, lengths)
  // Only a window is both a slot and the time kept with what was heard; of an epoch a phone does not know.
  const isKnown = design.reveals === "any" && design.heardSeconds(lengths) === design.slotSeconds(lengths)
  const close = isKnown ? await slotsWithContact(tx, first, running) : undefined
  return redact(report, slot => slot > running || (close !== undefined && !close.has(slot)))
}

/**
 * The report as it is committed to at a second: in design 4 the running period ends with the running interval, because
 * phones of other systems match a key until its period is over (protocol §4).
 */
export function cutAt(report: Report, second: number): Report {
  const { design, slots } = report
  if (design.name !== "gaen") return report
  const cut = (bytes: Uint8Array): Uint8Array => {
    const key = parseExposureKey(bytes.subarray(0, design.secretBytes))
    if (!isRunning(key, second)) return bytes
    return concat(encodeExposureKey(cutShort(key, second)), bytes.subarray(design.secretBytes))
  }
  return { ...report, slots: slots.map(slot => (slot.revealed ? { ...slot, bytes: cut(slot.bytes) } : slot)) }
}

async function slotsWithContact(tx: ReadTx, first: number, last: number): Promise<Set<number>> {
  const found = new Set<number>()
  const look = (slot: number, value: Uint8Array) => {
    if (parseScans(value).some(scan => scan.typical <= CLOSE_ATTENUATION)) found.add(slot)
  }
  for (const [key, value] of await entries(tx, freshBetween(first, last))) look(parseFresh(key).heard, value)
  for (const [key, value] of await entries(tx, coarseBetween(first, last))) look(heardOf(key), value)
  for (const [key, value] of await entries(tx, matchedBetween(0))) look(parseMatched(key).heard, value)
  return found
}

/** Withholds what the authority's first contagious day excludes (protocol §4). */
export const redactForToken = (report: Report, contagiousFromDay: number, lengths: Lengths): Report =>
  redact(report, slot => slot < slotAt(report.design, contagiousFromDay * time.SECONDS_PER_DAY, lengths))

/**
 * The report as it can be published in a bucket: without the days that are older than phones remember by then, of a
 * chain the first day only, and without keys of design 4 that some phone could still hear: one that was committed to at a
 * test, and so could not be cut short. It may reveal nothing.
 */
export function forBucket(report: Report, bucket: number, lengths: Lengths): Report {
  const oldestDay = time.day(time.bucketStart(bucket)) - DAYS_BACK
  const late = withoutLiving(redactForToken(report, Math.max(0, oldestDay), lengths), bucket)
  if (report.design.reveals === "any") return late
  const chosen = report.first + late.slots.findIndex(slot => slot.revealed)
  return redact(late, slot => slot !== chosen)
}

function withoutLiving(report: Report, bucket: number): Report {
  const { design, first, slots } = report
  if (design.name !== "gaen") return report
  return redact(report, index => {
    const slot = slots[index - first]!
    return slot.revealed && !isDeadBy(parseExposureKey(slot.bytes.subarray(0, design.secretBytes)), bucket)
  })
}

export const revealsAnything = ({ slots }: Report): boolean => slots.some(slot => slot.revealed)

/** The days of what a report reveals. */
export function revealedDays({ design, first, slots }: Report, lengths: Lengths): number[] {
  const days = slots.flatMap((slot, j) =>
    slot.revealed ? [Math.floor(slotStart(design, first + j, lengths) / time.SECONDS_PER_DAY)] : [],
  )
  return [...new Set(days)]
}

/** The secrets a batch must hold once the report is published, by slot. */
export function revealedSecrets({ design, first, slots }: Report): { slot: number; secret: Uint8Array }[] {
  return slots.flatMap((slot, j) =>
    slot.revealed ? [{ slot: first + j, secret: slot.bytes.subarray(0, design.secretBytes) }] : [],
  )
}
