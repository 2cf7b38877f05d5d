import { type Random, sha256 } from "../crypto/index.ts"

/** Identifiers that are kept of one scan. Twice as many are held while it goes on. */
export const SCAN_CAP = 512

const KEY_BYTES = 32
const TIER = 2 ** 32
/*
 * What was heard in a scan, as a Bloom filter: 2^20 bits, seven of them an identifier, drawn from the hash that ranks
 * it. Radio lets at most 10,640 advertisements through in a scan of four seconds; then it takes one in 140 million
 * new identifiers for one that was heard before, at 33,333 one in 80,000.
 */
const FILTER_BITS = 2 ** 20
const FILTER_WORDS = FILTER_BITS / 32
const MARKS = 7

/**
 * Who stays when more is heard than is kept: first whatever was heard in the scan before, too, and among equals a
 * uniform draw of identifiers, however many packets each has sent.
 *
 *   rank = 2³² · (heard in the scan before) + u32(H(key ‖ identifier))
 *
 * The key is drawn anew for every two hours and leaves this object by no way, so that nobody can make identifiers that
 * rank high, and nobody has bad luck for long. What was heard in a scan is held as a filter, not as a list: a crowd of
 * any size takes 256 kB, and a contact that had to give way is still known in its second scan.
 */
export class Crowd {
  readonly #random: Random
  #bucket: number | undefined
  #key = new Uint8Array(KEY_BYTES)
  #now = new Uint32Array(FILTER_WORDS)
  #before = new Uint32Array(FILTER_WORDS)

  constructor(random: Random) {
    this.#random = random
  }

  /** A scan begins. @param bucket the two hours that it lies in */
  begin(bucket: number): void {
    if (bucket === this.#bucket) return
    this.#bucket = bucket
    this.#key = new Uint8Array(this.#random.bytes(KEY_BYTES))
    this.#before.fill(0)
    this.#now.fill(0)
  }

  /** The scan is over: what was heard in it is what may return in the next. */
  end(): void {
    ;[this.#before, this.#now] = [this.#now, this.#before]
    this.#now.fill(0)
  }

  /** Of an identifier that was heard in the scan that goes on. */
  rank(identifier: Uint8Array): number {
    const hash = sha256(this.#key, identifier)
    const words = new DataView(hash.buffer, hash.byteOffset)
    let returns = true
    for (let mark = 1; mark <= MARKS; mark++) {
      const place = words.getUint32(4 * mark) % FILTER_BITS
      const bit = 1 << (place & 31)
      this.#now[place >>> 5]! |= bit
      if ((this.#before[place >>> 5]! & bit) === 0) returns = false
    }
    return rankOf(returns, words.getUint32(0))
  }
}

/** Whether a rank is of something that was heard in the scan before. */
export const returns = (rank: number): boolean => rank >= TIER

/** Whether what was heard before stays before what was not. @param draw u32 */
export const rankOf = (isKnown: boolean, draw: number): number => (isKnown ? TIER : 0) + draw

/**
 * Takes the lowest ranks out until no more than `cap` are left.
 * @returns what was taken out
 */
export function thin<T extends { readonly rank: number }>(held: Map<string, T>, cap: number): [string, T][] {
  if (held.size <= cap) return []
  const lowest = [...held].sort(([, a], [, b]) => a.rank - b.rank).slice(0, held.size - cap)
  for (const [name] of lowest) held.delete(name)
  return lowest
}
