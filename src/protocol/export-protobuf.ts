import { ExportError, type ExportErrorCode } from "./export-error.ts"

/*
 * The part of protocol buffers that exports use: varint, fixed64, fixed32 and length-delimited fields. Written by
 * hand because an archive is a hundred thousand small messages: a reader that makes an object of each needs four
 * times the archive's size in memory, and this one none.
 */
export const VARINT = 0
export const FIXED64 = 1
export const DELIMITED = 2
const FIXED32 = 5

/** Walks through the fields of one message in place. */
export class FieldReader {
  readonly #bytes: Uint8Array
  readonly #file: string
  /** Names the message in errors, such as `export.bin.keys[3]`. */
  readonly #path: () => string
  #at: number
  #end: number
  /** The number of the field that {@link next} found. */
  field = 0
  /** The wire type of that field. */
  wire = 0

  constructor(file: string, path: () => string, bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#file = file
    this.#path = path
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** Goes to another message in the same bytes. */
  enter(start: number, end: number): void {
    this.#at = start
    this.#end = end
  }

  /** @returns false at the end of the message */
  next(): boolean {
    if (this.#at === this.#end) return false
    const tag = this.#varint()
    this.field = Math.floor(tag / 8)
    this.wire = tag % 8
    if (this.field < 1 || this.field > 0x1fffffff) throw this.error("protobuf", "", "a field number out of range")
    return true
  }

  /** An int32: negative numbers take ten bytes, and anything else that does not fit is cut to 32 bits, as usual. */
  int32(name: string): number {
    this.#expect(VARINT, name)
    return this.#varint() | 0
  }

  /** A sint32: zig-zag. */
  sint32(name: string): number {
    this.#expect(VARINT, name)
    const value = this.#varint() >>> 0
    return (value >>> 1) ^ -(value & 1)
  }

  /** A fixed64, exact below 2⁵³. */
  fixed64(name: string): number {
    this.#expect(FIXED64, name)
    const at = this.#take(8, name)
    let value = 0
    for (let i = 7; i >= 0; i--) value = value * 256 + this.#bytes[at + i]!
    return value
  }

  /** Passes over a string, bytes or message field. @returns its length; it ends at {@link position} */
  open(name: string): number {
    this.#expect(DELIMITED, name)
    const length = this.#varint()
    this.#take(length, name)
    return length
  }

  get position(): number {
    return this.#at
  }

  /** Where a string, bytes or message field begins and ends. */
  delimited(name: string): { start: number; end: number } {
    const length = this.open(name)
    return { start: this.#at - length, end: this.#at }
  }

  skip(): void {
    if (this.wire === VARINT) this.#varint()
    else if (this.wire === FIXED64) this.#take(8, `field ${this.field}`)
    else if (this.wire === FIXED32) this.#take(4, `field ${this.field}`)
    else if (this.wire === DELIMITED) this.#take(this.#varint(), `field ${this.field}`)
    else throw this.error("protobuf", "", `field ${this.field} has the unknown wire type ${this.wire}`)
  }

  error(code: ExportErrorCode, name: string, detail: string): ExportError {
    return new ExportError(code, this.#file, name === "" ? this.#path() : `${this.#path()}.${name}`, detail)
  }

  #expect(wire: number, name: string): void {
    if (this.wire !== wire) throw this.error("protobuf", name, `wire type ${this.wire} instead of ${wire}`)
  }

  #take(length: number, name: string): number {
    if (length > this.#end - this.#at)
      throw this.error("truncated", name, `${length} bytes announced, ${this.#end - this.#at} left`)
    this.#at += length
    return this.#at - length
  }

  /** Exact below 2⁵³; beyond, the low 32 bits are still right, and no length is as large. */
  #varint(): number {
    const first = this.#bytes[this.#at]!
    if (first < 0x80 && this.#at < this.#end) {
      this.#at++
      return first
    }
    let low = 0
    let high = 0
    for (let i = 0; i < 10; i++) {
      if (this.#at >= this.#end) throw this.error("truncated", "", "ends inside a number")
      const byte = this.#bytes[this.#at++]!
      if (i < 4) low += (byte & 0x7f) * 2 ** (7 * i)
      else high += (byte & 0x7f) * 2 ** (7 * (i - 4))
      if (byte < 0x80) return high === 0 ? low : wide(low, high)
    }
    throw this.error("protobuf", "", "a number of more than ten bytes")
  }
}

/** low + high · 2²⁸ with the low 32 bits kept exact: the top is cut off where a number has no room for it. */
function wide(low: number, high: number): number {
  const top = Math.floor(high / 16)
  return low + (high % 16) * 2 ** 28 + (top % 2 ** 21) * 2 ** 32
}

/** Writes messages into an array that grows by doubling. */
export class FieldWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  raw(input: Uint8Array): void {
    this.#room(input.length)
    this.#bytes.set(input, this.#length)
    this.#length += input.length
  }

  /** An int32, enum or uint32 field. */
  varint(field: number, value: number): void {
    this.#number(field * 8 + VARINT)
    if (value < 0) this.#negative(value)
    else this.#number(value)
  }

  sint32(field: number, value: number): void {
    this.#number(field * 8 + VARINT)
    this.#number(((value << 1) ^ (value >> 31)) >>> 0)
  }

  fixed64(field: number, value: number): void {
    this.#number(field * 8 + FIXED64)
    this.#room(8)
    for (let i = 0; i < 8; i++) this.#bytes[this.#length++] = Math.floor(value / 256 ** i) % 256
  }

  bytes(field: number, value: Uint8Array): void {
    this.#number(field * 8 + DELIMITED)
    this.#number(value.length)
    this.raw(value)
  }

  /** Forgets what was written and keeps the memory: one writer serves all the small messages of a file. */
  clear(): void {
    this.#length = 0
  }

  /** A view, until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  #number(value: number): void {
    this.#room(8)
    let left = value
    while (left >= 0x80) {
      this.#bytes[this.#length++] = (left % 0x80) | 0x80
      left = Math.floor(left / 0x80)
    }
    this.#bytes[this.#length++] = left
  }

  /** Sign-extended to 64 bits: ten bytes. */
  #negative(value: number): void {
    this.#room(10)
    let left = value
    for (let i = 0; i < 9; i++) {
      this.#bytes[this.#length++] = (((left % 0x80) + 0x80) % 0x80) | 0x80
      left = Math.floor(left / 0x80)
    }
    this.#bytes[this.#length++] = 1
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
