import { LindungError } from "./errors.ts"

/** A message that does not parse: hostile or damaged input, never the caller's mistake. */
export const malformed = (what: string, why: string): LindungError => new LindungError("format", `${what}: ${why}`)

/** Reads a message front to back. No length is believed before it is known that the bytes are there. */
export class Reader {
  readonly #what: string
  readonly #bytes: Uint8Array
  #at = 0

  constructor(what: string, bytes: Uint8Array) {
    this.#what = what
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  /** The next n bytes, as a view. */
  view(n: number): Uint8Array {
    if (n > this.left) throw this.error(`ends ${n - this.left} bytes too early`)
    this.#at += n
    return this.#bytes.subarray(this.#at - n, this.#at)
  }

  /** The next n bytes, copied. */
  take(n: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.view(n))
  }

  u8(): number {
    if (this.left === 0) throw this.error("ends 1 bytes too early")
    return this.#bytes[this.#at++]!
  }

  u16(): number {
    return this.u8() * 2 ** 8 + this.u8()
  }

  u32(): number {
    return this.u16() * 2 ** 16 + this.u16()
  }

  /** @throws format for a value beyond 2⁵³−1, which no file of this protocol has */
  u64(): number {
    const value = this.u32() * 2 ** 32 + this.u32()
    if (!Number.isSafeInteger(value)) throw this.error("a 64-bit number is too large")
    return value
  }

  expect(constant: Uint8Array, name: string): void {
    if (!this.view(constant.length).every((byte, i) => byte === constant[i])) throw this.error(`wrong ${name}`)
  }

  end(): void {
    if (this.left > 0) throw this.error(`${this.left} bytes too many`)
  }

  error(why: string): LindungError {
    return malformed(this.#what, why)
  }
}
