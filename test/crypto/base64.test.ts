import { expect } from "chai"
import fc from "fast-check"
import { base64, fromBase64 } from "../../src/crypto/index.ts"

const ascii = (text: string) => new Uint8Array(Buffer.from(text))

it("base 64 has the test vectors of RFC 4648", () => {
  const vectors = [
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ] as const
  for (const [text, encoded] of vectors) {
    expect(base64(ascii(text))).to.equal(encoded)
    expect(fromBase64(encoded)).to.deep.equal(ascii(text))
  }
})

it("base 64 is that of Buffer, and comes back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
      expect(base64(bytes)).to.equal(Buffer.from(bytes).toString("base64"))
      expect(fromBase64(base64(bytes))).to.deep.equal(bytes)
    }),
  )
})

it("base 64 is read in its one spelling only", () => {
  const wrong = ["A", "AA", "AAA", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8=Zm8=", "====", "=", " Zm9v", "Zm9v\n"]
  for (const text of [...wrong, "Zm 9v", "Zm-_", "Zm9\u00e4", "Zm9v\u0000AAA"])
    expect(fromBase64(text), text).to.equal(undefined)
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), text => {
      const bytes = fromBase64(text)
      if (bytes !== undefined) expect(base64(bytes)).to.equal(text)
    }),
  )
})
