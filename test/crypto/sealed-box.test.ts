import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js"
import { expect } from "chai"
import fc from "fast-check"
import nacl from "tweetnacl"
import { blake2b24 } from "../../src/crypto/hash.ts"
import { concat, fromHex, hex, sealedBox, sha256 } from "../../src/crypto/index.ts"
import { octets, seeded, written } from "./draws.ts"
import { nodeX25519 } from "./platform.ts"

const { keyPair, open, seal, x25519 } = sealedBox
const anyMessage = fc.uint8Array({ maxLength: 200 })
const alice = written("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
const bob = written("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")

/** The points of order 1, 2, 4 and 8, with the encodings that are not reduced modulo p. */
const smallOrder = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
].map(written)

/** A box under a shared secret of zeros, which takes no secret to make. */
function forged(ephemeral: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const key = nacl.box.before(smallOrder[0]!, new Uint8Array(32))
  return concat(ephemeral, nacl.secretbox(fromHex("68656c6c6f"), blake2b24(ephemeral, publicKey), key))
}

describe("crypto/sealed-box", () => {
  it("X25519 gives the keys of RFC 7748, 6.1, in both implementations", () => {
    for (const curve of [x25519, nodeX25519]) {
      const [a, b] = [curve.publicKey(alice), curve.publicKey(bob)]
      expect(hex(a)).to.equal("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
      expect(hex(b)).to.equal("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
      const shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
      expect([hex(curve.sharedSecret(alice, b)), hex(curve.sharedSecret(bob, a))]).to.deep.equal([shared, shared])
    }
  })

  it("boxes sealed by libsodium open", () => {
    // crypto_box_seal of libsodium 1.0.18 to the key below; byte i of a message of n bytes is 7·i + n.
    const keys = keyPair(sha256(fromHex("726563697069656e74")))
    expect(hex(keys.publicKey)).to.equal("45aba58dbb6399e7c48cca46b9db23cfd05722d33a4dcbf8978a82d8a346e03a")
    for (const [n, sealed] of [
      [0, "05d5c66d36a0034c009de2a00ddcf55776cddb785aec8c6f4dbb09847c876378517706850736132834a68c778191cb51"],
      [1, "2e5ebc00e81989ba7d13aa0fbb5723231662ff88c4a8c9d67ad51f64c6dffd19239ccefeee11fb9b03cbfb4a5df04d3b28"],
      [
        43,
        "52a2ad835d6dd643fd7b45b776c4be351f3a20172a7f25807f9dd1dfe593df147c2621562c46cbd8c3d699653c4d0183a6078a5e" +
          "0df9d0a5218ac1ce673205b412dc4e5ffbdb360f429ab3df3bd954a643f0a7ed3896027ad9a0b9",
      ],
    ] as const) {
      const message = Uint8Array.from({ length: n }, (_, i) => 7 * i + n)
      expect(open(fromHex(sealed), keys)).to.deep.equal(message)
    }
  })

  it("what was sealed opens, 48 bytes shorter, with either X25519 on either side", () => {
    fc.assert(
      fc.property(anyMessage, octets(32), fc.string(), (message, secretKey, label) => {
        const keys = keyPair(secretKey)
        const sealed = seal(message, keys.publicKey, seeded(label))
        expect(sealed).to.have.length(message.length + sealedBox.SEAL_BYTES)
        expect(open(sealed, keys)).to.deep.equal(message)
        expect(open(sealed, keys, nodeX25519)).to.deep.equal(message)
        expect(seal(message, keys.publicKey, seeded(label), nodeX25519)).to.deep.equal(sealed)
        expect(keyPair(secretKey, nodeX25519)).to.deep.equal(keys)
      }),
      { numRuns: 15 },
    )
  })

  it("a box is the ephemeral key and another library's box under BLAKE2b-24(ephemeral ‖ recipient)", () => {
    fc.assert(
      fc.property(anyMessage, octets(32), octets(32), (message, secretKey, ephemeralSecret) => {
        const keys = keyPair(secretKey)
        const ephemeral = nacl.box.keyPair.fromSecretKey(ephemeralSecret)
        const sealed = seal(message, keys.publicKey, { bytes: () => ephemeralSecret.slice() }, nodeX25519)
        const nonce = blake2b24(ephemeral.publicKey, keys.publicKey)
        const key = nacl.box.before(keys.publicKey, ephemeralSecret)
        const box = xsalsa20poly1305(key, nonce).encrypt(message)
        expect(hex(sealed)).to.equal(hex(ephemeral.publicKey) + hex(box))
        expect(open(sealed, keys, nodeX25519)).to.deep.equal(message)
      }),
      { numRuns: 15 },
    )
  })

  it("one flipped bit anywhere, and nothing comes out", () => {
    const keys = keyPair(alice)
    const sealed = seal(fromHex("010203"), keys.publicKey, seeded("flip"))
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const changed = sealed.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(open(changed, keys, nodeX25519), `bit ${bit}`).to.equal(undefined)
    }
    expect(open(sealed, keys, nodeX25519)).to.deep.equal(fromHex("010203"))
  })

  it("a box cut short or made longer does not open, at any length", () => {
    const keys = keyPair(alice)
    const sealed = seal(new Uint8Array(5), keys.publicKey, seeded("length"))
    for (let length = 0; length < sealed.length; length++)
      expect(open(sealed.subarray(0, length), keys, nodeX25519), `${length} bytes`).to.equal(undefined)
    for (let length = 0; length < 32; length++) expect(open(new Uint8Array(length), keys)).to.equal(undefined)
    expect(open(concat(sealed, Uint8Array.of(0)), keys)).to.equal(undefined)
  })

  it("another's key does not open a box, nor does the right one under a wrong public key", () => {
    fc.assert(
      fc.property(anyMessage, octets(32), octets(32), fc.string(), (message, one, other, label) => {
        const [right, wrong] = [keyPair(one, nodeX25519), keyPair(other, nodeX25519)]
        fc.pre(hex(right.publicKey) !== hex(wrong.publicKey))
        const sealed = seal(message, right.publicKey, seeded(label), nodeX25519)
        expect(open(sealed, wrong, nodeX25519)).to.equal(undefined)
        expect(open(sealed, { ...right, publicKey: wrong.publicKey }, nodeX25519)).to.equal(undefined)
        expect(open(sealed, { ...right, secretKey: wrong.secretKey }, nodeX25519)).to.equal(undefined)
      }),
      { numRuns: 30 },
    )
  })

  it("nothing is sealed to a point of small order: everybody could open it", () => {
    for (const point of smallOrder)
      for (const curve of [x25519, nodeX25519]) {
        expect(hex(curve.sharedSecret(alice, point))).to.equal("00".repeat(32))
        expect(() => seal(new Uint8Array(1), point, seeded("small"), curve)).to.throw(
          RangeError,
          /^publicKey: expected a point of large order, got one of small order$/,
        )
      }
  })

  it("no box opens under an ephemeral key of small order: it would open for every recipient", () => {
    for (const secretKey of [alice, bob])
      for (const point of smallOrder)
        for (const curve of [x25519, nodeX25519]) {
          const keys = keyPair(secretKey)
          expect(open(forged(point, keys.publicKey), keys, curve)).to.equal(undefined)
        }
  })

  it("the ephemeral secret and the shared secrets are wiped after use", () => {
    const drawn = alice.slice()
    const given: Uint8Array[] = []
    const watched: sealedBox.X25519 = {
      publicKey: x25519.publicKey,
      sharedSecret(secretKey, publicKey) {
        given.push(x25519.sharedSecret(secretKey, publicKey))
        expect(hex(given.at(-1)!)).not.to.equal("00".repeat(32))
        return given.at(-1)!
      },
    }
    const keys = keyPair(bob)
    const sealed = seal(new Uint8Array(3), keys.publicKey, { bytes: () => drawn }, watched)
    expect(open(sealed, keys, watched)).to.deep.equal(new Uint8Array(3))
    expect([drawn, ...given].map(hex)).to.deep.equal(new Array(3).fill("00".repeat(32)))
  })

  it("a key pair keeps nothing of the caller's array", () => {
    const secretKey = alice.slice()
    const keys = keyPair(secretKey)
    secretKey.fill(0)
    expect(hex(keys.secretKey)).to.equal(hex(alice))
    expect(keys.publicKey).to.deep.equal(x25519.publicKey(alice))
  })

  it("a seal asks its source for 32 bytes, once", () => {
    const asked: number[] = []
    const source = {
      bytes(n: number) {
        asked.push(n)
        return alice.slice()
      },
    }
    seal(new Uint8Array(3), keyPair(bob).publicKey, source)
    expect(asked).to.deep.equal([32])
  })
})
