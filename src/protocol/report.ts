import { ascii, concat, type Random, requireBytes, sha256, u16, u32 } from "../crypto/index.ts"
import { type Design, slotBytes } from "./design.ts"

const LEAF = ascii("lindung/leaf/1")
const COMMITMENT = ascii("lindung/commitment/1")
const NULL = ascii("lindung/null/1")
const SPENT = ascii("lindung/spent/1")

/** r: 32 random bytes, one for each report. */
export const R_BYTES = 32
export const SLOT_LEAF_BYTES = 32

/** A slot as it leaves the phone: its secret and salt, or only the leaf that was committed to. */
export type Slot =
  | { readonly revealed: true; readonly bytes: Uint8Array }
  | { readonly revealed: false; readonly leaf: Uint8Array }

/** The secrets of a report, slot by slot from `first`; a slot without a secret has a random leaf. */
export interface Report {
  readonly design: Design
  readonly first: number
  readonly r: Uint8Array
  readonly slots: readonly Slot[]
}

/** leaf_j = H("lindung/leaf/1" ‖ u8 design ‖ u32 slot index ‖ slot)  (protocol §4) */
export function leaf(design: Design, index: number, slot: Uint8Array): Uint8Array {
  requireBytes("slot", slotBytes(design), slot)
  return sha256(LEAF, Uint8Array.of(design.code), u32(index, "slot index"), slot)
}

/** H("lindung/spent/1" ‖ r): all that a publisher keeps of a report, for 14 days. */
export const spentTag = (r: Uint8Array): Uint8Array => sha256(SPENT, r)

/**
 * commitment = H("lindung/commitment/1" ‖ u8 design ‖ u32 first ‖ u16 n ‖ H("lindung/null/1" ‖ r) ‖ leaf_0 ‖ …)
 * (protocol §4): the same whatever is redacted.
 */
export function commitment({ design, first, r, slots }: Report): Uint8Array {
  requireBytes("r", R_BYTES, r)
  return sha256(
    COMMITMENT,
    Uint8Array.of(design.code),
    u32(first, "first slot"),
    u16(slots.length, "slots"),
    sha256(NULL, r),
    ...slots.map((slot, j) => (slot.revealed ? leaf(design, first + j, slot.bytes) : checkedLeaf(slot.leaf))),
  )
}

function checkedLeaf(given: Uint8Array): Uint8Array {
  requireBytes("leaf", SLOT_LEAF_BYTES, given)
  return given
}

/** Withholds slots: what is left of one is its leaf, so that the commitment stays what the authority signed. */
export function redact(report: Report, withhold: (index: number) => boolean): Report {
  const { design, first } = report
  const slots = report.slots.map((slot, j): Slot => {
    const index = first + j
    return slot.revealed && withhold(index) ? { revealed: false, leaf: leaf(design, index, slot.bytes) } : slot
  })
  return { ...report, slots }
}

/**
 * u32 first slot ‖ flags[⌈n/8⌉] (slot 0 is the top bit of byte 0, spare bits 0) ‖ n slots. A redacted slot is its
 * leaf, and random bytes up to the slot's size where that is larger, so that all slots have one size.
 */
export function encodeSlots({ design, first, slots }: Report, random: Random): Uint8Array<ArrayBuffer> {
  const flags = new Uint8Array(Math.ceil(slots.length / 8))
  const size = slotBytes(design)
  const parts = slots.map((slot, j) => {
    if (!slot.revealed) return concat(checkedLeaf(slot.leaf), random.bytes(size - SLOT_LEAF_BYTES))
    requireBytes("slot", size, slot.bytes)
    flags[j >> 3]! |= 0x80 >>> (j & 7)
    return slot.bytes
  })
  return concat(u32(first, "first slot"), flags, ...parts)
}

/** The length of {@link encodeSlots} for n slots. */
export const slotsLength = (design: Design, n: number): number => 4 + Math.ceil(n / 8) + n * slotBytes(design)
