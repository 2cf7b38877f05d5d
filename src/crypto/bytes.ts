import { equalBytes } from "@noble/ciphers/utils.js"
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js"

declare const kind: unique symbol

/** A byte string whose kind and length were checked when it was made. */
export type Bytes<Kind extends string> = Uint8Array<ArrayBuffer> & { readonly [kind]: Kind }

function describe(input: unknown): string {
  if (input === null) return "null"
  if (typeof input !== "object") return typeof input
  return input.constructor?.name ?? "object"
}

// Also true for arrays of another realm (an iframe, a VM context), where instanceof is false.
function isByteArray(input: unknown): input is Uint8Array {
  return (
    input instanceof Uint8Array ||
    (ArrayBuffer.isView(input) && Object.prototype.toString.call(input) === "[object Uint8Array]")
  )
}

/**
 * Refuses anything but a byte array of exactly `length` bytes.
 * @throws TypeError naming the argument and what was given; RangeError with the expected and the actual length.
 *   The bytes themselves never appear in the message.
 */
export function requireBytes(name: string, length: number, input: Uint8Array): void {
  requireByteArray(name, input)
  if (input.length !== length) throw new RangeError(`${name}: expected ${length} bytes, got ${input.length}`)
}

/** Refuses anything but a byte array, of any length. @throws TypeError */
export function requireByteArray(name: string, input: Uint8Array): void {
  if (!isByteArray(input)) throw new TypeError(`${name}: expected a Uint8Array, got ${describe(input)}`)
}

/** Refuses anything but a string, without repeating it. @throws TypeError */
export function requireString(name: string, input: string): void {
  if (typeof input !== "string") throw new TypeError(`${name}: expected a string, got ${describe(input)}`)
}

/** Refuses anything but a number, and never repeats what came instead: a misplaced argument may be a secret. */
export function requireNumber(name: string, value: number): void {
  if (typeof value !== "number") throw new TypeError(`${name}: expected a number, got ${describe(value)}`)
}

/** @throws TypeError or RangeError unless `value` is an integer `first` … `last`. */
export function requireWhole(name: string, value: number, first: number, last: number): void {
  requireNumber(name, value)
  if (!Number.isInteger(value) || value < first || value > last)
    throw new RangeError(`${name}: expected a whole number from ${first} to ${last}, got ${value}`)
}

/**
 * The same memory, seen as an array of this realm. tweetnacl refuses those of another (an iframe, a VM context);
 * a copy would be one more secret to wipe.
 */
export function ofThisRealm(input: Uint8Array): Uint8Array {
  return new Uint8Array(input.buffer, input.byteOffset, input.length)
}

/** Checks the length and copies: later changes to the caller's array, or to its buffer, do not reach the result. */
export function bytes<Kind extends string>(name: Kind, length: number, input: Uint8Array): Bytes<Kind> {
  requireBytes(name, length, input)
  return new Uint8Array(input) as Bytes<Kind>
}

/** Compares in a time that depends on the lengths only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  requireByteArray("a", a)
  requireByteArray("b", b)
  return a.length === b.length && equalBytes(a, b)
}

/** Lexicographic order, as in every sorted list of the protocol; not for secrets. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  requireByteArray("a", a)
  requireByteArray("b", b)
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  parts.forEach((part, i) => {
    requireByteArray(`parts[${i}]`, part)
  })
  return concatBytes(...parts) as Uint8Array<ArrayBuffer>
}

/** Lower-case hexadecimal, two digits a byte, first byte first. For public values: strings cannot be wiped. */
export function hex(input: Uint8Array): string {
  requireByteArray("input", input)
  return bytesToHex(input)
}

/** @throws TypeError for anything but an even number of hexadecimal digits; the digits are not repeated. */
export function fromHex(digits: string): Uint8Array<ArrayBuffer> {
  requireString("digits", digits)
  if (digits.length % 2 !== 0) throw new TypeError(`digits: expected an even number of digits, got ${digits.length}`)
  const foreign = digits.search(/[^0-9a-fA-F]/)
  if (foreign !== -1) throw new TypeError(`digits: expected hexadecimal digits, got another character at ${foreign}`)
  return hexToBytes(digits) as Uint8Array<ArrayBuffer>
}

/** The bytes of a protocol label. @throws RangeError for anything outside ASCII. */
export function ascii(text: string): Uint8Array<ArrayBuffer> {
  requireString("text", text)
  const out = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) throw new RangeError(`text: expected ASCII, got another character at ${i}`)
    out[i] = code
  }
  return out
}

/** Characters that one call makes: engines bound the arguments of a call. */
const CHARACTERS = 4096

/** The text of ASCII bytes, whatever their number; other bytes become the characters of the same numbers. */
export function fromAscii(input: Uint8Array): string {
  requireByteArray("input", input)
  let text = ""
  for (let at = 0; at < input.length; at += CHARACTERS) {
    const some = input.length <= CHARACTERS ? input : input.subarray(at, at + CHARACTERS)
    // Not spread: that asks the array's iterator for each byte.
    text += String.fromCharCode.apply(undefined, some as unknown as number[])
  }
  return text
}

function requireUnsigned(name: string, value: number, limit: number, type: string): void {
  requireNumber(name, value)
  if (!Number.isInteger(value) || value < 0 || value >= limit)
    throw new RangeError(`${name}: expected an integer that fits ${type}, got ${value}`)
}

/** @throws TypeError or RangeError unless `value` is an integer 0 … 2³²−1. */
export function requireU32(name: string, value: number): void {
  requireUnsigned(name, value, 2 ** 32, "u32")
}

/** Unsigned 32-bit, most significant byte first. */
export function u32(value: number, name = "u32"): Uint8Array<ArrayBuffer> {
  requireU32(name, value)
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}

/** Unsigned 32-bit, least significant byte first: only GAEN uses it. */
export function u32le(value: number, name = "u32"): Uint8Array<ArrayBuffer> {
  return u32(value, name).reverse()
}

/** Unsigned 16-bit, most significant byte first. */
export function u16(value: number, name = "u16"): Uint8Array<ArrayBuffer> {
  requireUnsigned(name, value, 2 ** 16, "u16")
  return Uint8Array.of(value >>> 8, value)
}

/** Unsigned 64-bit, most significant byte first; values up to 2⁵³−1. */
export function u64(value: number, name = "u64"): Uint8Array<ArrayBuffer> {
  requireUnsigned(name, value, 2 ** 53, "u64 (up to 2^53-1)")
  return concat(u32(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32))
}
