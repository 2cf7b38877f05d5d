import { createCipheriv } from "node:crypto"
import { expect } from "chai"
import fc from "fast-check"
import { aesBlocks, aesCtr } from "../../src/crypto/aes.ts"
import { concat, fromHex, hex } from "../../src/crypto/index.ts"
import { octets } from "./draws.ts"

const anyKey = fc.oneof(octets(16), octets(32))
const bits = (key: Uint8Array): number => 8 * key.length

describe("crypto/aes", () => {
  it("a block gives the ciphertexts of FIPS 197, appendix C", () => {
    const plain = fromHex("00112233445566778899aabbccddeeff")
    const key = Uint8Array.from({ length: 32 }, (_, i) => i)
    expect(hex(aesBlocks(key.subarray(0, 16), plain))).to.equal("69c4e0d86a7b0430d8cdb78070b4c55a")
    expect(hex(aesBlocks(key, plain))).to.equal("8ea2b7ca516745bfeafc49904b496089")
  })

  it("counter mode gives the ciphertexts of SP 800-38A, F.5.1 and F.5.5", () => {
    const counter = fromHex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
    const plain = fromHex(
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
    )
    expect(hex(aesCtr(fromHex("2b7e151628aed2a6abf7158809cf4f3c"), counter, plain))).to.equal(
      "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff" +
        "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
    )
    expect(
      hex(aesCtr(fromHex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"), counter, plain)),
    ).to.equal(
      "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5" +
        "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
    )
  })

  it("blocks are node:crypto's AES-ECB without padding, each on its own", () => {
    fc.assert(
      fc.property(anyKey, fc.array(octets(16), { minLength: 1, maxLength: 8 }), (key, blocks) => {
        const ecb = createCipheriv(`aes-${bits(key)}-ecb`, key, null).setAutoPadding(false)
        const message = concat(...blocks)
        expect(hex(aesBlocks(key, message))).to.equal(ecb.update(message, undefined, "hex") + ecb.final("hex"))
        expect(aesBlocks(key, message)).to.deep.equal(concat(...blocks.map(block => aesBlocks(key, block))))
      }),
    )
  })

  it("counter mode is node:crypto's, also where the counter runs over all of its 128 bits", () => {
    const counters = fc.oneof(octets(16), fc.constantFrom(fromHex("ff".repeat(16)), fromHex(`00${"ff".repeat(15)}`)))
    fc.assert(
      fc.property(anyKey, counters, fc.uint8Array({ maxLength: 100 }), (key, counter, message) => {
        const ctr = createCipheriv(`aes-${bits(key)}-ctr`, key, counter)
        expect(hex(aesCtr(key, counter, message))).to.equal(ctr.update(message, undefined, "hex") + ctr.final("hex"))
      }),
    )
  })

  it("counter mode is its own inverse", () => {
    fc.assert(
      fc.property(anyKey, octets(16), fc.uint8Array({ maxLength: 100 }), (key, counter, message) => {
        expect(aesCtr(key, counter, aesCtr(key, counter, message))).to.deep.equal(message)
      }),
    )
  })
})
