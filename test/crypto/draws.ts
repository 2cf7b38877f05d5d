import { createCipheriv, createHash } from "node:crypto"
import fc from "fast-check"
import type { Random } from "../../src/crypto/index.ts"

/** A reproducible source: AES-256-CTR under the hash of a label. */
export function seeded(label: string): Random {
  const stream = createCipheriv("aes-256-ctr", createHash("sha256").update(label).digest(), Buffer.alloc(16))
  return { bytes: n => new Uint8Array(stream.update(Buffer.alloc(n))) }
}

/** A source that says exactly these 32-bit values, one after the other, and then refuses. */
export function scripted(...values: number[]): Random & { readonly left: () => number } {
  const rest = [...values]
  return {
    bytes(n) {
      const value = rest.shift()
      if (n !== 4 || value === undefined) throw new Error(`the script has no answer to a draw of ${n} bytes`)
      const out = Buffer.alloc(4)
      out.writeUInt32BE(value)
      return new Uint8Array(out)
    },
    left: () => rest.length,
  }
}

/** Bytes written in hexadecimal, read by Node: loading a test runs nothing of what is tested. */
export const written = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, "hex"))

/** All byte strings of one length. */
export const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })

/** Every unsigned 32-bit number, the last ones as often as the first. */
export const anyU32 = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1))
