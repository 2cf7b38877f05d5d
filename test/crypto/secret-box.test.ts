import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js"
import { expect } from "chai"
import fc from "fast-check"
import { secretBox } from "../../src/crypto/index.ts"
import { octets, seeded, written } from "./draws.ts"

const message = fc.uint8Array({ maxLength: 200 })

describe("crypto/secret-box", () => {
  it("is nonce ‖ crypto_secretbox, and another implementation opens it", () => {
    fc.assert(
      fc.property(message, octets(32), fc.string(), (plain, key, label) => {
        const sealed = secretBox.seal(plain, key, seeded(label))
        const nonce = seeded(label).bytes(24)
        expect(sealed.slice(0, 24)).to.deep.equal(nonce)
        expect(sealed.slice(24)).to.deep.equal(xsalsa20poly1305(key, nonce).encrypt(plain))
        expect(sealed).to.have.length(plain.length + secretBox.SECRET_BOX_BYTES)
      }),
    )
    expect(secretBox.SECRET_BOX_BYTES).to.equal(40)
  })

  it("opens under its key alone, and not with any bit changed, missing or added", () => {
    fc.assert(
      fc.property(message, octets(32), fc.nat(), (plain, key, at) => {
        const sealed = secretBox.seal(plain, key, seeded("box"))
        expect(secretBox.open(sealed, key)).to.deep.equal(plain)
        const flip = (bytes: Uint8Array) =>
          bytes.map((byte, i) => (i === at % bytes.length ? byte ^ (1 << (at % 8)) : byte))
        expect(secretBox.open(flip(sealed), key)).to.equal(undefined)
        expect(secretBox.open(sealed, flip(key))).to.equal(undefined)
        expect(secretBox.open(sealed.slice(0, -1), key)).to.equal(undefined)
        expect(secretBox.open(Uint8Array.of(...sealed, 0), key)).to.equal(undefined)
      }),
    )
  })

  it("what is shorter than nonce and tag is no box", () => {
    for (let length = 0; length < 40; length++)
      expect(secretBox.open(new Uint8Array(length), written("00".repeat(32)))).to.equal(undefined)
  })

  it("refuses dice that give too few bytes for a nonce", () => {
    const short = { bytes: (n: number) => new Uint8Array(n - 1) }
    expect(() => secretBox.seal(new Uint8Array(3), new Uint8Array(32), short)).to.throw(
      RangeError,
      "random.bytes: expected 24",
    )
  })
})
