// The SIMD back end: see ../backend.ts for what each function owes. Public keys only.
import { expandKeys, prepare, tags, wholeTags } from "./aes"
import { DIGESTS, HITS, INPUT, LANE_TABLES, SLOTS, TABLES, TAGS } from "./layout"
import { extract, hash, hmac, start as startHash } from "./sha256"

const LOW_COST: u32 = 1
const GAEN: u32 = 4

let schedule: u32 = 0
/** The counter, without its low byte, for which the cipher is prepared; none after new keys. */
let prepared: i64 = -1

/** Chooses the schedule; the 16 words of its label's block are at `input`. */
export function start(design: u32): void {
  schedule = design
  startHash(INPUT)
}

/** Secrets from `input` to the slots from `slot` on. */
export function put(slot: u32, count: u32): void {
  const words: u32 = schedule == LOW_COST ? 8 : 4
  let from: usize = INPUT
  for (let i = slot; i < slot + count; i++)
    for (let w: u32 = 0; w < words; w++) {
      store<u32>(SLOTS + (i >> 2) * 128 + w * 16 + (i & 3) * 4, bswap<u32>(load<u32>(from)))
      from += 4
    }
}

/** SK_{t+1} = H(SK_t) */
export function advance(slot: u32, count: u32): void {
  for (let q = slot >> 2; q < (slot + count + 3) >> 2; q++) hash(SLOTS + q * 128)
}

/** Cipher keys of the slots, as the lanes. */
export function expand(slot: u32, count: u32): void {
  for (let q: u32 = 0; q < (count + 3) >> 2; q++) {
    const key = SLOTS + ((slot >> 2) + q) * 128
    const to = DIGESTS + q * 128
    if (schedule == GAEN) {
      extract(key, to)
      hmac(to, 8, to)
    } else hmac(key, schedule == LOW_COST ? 8 : 4, to)
  }
  expandKeys(schedule == GAEN ? 4 : 8)
  prepared = -1
}

/**
 * Looks up the identifiers from ≤ j < from + span of the first `lanes` lanes; returns the number of words at `hits`.
 * Three bytes of a tag cost three quarters of the last two rounds; the fourth is computed when they are in a table.
 */
export function scan(from: u32, span: u32, lanes: u32): u32 {
  const gaen = schedule == GAEN
  const row: usize = gaen ? 0 : 3
  let found: u32 = 0
  for (let i: u32 = 0; i < span; i++) {
    const j = from + i
    if (prepared != <i64>(j >> 8)) {
      prepared = j >> 8
      if (gaen) prepare(0x454e2d52, 0x50490000, 0, bswap<u32>(j & ~255), row)
      else prepare(0, 0, 0, j & ~255, row)
    }
    tags(j & 255, row, TAGS)
    if (lookUp(lanes)) found = confirm(j, lanes, found)
  }
  return found
}

/** Whether three bytes of some lane's tag are in its table. */
function lookUp(lanes: u32): bool {
  let any = false
  for (let at: usize = 0; at < 4 * lanes; at += 4) {
    const tag = load<u32>(TAGS + at)
    const table = load<u32>(LANE_TABLES + at)
    // The bit is that of the first 17 bits; shifts count modulo 32.
    if ((load<u32>(table + ((tag >> 20) << 2)) >> (tag >> 15)) & 1) any = holds(table, tag, ~255) || any
  }
  return any
}

/** Writes the lanes whose whole tag is in their table. */
function confirm(j: u32, lanes: u32, found: u32): u32 {
  wholeTags(TAGS)
  for (let lane: u32 = 0; lane < lanes; lane++) {
    const tag = load<u32>(TAGS + 4 * lane)
    const table = load<u32>(LANE_TABLES + 4 * lane)
    if (((load<u32>(table + ((tag >> 20) << 2)) >> (tag >> 15)) & 1) == 0 || !holds(table, tag, ~0)) continue
    store<u32>(HITS + 4 * found, lane)
    store<u32>(HITS + 4 * found, j, 4)
    found += 2
  }
  return found
}

/** Whether a tag is in the table, as far as the mask says, once its bit is in the bitmap: see ../tables.ts. */
function holds(table: usize, tag: u32, mask: u32): bool {
  const bucket = table + 4 * (4096 + 1 + (tag >> load<u32>(table + 16384)))
  // Places count words from the first table on.
  const end = TABLES + 4 * load<u32>(bucket, 4)
  for (let place = TABLES + 4 * load<u32>(bucket); place < end; place += 4)
    if (((load<u32>(place) ^ tag) & mask) == 0) return true
  return false
}
