import { ascii } from "../bytes.ts"
import { GAEN, HYBRID, LOW_COST, type Schedule } from "./backend.ts"

/** What HMAC is asked of each schedule's keys; HKDF-Expand (RFC 5869, 2.3) appends the number of the block, 1. */
const LABELS: Record<Schedule, string> = {
  [LOW_COST]: "broadcast key",
  [HYBRID]: "DP3T-HYBRID",
  [GAEN]: "EN-RPIK\x01",
}
/** HMAC hashes one block of key before it. */
const BEFORE = 64

/** The label as the 16 words of the one block that SHA-256 sees of it, padding included. */
export function labelBlock(schedule: Schedule): Int32Array {
  const message = ascii(LABELS[schedule])
  const block = new Int32Array(16)
  message.forEach((byte, i) => {
    block[i >> 2]! |= byte << (24 - 8 * (i & 3))
  })
  block[message.length >> 2]! |= 0x80 << (24 - 8 * (message.length & 3))
  block[15] = 8 * (BEFORE + message.length)
  return block
}
