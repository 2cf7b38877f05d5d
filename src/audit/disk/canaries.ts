import { base64, hex } from "../../crypto/index.ts"

/** A secret that was planted, to see where it comes up again. */
export interface Canary {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface Hit {
  readonly name: string
  readonly encoding: string
  readonly at: number
}

const latin = (text: string): Uint8Array => Uint8Array.from(text, letter => letter.charCodeAt(0))
const wide = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: 2 * bytes.length }, (_, i) => (i % 2 ? 0 : bytes[i / 2]!))
const url = (text: string): string => text.replaceAll("+", "-").replaceAll("/", "_")

/** Base64 of bytes that follow `shift` others: only the letters that no neighbour has a part in. */
function base64At(bytes: Uint8Array, shift: number): string {
  const padded = new Uint8Array(shift + bytes.length)
  padded.set(bytes, shift)
  const first = Math.ceil((shift * 8) / 6)
  const last = Math.floor((padded.length * 8) / 6)
  return base64(padded).slice(first, last)
}

/** Every form in which a secret may have been written down, by name. */
export function encodings(bytes: Uint8Array): Map<string, Uint8Array> {
  const digits = [...bytes].map(String)
  const forms = new Map<string, Uint8Array>([
    ["raw", bytes],
    ["reversed", new Uint8Array(bytes).reverse()],
    ["UTF-16", wide(bytes)],
    ["hex", latin(hex(bytes))],
    ["HEX", latin(hex(bytes).toUpperCase())],
    ["hex, UTF-16", wide(latin(hex(bytes)))],
    ["decimal", latin(digits.join(","))],
    ["decimal, spaced", latin(digits.join(", "))],
  ])
  for (const shift of [0, 1, 2]) {
    forms.set(`base64 +${shift}`, latin(base64At(bytes, shift)))
    forms.set(`base64url +${shift}`, latin(url(base64At(bytes, shift))))
  }
  return forms
}

/** Shorter ones turn up by chance. */
const MIN_BYTES = 6
const FILTER_BITS = 22

/** Looks for many patterns at once: one pass, with a filter over the next four bytes. */
export class Search {
  readonly #filter = new Uint8Array(2 ** FILTER_BITS)
  readonly #byStart = new Map<number, { name: string; encoding: string; pattern: Uint8Array }[]>()

  constructor(canaries: readonly Canary[]) {
    for (const { name, bytes } of canaries) {
      if (bytes.length < MIN_BYTES) throw new RangeError(`canary ${name}: expected at least ${MIN_BYTES} bytes`)
      for (const [encoding, pattern] of encodings(bytes)) {
        const start = startOf(pattern, 0)
        this.#filter[start >>> (32 - FILTER_BITS)] = 1
        const same = this.#byStart.get(start) ?? []
        same.push({ name, encoding, pattern })
        this.#byStart.set(start, same)
      }
    }
  }

  /** Each place where a pattern stands. */
  *in(bytes: Uint8Array): Generator<Hit> {
    let start = startOf(bytes, -1)
    for (let at = 0; at + 4 <= bytes.length; at++) {
      start = ((start << 8) | bytes[at + 3]!) >>> 0
      if (this.#filter[start >>> (32 - FILTER_BITS)] === 0) continue
      for (const { name, encoding, pattern } of this.#byStart.get(start) ?? [])
        if (standsAt(bytes, at, pattern)) yield { name, encoding, at }
    }
  }
}

const startOf = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0

function standsAt(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  if (at + pattern.length > bytes.length) return false
  for (let i = 4; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) return false
  return true
}

/** What a raw deflate stream (RFC 1951) that begins these bytes holds; undefined where none does. */
export type Inflate = (bytes: Uint8Array) => Uint8Array | undefined

const [GZIP_HEAD, ZLIB_HEAD, ZIP_HEAD] = [10, 2, 30]
const ZLIB_LEVELS = [0x01, 0x5e, 0x9c, 0xda]
const GZIP_FLAGS = { checksum: 2, extra: 4, name: 8, comment: 16 }

/** Where the deflate stream of a gzip, zlib or zip member begins; undefined where no member does. */
function streamAt(bytes: Uint8Array, at: number): number | undefined {
  const byte = (place: number): number => bytes[at + place] ?? 0
  const little = (place: number): number => byte(place) + 256 * byte(place + 1)
  if (byte(0) === 0x78 && ZLIB_LEVELS.includes(byte(1))) return at + ZLIB_HEAD
  if (byte(0) === 0x50 && byte(1) === 0x4b && byte(2) === 3 && byte(3) === 4)
    return at + ZIP_HEAD + little(26) + little(28)
  if (byte(0) !== 0x1f || byte(1) !== 0x8b || byte(2) !== 8) return undefined
  let place = GZIP_HEAD
  if (byte(3) & GZIP_FLAGS.extra) place += 2 + little(place)
  for (const flag of [GZIP_FLAGS.name, GZIP_FLAGS.comment])
    if (byte(3) & flag) {
      while (at + place < bytes.length && byte(place) !== 0) place++
      place++
    }
  return at + place + (byte(3) & GZIP_FLAGS.checksum ? 2 : 0)
}

/** What is compressed inside a file: gzip, zlib and zip members, wherever they begin. */
export function* inflated(bytes: Uint8Array, inflate: Inflate): Generator<Uint8Array> {
  for (let at = 0; at + ZLIB_HEAD < bytes.length; at++) {
    const stream = streamAt(bytes, at)
    const found = stream === undefined ? undefined : inflate(bytes.subarray(stream))
    if (found !== undefined) yield found
  }
}
