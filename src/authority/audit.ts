import { ascii, concat, equal, fromHex, hex, sha256, u32 } from "../crypto/index.ts"

/*
 * Audit entry: who did what, in which minute. The chain of hashes shows a later change:
 *
 *   h_0 = 32 zero bytes
 *   h_n = H("lindung/audit/1" ‖ h_{n−1} ‖ u32 n ‖ u32 minute ‖ u32 count ‖ actor ‖ 0x00 ‖ action)
 *
 * An entry holds nothing that a published report, an upload or a token holds as well: no code, no commitment and no
 * hash of one, no first contagious day, no test type, no end of validity; and what patients do (redeeming, polling) makes
 * no entry at all. So it cannot be joined with uploads but by the time at which somebody watches both.
 */
const LABEL = ascii("lindung/audit/1")
const ZERO = new Uint8Array(32)
const SECONDS_PER_MINUTE = 60
const ACTOR = /^[!-~]{1,64}$/
const ACTION = /^[a-z][a-z-]{0,31}$/

/** What is said of an act. `count` is the number of codes that one act made; 1 for all others. */
export interface AuditFacts {
  /** ⌊unix/60⌋ */
  readonly minute: number
  /** Who: 1 to 64 printable ASCII characters without spaces, such as a user's or an API key's id. */
  readonly actor: string
  /** What: lower-case words joined by hyphens, such as `issue`, `bulk-issue`, `activate-refused`. */
  readonly action: string
  readonly count: number
}

export interface AuditEntry extends AuditFacts {
  /** From 1, without a gap. */
  readonly number: number
  /** h_n, 64 hexadecimal digits. */
  readonly hash: string
}

/** Where a chain ends: to be kept elsewhere, because a chain that was cut short is right in itself. */
export interface AuditHead {
  readonly number: number
  /** 64 hexadecimal digits. */
  readonly hash: string
}

export const EMPTY_CHAIN: AuditHead = { number: 0, hash: hex(ZERO) }

/** Checked facts of an act of this second. @throws RangeError for an actor or an action that cannot be logged */
export function auditFacts(actor: string, action: string, now: number, count = 1): AuditFacts {
  if (!ACTOR.test(actor)) throw new RangeError("actor: expected 1 to 64 printable ASCII characters without spaces")
  if (!ACTION.test(action))
    throw new RangeError("action: expected lower-case words joined by hyphens, at most 32 letters")
  return { minute: Math.floor(now / SECONDS_PER_MINUTE), actor, action, count }
}

/** h_n for the entry after a head. @param head h_{n−1} as bytes */
export function chainHash(head: Uint8Array, number: number, { minute, actor, action, count }: AuditFacts): Uint8Array {
  const text = concat(ascii(actor), Uint8Array.of(0), ascii(action))
  return sha256(LABEL, head, u32(number), u32(minute), u32(count), text)
}

/**
 * Whether entries follow each other without a gap or a change, from one head to another that was kept elsewhere.
 * @param from the head before the first entry; the empty chain's when undefined
 */
export function verifyAudit(entries: readonly AuditEntry[], head: AuditHead, from: AuditHead = EMPTY_CHAIN): boolean {
  let { number, hash } = from
  for (const entry of entries) {
    number++
    const expected = chainHash(bytesOf(hash), number, entry)
    if (entry.number !== number || !equal(expected, bytesOf(entry.hash))) return false
    hash = entry.hash
  }
  return number === head.number && hash === head.hash
}

const bytesOf = fromHex
