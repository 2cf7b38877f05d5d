import { requireByteArray, requireString } from "./bytes.ts"

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/** RFC 4648 base 64 with padding. */
export function base64(input: Uint8Array): string {
  requireByteArray("input", input)
  let out = ""
  for (let i = 0; i < input.length; i += 3) {
    const group = (input[i]! << 16) | ((input[i + 1] ?? 0) << 8) | (input[i + 2] ?? 0)
    for (let k = 0; k < 4; k++) out += i + k > input.length ? "=" : ALPHABET[(group >>> (18 - 6 * k)) & 63]
  }
  return out
}

/** The bytes, or undefined for anything but the one canonical spelling: no white space, padding, spare bits zero. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  requireString("text", text)
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const digits = text.replace(/=+$/, "")
  const out = new Uint8Array(Math.floor((digits.length * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (const digit of digits) {
    held = ((held << 6) | ALPHABET.indexOf(digit)) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      out[at++] = held >>> bits
    }
  }
  return base64(out) === text ? out : undefined
}
