import { equal, type signature, time } from "../crypto/index.ts"
import {
  archiveEntry,
  commitment,
  DAYS_BACK,
  type Design,
  dayOfKey,
  entryOf,
  isDeadBy,
  type Opened,
  type ParameterSet,
  parseExposureKey,
  parseToken,
  type Report,
  slotCount,
  slotStart,
  slotsPerDay,
  spentTag,
  verifyToken,
} from "../protocol/index.ts"

/** What a report adds to the batch of its design. */
export interface Admitted {
  readonly tag: Uint8Array
  readonly report: Report
  /** What the batch holds of it: secrets with their slots, or what becomes of them. */
  readonly entries: readonly { readonly slot: number; readonly entry: Uint8Array }[]
}

export interface Admission {
  readonly bucket: number
  readonly parameters: ParameterSet
  /** The logged list of authority keys. */
  readonly authorityKeys: readonly Uint8Array[]
  readonly ed25519: signature.Ed25519
}

/**
 * What of an opened report goes into the batch; undefined when anything about it does not check (protocol §6). Whether
 * its tag is spent is for the caller to know. Revealed slots that no phone remembers any more are left out: made-up
 * reports have none, so that such a slot would show that its report is a real one.
 */
export function admit({ token, report }: Extract<Opened, { kind: "report" }>, to: Admission): Admitted | undefined {
  const { bucket, parameters } = to
  const { design, first, slots } = report
  const end = time.bucketStart(bucket) + time.SECONDS_PER_BUCKET
  const today = time.day(time.bucketStart(bucket))
  const parsed = tokenOf(token)
  if (parsed === undefined || parsed.expiryDay < today) return undefined
  if (!isWhole(first, slotsPerDay(design, parameters), today) || slots.length !== slotCount(design, parameters))
    return undefined
  const revealed = slots.flatMap((slot, j) => (slot.revealed ? [{ slot: first + j, bytes: slot.bytes }] : []))
  if (design.reveals === "one" && revealed.length !== 1) return undefined
  const starts = (slot: number): number => slotStart(design, slot, parameters)
  const contagiousFrom = parsed.contagiousFromDay * time.SECONDS_PER_DAY
  if (revealed.some(({ slot }) => starts(slot) >= end || starts(slot) < contagiousFrom)) return undefined
  if (!revealed.every(one => isDue(design, one, bucket))) return undefined
  if (!equal(commitment(report), parsed.commitment)) return undefined
  if (!verifyToken(parsed, to.authorityKeys, to.ed25519)) return undefined
  const oldest = (today - (parameters.retentionDays - 1)) * time.SECONDS_PER_DAY
  const entries = revealed
    .filter(({ slot }) => starts(slot) >= oldest)
    .map(({ slot, bytes }) => {
      const secret = bytes.slice(0, design.secretBytes)
      const entry =
        design.publishes === "archive" ? archiveEntry(secret, parsed.contagiousFromDay) : entryOf(design, slot, secret)
      return { slot, entry }
    })
  // A report that has nothing to publish does not spend its tag: the phone's second upload may hold more.
  return entries.length === 0 ? undefined : { tag: spentTag(report.r), report, entries }
}

/** GAEN: a key of the slot's day, and dead by the end of the bucket on all phones that may get it (protocol §6). */
function isDue(design: Design, { slot, bytes }: { slot: number; bytes: Uint8Array }, bucket: number): boolean {
  if (design.publishes !== "archive") return true
  try {
    const key = parseExposureKey(bytes.subarray(0, design.secretBytes))
    return dayOfKey(key) === slot && isDeadBy(key, bucket)
  } catch {
    return false
  }
}

function tokenOf(bytes: Uint8Array): ReturnType<typeof parseToken> | undefined {
  try {
    return parseToken(bytes)
  } catch {
    return undefined
  }
}

/** Slots cover whole days, from 13 before a day of commitment that is not in the future. */
const isWhole = (first: number, perDay: number, today: number): boolean =>
  first % perDay === 0 && first / perDay + DAYS_BACK <= today
