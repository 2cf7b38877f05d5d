import { compare, u16, u32 } from "../../crypto/index.ts"
import { Reader } from "../../protocol/index.ts"
import type { Change } from "./overlay.ts"

/*
 * page   u32 entries ‖ entries × (u16 ‖ key ‖ u32 ‖ value), ascending by key ‖ what it is padded with
 */
const [COUNT_BYTES, KEY_LENGTH_BYTES, VALUE_LENGTH_BYTES] = [4, 2, 4]

type Entry = readonly [key: Uint8Array, value: Uint8Array]

/**
 * Entries, ascending by key, as they lie in the bytes of their page, and where each begins: a sync opens hundreds of
 * pages with a thousand entries each, and objects for all of them would be most of its memory.
 */
export class Page {
  readonly #bytes: Uint8Array
  readonly #starts: Uint32Array

  constructor(bytes: Uint8Array, starts: Uint32Array) {
    this.#bytes = bytes
    this.#starts = starts
  }

  static readonly empty = (): Page => new Page(u32(0), new Uint32Array(0))

  /** The page in a plaintext. @throws LindungError format when it ends too early */
  static parse(plain: Uint8Array): Page {
    const reader = new Reader("stored page", plain)
    const count = reader.u32()
    if (count > reader.left) throw reader.error("more entries than bytes")
    const starts = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      starts[i] = plain.length - reader.left
      reader.view(reader.u16())
      reader.view(reader.u32())
    }
    const page = new Page(plain, starts)
    // Layout 1 kept entries in the order of their arrival.
    return page.#isAscending
      ? page
      : new Page(
          plain,
          starts.sort((a, b) => compare(page.#keyAt(a), page.#keyAt(b))),
        )
  }

  get size(): number {
    return this.#starts.length
  }

  get #isAscending(): boolean {
    for (let i = 1; i < this.size; i++) if (compare(this.key(i - 1), this.key(i)) > 0) return false
    return true
  }

  #keyAt(start: number): Uint8Array {
    const length = this.#bytes[start]! * 256 + this.#bytes[start + 1]!
    return this.#bytes.subarray(start + KEY_LENGTH_BYTES, start + KEY_LENGTH_BYTES + length)
  }

  /** A view. */
  key(i: number): Uint8Array {
    return this.#keyAt(this.#starts[i]!)
  }

  /** A view. */
  value(i: number): Uint8Array {
    const key = this.key(i)
    const at = this.#starts[i]! + KEY_LENGTH_BYTES + key.length
    const [a, b, c, d] = [this.#bytes[at]!, this.#bytes[at + 1]!, this.#bytes[at + 2]!, this.#bytes[at + 3]!]
    const from = at + VALUE_LENGTH_BYTES
    return this.#bytes.subarray(from, from + ((a << 24) | (b << 16) | (c << 8) | d))
  }

  /** The place of the first key that is not before this one. */
  placeOf(key: Uint8Array): number {
    let [low, high] = [0, this.size]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(this.key(middle), key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** A view of what stands under a key. */
  get(key: Uint8Array): Uint8Array | undefined {
    const place = this.placeOf(key)
    return place < this.size && compare(this.key(place), key) === 0 ? this.value(place) : undefined
  }

  /** The page after some changes. @param changes ascending by key, each key once */
  changed(changes: readonly Change[]): Page {
    const writer = new Writer(this.size + changes.length, this.#bytes.length + bytesOf(changes))
    let i = 0
    const keep = (until: number) => {
      for (; i < until; i++) writer.put(this.key(i), this.value(i))
    }
    for (const { key, value } of changes) {
      const place = this.placeOf(key)
      keep(place)
      if (place < this.size && compare(this.key(place), key) === 0) i++
      if (value !== undefined) writer.put(key, value)
    }
    keep(this.size)
    return writer.end()
  }

  /** @param entries ascending by key */
  static of(entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]): Page {
    const writer = new Writer(entries.length, COUNT_BYTES + bytesOf(entries))
    for (const { key, value } of entries) writer.put(key, value)
    return writer.end()
  }

  /** Views of the entries with from ≤ key < to. */
  *range(from: Uint8Array, to: Uint8Array): Iterable<Entry> {
    const end = this.placeOf(to)
    for (let i = this.placeOf(from); i < end; i++) yield [this.key(i), this.value(i)]
  }

  /** What is to be sealed. */
  get plain(): Uint8Array {
    return this.#bytes
  }
}

const bytesOf = (changes: readonly Change[]): number =>
  changes.reduce(
    (sum, { key, value }) => sum + KEY_LENGTH_BYTES + key.length + VALUE_LENGTH_BYTES + (value?.length ?? 0),
    0,
  )

/** Puts entries behind each other, in room that is enough for them. */
class Writer {
  readonly #plain: Uint8Array
  readonly #starts: Uint32Array
  #count = 0
  #at = COUNT_BYTES

  constructor(entries: number, bytes: number) {
    this.#plain = new Uint8Array(bytes)
    this.#starts = new Uint32Array(entries)
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#starts[this.#count++] = this.#at
    this.#append(u16(key.length, "key length"))
    this.#append(key)
    this.#append(u32(value.length))
    this.#append(value)
  }

  #append(bytes: Uint8Array): void {
    this.#plain.set(bytes, this.#at)
    this.#at += bytes.length
  }

  end(): Page {
    this.#plain.set(u32(this.#count))
    return new Page(this.#plain.slice(0, this.#at), this.#starts.slice(0, this.#count))
  }
}
