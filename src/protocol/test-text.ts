import { ascii, code as codes, concat, equal, requireBytes, sha256 } from "../crypto/index.ts"
import { LindungError } from "./errors.ts"
import { COMMITMENT_BYTES } from "./token.ts"
import { Reader } from "./wire.ts"

/*
 * What a phone shows at the test (mechanism 3), as text of QR's alphanumeric mode:
 *
 *   "LINDUNG:" ‖ 85 symbols of Crockford's base 32, five bits each, first bit first, one spare bit 0, of
 *   u8   version, 1
 *   32   commitment
 *   16   lock = H("lindung/lock/1" ‖ code ‖ commitment)[0..16)
 *   4    H("lindung/test/1" ‖ the 49 bytes before)[0..4)
 *
 * The code is one that the phone drew and tells nobody before it asks for the result. Whoever reads the text at the test
 * learns the lock and not the code, and so cannot ask for the result in the phone's place.
 */
const PREFIX = "LINDUNG:"
const VERSION = 1
const LOCK = ascii("lindung/lock/1")
const CHECK = ascii("lindung/test/1")
const CHECK_BYTES = 4
export const LOCK_BYTES = 16
const BYTES = 1 + COMMITMENT_BYTES + LOCK_BYTES + CHECK_BYTES
const SYMBOLS = Math.ceil((8 * BYTES) / 5)

/** What passes hands at a test of mechanism 3. */
export interface TestFacts {
  readonly commitment: Uint8Array
  readonly lock: Uint8Array
}

/** H("lindung/lock/1" ‖ code ‖ commitment)[0..16). @param code the 14 symbols as bytes */
export const testLock = (code: Uint8Array, commitment: Uint8Array): Uint8Array =>
  sha256(LOCK, code, commitment).slice(0, LOCK_BYTES)

const checkOf = (body: Uint8Array): Uint8Array => sha256(CHECK, body).slice(0, CHECK_BYTES)

/** The text that a test site scans: 93 characters. */
export function encodeTest({ commitment, lock }: TestFacts): string {
  requireBytes("commitment", COMMITMENT_BYTES, commitment)
  requireBytes("lock", LOCK_BYTES, lock)
  const body = concat(Uint8Array.of(VERSION), commitment, lock)
  return PREFIX + toSymbols(concat(body, checkOf(body)))
}

/** @throws LindungError format for anything that {@link encodeTest} does not give; white space around it is dropped */
export function parseTest(text: string): TestFacts {
  const scanned = text.trim()
  const symbols = scanned.slice(PREFIX.length)
  if (!scanned.startsWith(PREFIX) || symbols.length !== SYMBOLS)
    throw new LindungError("format", "this is not what a phone shows at a test")
  const bytes = fromSymbols(symbols)
  if (bytes === undefined || !equal(checkOf(bytes.slice(0, -CHECK_BYTES)), bytes.slice(-CHECK_BYTES)))
    throw new LindungError("format", "the text was not read whole")
  const reader = new Reader("test", bytes)
  if (reader.u8() !== VERSION) throw reader.error("unknown version")
  return { commitment: reader.take(COMMITMENT_BYTES), lock: reader.take(LOCK_BYTES) }
}

function toSymbols(bytes: Uint8Array): string {
  let text = ""
  for (let i = 0; i < SYMBOLS; i++) {
    let value = 0
    for (let bit = 5 * i; bit < 5 * i + 5; bit++) value = 2 * value + (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1)
    text += codes.ALPHABET[value]
  }
  return text
}

/** Undefined for a foreign symbol, and for a spare bit that is not 0. */
function fromSymbols(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.ceil((5 * SYMBOLS) / 8))
  for (const [i, symbol] of [...text].entries()) {
    const value = codes.ALPHABET.indexOf(symbol)
    if (value < 0) return undefined
    for (let k = 0; k < 5; k++) if ((value >> (4 - k)) & 1) bytes[(5 * i + k) >> 3]! |= 0x80 >> ((5 * i + k) & 7)
  }
  const whole = bytes.slice(0, BYTES)
  return bytes.slice(BYTES).every(byte => byte === 0) ? whole : undefined
}
