import { ascii, requireByteArray, requireBytes } from "./bytes.ts"
import { sha256 } from "./hash.ts"

/**
 * A set of hashes y that answers "is y in the set?": always yes for a member, and for anything else yes with the
 * small probability that the fingerprint's length sets. Cuckoo and ribbon filters offer exactly this.
 */
export interface Filter {
  /** f, the bits of a fingerprint. */
  readonly fingerprintBits: number
  /** @param y 32 bytes, made by {@link filterHash} with the salt of the batch */
  has(y: Uint8Array): boolean
  /** Whether this is a size that a filter of so many different items is built in. */
  mayHold(items: number): boolean
  /** The canonical bytes: one set and one f have exactly one form. */
  bytes(): Uint8Array<ArrayBuffer>
}

export const FILTER_HASH_BYTES = 32
export const FILTER_SALT_BYTES = 16
/** The longest fingerprint that the formats carry. */
export const MAX_FINGERPRINT_BITS = 64

const LABEL = ascii("lindung/filter/1")

/**
 * y = H("lindung/filter/1" ‖ salt ‖ x)  (protocol §7)
 * @param salt the 16 random bytes of the batch header, drawn after the bucket has closed: whoever knows them before
 *   can grind seeds whose hashes crowd one place, and jam the construction
 * @param x 32 bytes, what a phone stored of a beacon
 */
export function filterHash(salt: Uint8Array, x: Uint8Array): Uint8Array<ArrayBuffer> {
  requireBytes("salt", FILTER_SALT_BYTES, salt)
  requireBytes("x", 32, x)
  return sha256(LABEL, salt, x)
}

export function requireFingerprintBits(fingerprintBits: number): void {
  if (!Number.isInteger(fingerprintBits) || fingerprintBits < 1 || fingerprintBits > MAX_FINGERPRINT_BITS)
    throw new RangeError(`fingerprintBits: expected 1 to ${MAX_FINGERPRINT_BITS}, got ${fingerprintBits}`)
}

/** Unsigned 32 bits at a byte offset, most significant byte first. */
export function wordAt(input: Uint8Array, offset: number): number {
  return ((input[offset]! << 24) | (input[offset + 1]! << 16) | (input[offset + 2]! << 8) | input[offset + 3]!) >>> 0
}

/**
 * Where the distinct hashes of a flat list begin, in ascending order of the hashes: the order of the caller's list
 * is forgotten here, and with it whose item came first.
 * @param hashes n hashes of 32 bytes, end to end
 */
export function distinctHashes(hashes: Uint8Array): Uint32Array {
  requireByteArray("hashes", hashes)
  if (hashes.length % FILTER_HASH_BYTES !== 0)
    throw new RangeError(`hashes: expected a multiple of ${FILTER_HASH_BYTES} bytes, got ${hashes.length}`)
  const compareAt = (a: number, b: number): number => {
    for (let i = 0; i < FILTER_HASH_BYTES; i += 4) {
      const difference = wordAt(hashes, a + i) - wordAt(hashes, b + i)
      if (difference !== 0) return difference
    }
    return 0
  }
  const offsets = new Uint32Array(hashes.length / FILTER_HASH_BYTES).map((_, i) => i * FILTER_HASH_BYTES)
  offsets.sort(compareAt)
  return offsets.filter((offset, i) => i === 0 || compareAt(offsets[i - 1]!, offset) !== 0)
}
