const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/** The bytes of base 64, as Bluetooth modules hand them over; undefined for anything else. Hermes has no `Buffer`. */
export function fromBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/=+$/, "")
  const out = new Uint8Array(Math.floor((digits.length * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (const digit of digits) {
    const value = ALPHABET.indexOf(digit)
    if (value < 0) return undefined
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    out[at++] = (held >> bits) & 0xff
  }
  return out
}
