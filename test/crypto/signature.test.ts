import { expect } from "chai"
import fc from "fast-check"
import nacl from "tweetnacl"
import { concat, fromHex, hex, signature } from "../../src/crypto/index.ts"
import { octets } from "./draws.ts"
import { nodeEd25519 } from "./platform.ts"

const { ed25519 } = signature
const anyMessage = fc.uint8Array({ maxLength: 120 })
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

const number = (littleEndian: Uint8Array): bigint => BigInt(`0x${hex(littleEndian.slice().reverse())}`)
const scalar = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, "0")).reverse()

/** The signature with S replaced by S + k·L: the same equation modulo the order of the group. */
const shifted = (signed: Uint8Array, k: bigint): Uint8Array =>
  concat(signed.subarray(0, 32), scalar(number(signed.subarray(32)) + k * ORDER))

describe("crypto/signature", () => {
  it("the keys and signatures are those of RFC 8032, 7.1, tests 1 to 3", () => {
    for (const [seed, verifyKey, message, signed] of [
      [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b" +
          "d25bf5f0595bbe24655141438e7a100b",
      ],
      [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c" +
          "387b2eaeb4302aeeb00d291612bb0c00",
      ],
      [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659" +
          "4a7c15e9716ed28dc027beceea1ec40a",
      ],
    ] as const)
      for (const curve of [ed25519, nodeEd25519]) {
        expect(hex(curve.verifyKey(fromHex(seed)))).to.equal(verifyKey)
        expect(hex(curve.sign(fromHex(message), fromHex(seed)))).to.equal(signed)
        expect(curve.verify(fromHex(message), fromHex(signed), fromHex(verifyKey))).to.equal(true)
      }
  })

  it("keys and signatures are node:crypto's, byte for byte, and each takes the other's", () => {
    fc.assert(
      fc.property(anyMessage, octets(32), (message, seed) => {
        const verifyKey = ed25519.verifyKey(seed)
        const signed = ed25519.sign(message, seed)
        expect(verifyKey).to.deep.equal(nodeEd25519.verifyKey(seed))
        expect(signed).to.deep.equal(nodeEd25519.sign(message, seed))
        expect(ed25519.verify(message, signed, verifyKey)).to.equal(true)
        expect(nodeEd25519.verify(message, signed, verifyKey)).to.equal(true)
      }),
      { numRuns: 15 },
    )
  })

  it("one flipped bit in the message, the signature or the key, and it does not verify", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), octets(32), fc.nat(), (message, seed, draw) => {
        const parts = [message.slice(), ed25519.sign(message, seed), ed25519.verifyKey(seed)] as const
        const length = parts.reduce((sum, part) => sum + part.length, 0)
        let bit = draw % (8 * length)
        for (const part of parts) {
          if (bit >= 0 && bit < 8 * part.length) part[bit >> 3]! ^= 1 << (bit & 7)
          bit -= 8 * part.length
        }
        expect(ed25519.verify(...parts)).to.equal(false)
      }),
      { numRuns: 30 },
    )
  })

  it("S + k·L is refused for every k that fits, though tweetnacl alone takes it", () => {
    const seed = fromHex("11".repeat(32))
    const verifyKey = ed25519.verifyKey(seed)
    const signed = ed25519.sign(seed, seed)
    expect(number(signed.subarray(32)) < ORDER).to.equal(true)
    expect(nacl.sign.detached.verify(seed, shifted(signed, 1n), verifyKey)).to.equal(true)
    for (let k = 1n; k <= 15n; k++)
      expect(ed25519.verify(seed, shifted(signed, k), verifyKey), `k ${k}`).to.equal(false)
    expect(ed25519.verify(seed, shifted(signed, 0n), verifyKey)).to.equal(true)
  })

  it("S = L − 1 is the last that passes", () => {
    // Under the neutral key, R = S·B is a valid signature of everything, so that S can be chosen.
    const neutral = scalar(1n)
    const base = fromHex(`58${"66".repeat(31)}`)
    const minusBase = fromHex(`58${"66".repeat(30)}e6`)
    const message = fromHex("00")
    const verify = (point: Uint8Array, s: bigint): boolean => ed25519.verify(message, concat(point, scalar(s)), neutral)
    expect(verify(neutral, 0n)).to.equal(true)
    expect(verify(base, 1n)).to.equal(true)
    expect(verify(minusBase, ORDER - 1n)).to.equal(true)
    for (const [point, s] of [
      [neutral, ORDER],
      [base, ORDER + 1n],
      [neutral, 2n * ORDER],
    ] as const) {
      expect(nacl.sign.detached.verify(message, concat(point, scalar(s)), neutral)).to.equal(true)
      expect(verify(point, s), `S = ${s}`).to.equal(false)
    }
  })

  it("a signature or a key of another length is an error, not a no", () => {
    const seed = new Uint8Array(32)
    const signed = ed25519.sign(seed, seed)
    for (const length of [0, 63, 65])
      expect(() => ed25519.verify(seed, new Uint8Array(length), seed)).to.throw(
        RangeError,
        `signature: expected 64 bytes, got ${length}`,
      )
    for (const length of [0, 31, 33, 64]) {
      const input = new Uint8Array(length)
      expect(() => ed25519.verify(seed, signed, input)).to.throw(
        RangeError,
        `verifyKey: expected 32 bytes, got ${length}`,
      )
      expect(() => ed25519.sign(seed, input)).to.throw(RangeError, `seed: expected 32 bytes, got ${length}`)
      expect(() => ed25519.verifyKey(input)).to.throw(RangeError, `seed: expected 32 bytes, got ${length}`)
    }
  })
})
