/** Of each secret, so much is kept; the rest is compared only where two agree in it. */
const PREFIX_BYTES = 8
const PARTS = 256
const FIRST_ROOM = 64
const GROWTH = 1.25

/** How many suspects are followed up: more than a few do not happen by chance, and one is enough for a finding. */
const MAX_SUSPECTS = 1000

/**
 * Finds secrets that stand twice among ten million, in about ten bytes each: 64-bit prefixes, in parts by their first
 * byte, sorted part by part. Two different secrets agree in 64 bits with a chance of 3·10⁻⁶ among 10⁷, so that what is
 * found here is compared in full afterwards.
 */
export class Repeats {
  readonly #parts = Array.from({ length: PARTS }, () => new Part())

  /** The secret that begins at `at`. */
  add(secrets: Uint8Array, at: number): void {
    this.#parts[secrets[at]!]!.add(secrets, at)
  }

  /** Prefixes that stand more than once, by their last four bytes as they lie in memory. */
  suspects(): Suspects {
    const found = new Suspects()
    for (const part of this.#parts) part.repeated(prefix => found.add(prefix))
    return found
  }
}

class Part {
  #room = new BigUint64Array(FIRST_ROOM)
  #bytes = new Uint8Array(this.#room.buffer)
  #count = 0

  add(secrets: Uint8Array, at: number): void {
    if (this.#count === this.#room.length) this.#grow()
    const to = PREFIX_BYTES * this.#count++
    for (let i = 0; i < PREFIX_BYTES; i++) this.#bytes[to + i] = secrets[at + i]!
  }

  #grow(): void {
    const larger = new BigUint64Array(Math.ceil(this.#room.length * GROWTH))
    larger.set(this.#room)
    this.#room = larger
    this.#bytes = new Uint8Array(larger.buffer)
  }

  /** Sorts by the machine's order of bytes: any will do to bring equal ones together. */
  repeated(found: (prefix: Uint8Array) => void): void {
    const sorted = this.#room.subarray(0, this.#count).sort()
    const words = new Uint32Array(sorted.buffer, 0, 2 * this.#count)
    for (let i = 2; i < words.length; i += 2)
      if (words[i] === words[i - 2] && words[i + 1] === words[i - 1])
        found(this.#bytes.subarray(4 * i, 4 * i + PREFIX_BYTES))
  }
}

/** A few prefixes to look for. */
export class Suspects {
  readonly #prefixes = new Set<string>()
  /** Their second halves: nearly every other secret is passed over by one look at a number. */
  readonly #halves = new Set<number>()

  add(prefix: Uint8Array): void {
    if (this.#prefixes.size >= MAX_SUSPECTS) return
    this.#prefixes.add(prefix.join())
    this.#halves.add(half(prefix, 4))
  }

  get size(): number {
    return this.#prefixes.size
  }

  has(secrets: Uint8Array, at: number): boolean {
    return this.#halves.has(half(secrets, at + 4)) && this.#prefixes.has(secrets.subarray(at, at + PREFIX_BYTES).join())
  }
}

const half = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
