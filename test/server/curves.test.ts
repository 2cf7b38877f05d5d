import { expect } from "chai"
import fc from "fast-check"
import { hex, sealedBox, signature } from "../../src/crypto/index.ts"
import { nativeEd25519, nativeX25519 } from "../../src/server/index.ts"
import { random } from "./world.ts"

const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
const few = { numRuns: 12 }

describe("the platform's curves", () => {
  it("sign with the bytes of the portable ones, and verify each other", () =>
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 200 }), (seed, message) => {
        const publicKey = nativeEd25519.verifyKey(seed)
        expect(hex(publicKey)).to.equal(hex(signature.ed25519.verifyKey(seed)))
        const signed = nativeEd25519.sign(message, seed)
        expect(hex(signed)).to.equal(hex(signature.ed25519.sign(message, seed)))
        expect(nativeEd25519.verify(message, signed, publicKey)).to.equal(true)
        signed[40]! ^= 1
        expect(nativeEd25519.verify(message, signed, publicKey)).to.equal(false)
      }),
      few,
    ))

  it("refuse S + L, the other spelling of a signature", () => {
    const L = 2n ** 252n + 27742317777372353535851937790883648493n
    const seed = new Uint8Array(32).fill(5)
    const message = new Uint8Array(3)
    const signed = nativeEd25519.sign(message, seed)
    let s = L + signed.slice(32).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
    for (let i = 32; i < 64; i++) {
      signed[i] = Number(s & 255n)
      s >>= 8n
    }
    expect(nativeEd25519.verify(message, signed, nativeEd25519.verifyKey(seed))).to.equal(false)
  })

  it("agree on the bytes of the portable ones", () =>
    fc.assert(
      fc.property(key, key, (mine, theirs) => {
        const publicKey = nativeX25519.publicKey(theirs)
        expect(hex(publicKey)).to.equal(hex(sealedBox.x25519.publicKey(theirs)))
        const shared = nativeX25519.sharedSecret(mine, publicKey)
        expect(hex(shared)).to.equal(hex(sealedBox.x25519.sharedSecret(mine, publicKey)))
        const point = new Uint8Array(theirs)
        expect(hex(nativeX25519.sharedSecret(mine, point))).to.equal(hex(sealedBox.x25519.sharedSecret(mine, point)))
      }),
      few,
    ))

  it("give zeros for points of small order, as RFC 7748 does", () => {
    for (const first of [0, 1]) {
      const point = new Uint8Array(32)
      point[0] = first
      expect(hex(nativeX25519.sharedSecret(random.bytes(32), point))).to.equal("00".repeat(32))
    }
  })

  it("open what the portable ones sealed, and seal what they open", () => {
    const message = random.bytes(500)
    const keys = sealedBox.keyPair(random.bytes(32), nativeX25519)
    for (const [by, to] of [
      [nativeX25519, sealedBox.x25519],
      [sealedBox.x25519, nativeX25519],
    ] as const)
      expect(sealedBox.open(sealedBox.seal(message, keys.publicKey, random, by), keys, to)).to.deep.equal(message)
  })

  it("refuse keys and signatures of another length", () => {
    const short = new Uint8Array(31)
    for (const call of [
      () => nativeEd25519.verifyKey(short),
      () => nativeEd25519.sign(short, short),
      () => nativeEd25519.verify(short, new Uint8Array(63), new Uint8Array(32)),
      () => nativeEd25519.verify(short, new Uint8Array(64), short),
      () => nativeX25519.publicKey(short),
      () => nativeX25519.sharedSecret(new Uint8Array(32), short),
    ])
      expect(call).to.throw(RangeError, /expected (32|64) bytes, got/)
  })
})
