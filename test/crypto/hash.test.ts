import { createHash, createHmac, hkdfSync } from "node:crypto"
import { expect } from "chai"
import fc from "fast-check"
import { blake2b24 } from "../../src/crypto/hash.ts"
import { ascii, concat, fromHex, hex, hkdfSha256, hmacSha256, sha256 } from "../../src/crypto/index.ts"

describe("crypto/hash", () => {
  it("SHA-256 gives the digests of FIPS 180-4", () => {
    expect(hex(sha256())).to.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    expect(hex(sha256(ascii("abc")))).to.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    expect(hex(sha256(ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")))).to.equal(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    )
  })

  it("SHA-256 of parts is node:crypto's of the parts joined, wherever they are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 5 }), parts => {
        expect(hex(sha256(...parts))).to.equal(createHash("sha256").update(Buffer.concat(parts)).digest("hex"))
      }),
    )
  })

  const rfc4231 = [
    [
      "0b".repeat(20),
      Buffer.from("Hi There").toString("hex"),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ],
    [
      Buffer.from("Jefe").toString("hex"),
      Buffer.from("what do ya want for nothing?").toString("hex"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    ["aa".repeat(20), "dd".repeat(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
    [
      "aa".repeat(131),
      Buffer.from("Test Using Larger Than Block-Size Key - Hash Key First").toString("hex"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
  ] as const

  it("HMAC-SHA256 gives the codes of RFC 4231, cases 1, 2, 3 and 6", () => {
    for (const [key, message, code] of rfc4231) expect(hex(hmacSha256(fromHex(key), fromHex(message)))).to.equal(code)
  })

  it("HMAC-SHA256 is node:crypto's for keys shorter, equal and longer than a block", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 140 }), fc.uint8Array({ maxLength: 200 }), (key, message) => {
        expect(hex(hmacSha256(key, message))).to.equal(createHmac("sha256", key).update(message).digest("hex"))
      }),
    )
  })

  it("HMAC-SHA256 is H(K ^ opad ‖ H(K ^ ipad ‖ text)) of RFC 2104", () => {
    const pad = (key: Uint8Array, byte: number): Uint8Array =>
      Uint8Array.from({ length: 64 }, (_, i) => (key[i] ?? 0) ^ byte)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 100 }), (key, text) => {
        const inner = sha256(pad(key, 0x36), text)
        expect(hmacSha256(key, text)).to.deep.equal(sha256(pad(key, 0x5c), inner))
      }),
    )
  })

  it("HKDF-SHA256 gives the output of RFC 5869, case 3", () => {
    expect(hex(hkdfSha256(new Uint8Array(22).fill(0x0b), new Uint8Array(0), 42))).to.equal(
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    )
  })

  it("HKDF-SHA256 is node:crypto's with an empty salt, for every length it can give", () => {
    const lengths = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constantFrom(1, 32, 33, 8159, 8160))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 60 }), lengths, (ikm, info, length) => {
        const expected = Buffer.from(hkdfSync("sha256", ikm, new Uint8Array(0), info, length)).toString("hex")
        expect(hex(hkdfSha256(ikm, info, length))).to.equal(expected)
      }),
      { numRuns: 50 },
    )
  })

  it("HKDF-SHA256 refuses more than 255 blocks, and less than a byte", () => {
    const ikm = new Uint8Array(16)
    expect(() => hkdfSha256(ikm, ikm, 8161)).to.throw(
      RangeError,
      "length: expected a whole number from 1 to 8160, got 8161",
    )
    expect(() => hkdfSha256(ikm, ikm, 0)).to.throw(RangeError, "length: expected a whole number from 1 to 8160, got 0")
  })

  // Digests of libsodium 1.0.18, crypto_generichash with outlen 24 and no key.
  const libsodium = [
    ["", "ab3b5331a7135ed50d0f182d026e60abdb3646fd51bcf8a3"],
    ["616263", "56a17e38cc371a46b12c32f18e0c61de2a84e9c2555b114e"],
    [
      Buffer.from(Array.from({ length: 64 }, (_, i) => i)).toString("hex"),
      "aa054507b4916837a6d2b35b1ce7c525facdb7868ed55a8a",
    ],
  ] as const

  it("BLAKE2b-24 gives libsodium's digests", () => {
    for (const [message, digest] of libsodium) expect(hex(blake2b24(fromHex(message)))).to.equal(digest)
  })

  it("BLAKE2b-24 of parts is that of the parts joined", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 4 }), parts => {
        const digest = blake2b24(...parts)
        expect(digest).to.have.length(24)
        expect(digest).to.deep.equal(blake2b24(concat(...parts)))
      }),
    )
  })
})
