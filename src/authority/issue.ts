import { ascii, code, concat, hmacSha256, type Random, requireU32, time } from "../crypto/index.ts"
import type { Mechanism } from "../protocol/index.ts"
import type { CodeRow, CodeStore } from "./store/store.ts"

const SECONDS_PER_HOUR = 3600
/** The first contagious day may lie so far back; nothing older is matched by anybody. */
const MAX_DAYS_BACK = 14

export const hourOf = (unix: number): number => Math.floor(unix / SECONDS_PER_HOUR)

export interface IssueOrder {
  readonly contagiousFromDay: number
}

export interface IssuedCode {
  /** 14 symbols, without separators; shown once and kept nowhere. */
  readonly code: string
  /** The same in groups, to be read aloud. */
  readonly grouped: string
  readonly contagiousFromDay: number
  /** Unix seconds; always a full hour. */
  readonly expiresAt: number
}

/**
 * When and how a permission passes hands (protocol §5). Redeeming is the same for all mechanisms: it reads from the
 * code's row what the token says.
 */
export interface Issuing {
  /** @throws RangeError for a day in the future or more than 14 days back */
  issue(order: IssueOrder, now: number): Promise<IssuedCode>
}

/** HMAC(hash key, label ‖ code): what is kept of a code. */
export const codeHash = (hashKey: Uint8Array, codeBytes: Uint8Array): Uint8Array =>
  hmacSha256(hashKey, concat(ascii("lindung/authority/code/1"), codeBytes))

function requireContagiousDay(day: number, now: number): void {
  requireU32("contagiousFromDay", day)
  const today = time.day(now)
  if (day > today) throw new RangeError(`contagiousFromDay: expected at most today (${today}), got ${day}`)
  if (day < today - MAX_DAYS_BACK)
    throw new RangeError(
      `contagiousFromDay: expected at most ${MAX_DAYS_BACK} days before today (${today}), got ${day}`,
    )
}

interface SimplePorts {
  readonly store: CodeStore
  readonly random: Random
}

const SIMPLE: Mechanism = 1

/** Mechanism 1: a code is given with the positive result and may be redeemed at once. */
export function simpleCodes(
  { hashKey, codeValidHours }: { readonly hashKey: Uint8Array; readonly codeValidHours: number },
  { store, random }: SimplePorts,
): Issuing {
  return {
    async issue({ contagiousFromDay }, now) {
      requireContagiousDay(contagiousFromDay, now)
      // Rounded up: the exact end would tell the second at which the patient was told.
      const expiresHour = Math.ceil(now / SECONDS_PER_HOUR) + codeValidHours
      const fresh = code.generate(random)
      const row: CodeRow = { code: codeHash(hashKey, ascii(fresh)), mechanism: SIMPLE, contagiousFromDay, expiresHour }
      await store.add([row])
      return {
        code: fresh,
        grouped: code.group(fresh),
        contagiousFromDay,
        expiresAt: expiresHour * SECONDS_PER_HOUR,
      }
    },
  }
}
