import { expect } from "chai"
import fc from "fast-check"
import { ascii, fromHex, hex, sha256 } from "../../src/crypto/index.ts"
import { encodeTest, LindungError, parseTest, testLock } from "../../src/protocol/index.ts"

const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n })

describe("the text that a phone shows at the test", () => {
  it("is 93 characters of QR's alphanumeric mode, and reads back as what went in", () => {
    fc.assert(
      fc.property(bytes(32), bytes(16), (commitment, lock) => {
        const text = encodeTest({ commitment, lock })
        expect(text).to.match(/^[0-9A-Z $%*+./:-]{93}$/)
        expect(parseTest(` ${text}\n`)).to.deep.equal({ commitment, lock })
      }),
      { numRuns: 50 },
    )
  })

  it("of zeros is written as the format says, bit by bit", () => {
    const body = new Uint8Array(49)
    body[0] = 1
    const check = sha256(ascii("lindung/test/1"), body).slice(0, 4)
    const bits = [...fromHex(hex(body) + hex(check))].map(byte => byte.toString(2).padStart(8, "0")).join("")
    const symbols = `${bits}0`.match(/.{5}/g)!.map(five => "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[Number.parseInt(five, 2)])
    const text = encodeTest({ commitment: new Uint8Array(32), lock: new Uint8Array(16) })
    expect(text).to.equal(`LINDUNG:${symbols.join("")}`)
  })

  it("with any one character changed, or cut short, is refused", () => {
    const text = encodeTest({ commitment: new Uint8Array(32).fill(3), lock: new Uint8Array(16).fill(4) })
    fc.assert(
      fc.property(fc.nat(92), fc.constantFrom(..."0123456789ABCDEFGHJKMNPQRSTVWXYZU:"), (i, symbol) => {
        if (text[i] === symbol) return
        expect(() => parseTest(text.slice(0, i) + symbol + text.slice(i + 1))).to.throw(LindungError, /^format/)
        expect(() => parseTest(text.slice(0, i))).to.throw(LindungError, /^format/)
      }),
      { numRuns: 100 },
    )
  })

  it("a lock is the first sixteen bytes of the hash over code and commitment", () => {
    const [code, commitment] = [ascii("0000000000001J"), new Uint8Array(32).fill(9)]
    expect(hex(testLock(code, commitment))).to.equal(
      hex(sha256(ascii("lindung/lock/1"), code, commitment)).slice(0, 32),
    )
  })
})
