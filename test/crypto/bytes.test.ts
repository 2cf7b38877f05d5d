import { expect } from "chai"
import fc from "fast-check"
import { requireWhole, u32le } from "../../src/crypto/bytes.ts"
import {
  ascii,
  bytes,
  compare,
  concat,
  equal,
  fromHex,
  hex,
  requireByteArray,
  requireBytes,
  requireU32,
  u16,
  u32,
  u64,
} from "../../src/crypto/index.ts"
import { anyU32 } from "./draws.ts"

const anyBytes = fc.uint8Array({ maxLength: 40 })
// Few values and lengths, so that equal strings and common prefixes are drawn often.
const nearBytes = fc.uint8Array({ maxLength: 4, max: 2 })

describe("crypto/bytes", () => {
  it("a byte array of the right length passes, of any other does not", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), (expected, actual) => {
        const check = () => requireBytes("key", expected, new Uint8Array(actual))
        if (expected === actual) expect(check).not.to.throw()
        else expect(check).to.throw(RangeError, new RegExp(`^key: expected ${expected} bytes, got ${actual}$`))
      }),
    )
  })

  const strangers: [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    ["abc", "string"],
    [3, "number"],
    [3n, "bigint"],
    [true, "boolean"],
    [Symbol("s"), "symbol"],
    [() => 0, "function"],
    [[1, 2, 3], "Array"],
    [{ length: 3 }, "Object"],
    [Object.create(null), "object"],
    [new ArrayBuffer(3), "ArrayBuffer"],
    [new DataView(new ArrayBuffer(3)), "DataView"],
    [new Int8Array(3), "Int8Array"],
    [new Uint8ClampedArray(3), "Uint8ClampedArray"],
    [new Uint16Array(3), "Uint16Array"],
    [{ length: 3, [Symbol.toStringTag]: "Uint8Array" }, "Object"],
  ]

  it("anything but a byte array is refused, and the error says what it was", () => {
    for (const [input, what] of strangers) {
      const message = new RegExp(`^key: expected a Uint8Array, got ${what}$`)
      expect(() => requireBytes("key", 3, input as Uint8Array)).to.throw(TypeError, message)
      expect(() => requireByteArray("key", input as Uint8Array)).to.throw(TypeError, message)
    }
  })

  it("a Buffer is a byte array", () => {
    expect(() => requireBytes("key", 3, Buffer.from("abc"))).not.to.throw()
  })

  it("bytes() checks, and keeps what the caller changes later", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), input => {
        const before = hex(input)
        const kept = bytes("key", input.length, input)
        input[0]! ^= 1
        expect(hex(kept)).to.equal(before)
        expect(() => bytes("key", input.length + 1, input)).to.throw(RangeError, "key: expected")
      }),
    )
  })

  it("equal() is equality of every byte and of the length", () => {
    fc.assert(
      fc.property(nearBytes, nearBytes, (a, b) => {
        expect(equal(a, b)).to.equal(hex(a) === hex(b))
        expect(equal(a, a.slice())).to.equal(true)
      }),
    )
  })

  it("compare() orders as Buffer.compare does", () => {
    fc.assert(
      fc.property(fc.oneof(nearBytes, anyBytes), fc.oneof(nearBytes, anyBytes), (a, b) => {
        expect(Math.sign(compare(a, b))).to.equal(Buffer.compare(a, b))
        expect(compare(a, a.slice())).to.equal(0)
      }),
    )
  })

  it("concat() is Buffer.concat", () => {
    fc.assert(
      fc.property(fc.array(anyBytes, { maxLength: 5 }), parts => {
        expect(hex(concat(...parts))).to.equal(Buffer.concat(parts).toString("hex"))
      }),
    )
  })

  it("hex() is Buffer's, and fromHex() takes it back in either case", () => {
    fc.assert(
      fc.property(anyBytes, input => {
        const digits = hex(input)
        expect(digits).to.equal(Buffer.from(input).toString("hex"))
        expect(fromHex(digits)).to.deep.equal(input)
        expect(fromHex(digits.toUpperCase())).to.deep.equal(input)
      }),
    )
  })

  it("fromHex() refuses odd lengths and every character that is no digit, without repeating them", () => {
    expect(() => fromHex("abc")).to.throw(TypeError, /^digits: expected an even number of digits, got 3$/)
    expect(() => fromHex("ab\n")).to.throw(TypeError, /^digits: expected an even number of digits, got 3$/)
    for (let code = 0; code < 0x250; code++) {
      const foreign = String.fromCharCode(code)
      if (/[0-9a-fA-F]/.test(foreign))
        expect(fromHex(`0${foreign}`)).to.deep.equal(Uint8Array.of(Number(`0x${foreign}`)))
      else {
        const message = /^digits: expected hexadecimal digits, got another character at 3$/
        expect(() => fromHex(`012${foreign}`)).to.throw(TypeError, message)
      }
    }
  })

  it("ascii() is Buffer's for ASCII, and refuses the first character beyond it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0x7f }).map(code => String.fromCharCode(code)) }),
        text => {
          expect(hex(ascii(text))).to.equal(Buffer.from(text, "ascii").toString("hex"))
          expect(() => ascii(`${text}\u0080`)).to.throw(
            RangeError,
            `text: expected ASCII, got another character at ${text.length}`,
          )
        },
      ),
    )
  })

  it("u16, u32, u64 and u32le write what Buffer writes", () => {
    const out = Buffer.alloc(8)
    fc.assert(
      fc.property(anyU32, fc.oneof(fc.maxSafeNat(), fc.constant(2 ** 53 - 1), anyU32), (value, wide) => {
        out.writeUInt32BE(value)
        expect(hex(u32(value))).to.equal(out.toString("hex", 0, 4))
        out.writeUInt32LE(value)
        expect(hex(u32le(value))).to.equal(out.toString("hex", 0, 4))
        out.writeUInt16BE(value % 2 ** 16)
        expect(hex(u16(value % 2 ** 16))).to.equal(out.toString("hex", 0, 2))
        out.writeBigUInt64BE(BigInt(wide))
        expect(hex(u64(wide))).to.equal(out.toString("hex"))
      }),
    )
  })

  it("numbers are written most significant byte first", () => {
    expect(hex(u16(0x0102))).to.equal("0102")
    expect(hex(u32(0x01020304))).to.equal("01020304")
    expect(hex(u32le(0x01020304))).to.equal("04030201")
    expect(hex(u64(0x01020304050607))).to.equal("0001020304050607")
  })

  const writers = [
    { write: u16, name: "u16", limit: 2 ** 16, type: "u16" },
    { write: u32, name: "u32", limit: 2 ** 32, type: "u32" },
    { write: u32le, name: "u32", limit: 2 ** 32, type: "u32" },
    { write: u64, name: "u64", limit: 2 ** 53, type: "u64 (up to 2^53-1)" },
    { write: requireU32.bind(undefined, "value"), name: "value", limit: 2 ** 32, type: "u32" },
  ]

  it("a number that does not fit, or is no integer, is refused under its own name", () => {
    for (const { write, name, limit, type } of writers) {
      expect(() => write(limit - 1)).not.to.throw()
      expect(() => write(0)).not.to.throw()
      for (const value of [limit, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
        expect(() => write(value)).to.throw(RangeError, `${name}: expected an integer that fits ${type}, got ${value}`)
      expect(() => write("1" as unknown as number)).to.throw(TypeError, `${name}: expected a number, got string`)
    }
  })

  it("the writers take the caller's name for the value", () => {
    for (const write of [u16, u32, u32le, u64]) expect(() => write(-1, "batch")).to.throw(RangeError, /^batch: /)
  })

  it("a whole number within its bounds passes, the bounds included", () => {
    for (const value of [3, 4, 5]) expect(() => requireWhole("n", value, 3, 5)).not.to.throw()
    for (const value of [2, 6, 3.5, Number.NaN])
      expect(() => requireWhole("n", value, 3, 5)).to.throw(
        RangeError,
        `n: expected a whole number from 3 to 5, got ${value}`,
      )
  })
})
