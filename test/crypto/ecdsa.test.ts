import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto"
import { expect } from "chai"
import fc from "fast-check"
import { ecdsa, fromHex, hex } from "../../src/crypto/index.ts"

const { ecdsaP256, isDer, publicKeyFromPem, publicKeyToPem } = ecdsa
const text = (value: string) => new Uint8Array(Buffer.from(value))

/** RFC 6979, A.2.5: P-256 with SHA-256. */
const RFC_KEY = fromHex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
const RFC_PUBLIC =
  "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
const RFC_SIGNATURES: [string, string, string][] = [
  [
    "sample",
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
  ],
  [
    "test",
    "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
    "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
  ],
]

describe("crypto/ecdsa", () => {
  it("signs the messages of RFC 6979 with the signatures printed there, s in the upper half included", () => {
    expect(hex(ecdsaP256.publicKey(RFC_KEY))).to.equal(RFC_PUBLIC)
    for (const [message, r, s] of RFC_SIGNATURES) {
      const integer = (digits: string) => {
        const bare = digits.replace(/^(00)+/, "")
        const padded = Number.parseInt(bare.slice(0, 2), 16) >= 0x80 ? `00${bare}` : bare
        return `02${(padded.length / 2).toString(16).padStart(2, "0")}${padded}`
      }
      const body = integer(r) + integer(s)
      const der = `30${(body.length / 2).toString(16)}${body}`
      expect(hex(ecdsaP256.sign(text(message), RFC_KEY))).to.equal(der)
      expect(ecdsaP256.verify(text(message), fromHex(der), fromHex(RFC_PUBLIC))).to.equal(true)
    }
  })

  it("agrees with OpenSSL both ways, for any message", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    const theirs = publicKeyFromPem(publicKey.export({ type: "spki", format: "pem" }).toString())!
    const ours = createPublicKey(publicKeyToPem(ecdsaP256.publicKey(RFC_KEY)))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), drawn => {
        const message = new Uint8Array(drawn)
        const signature = sign("sha256", message, privateKey)
        expect([isDer(signature), ecdsaP256.verify(message, signature, theirs)]).to.deep.equal([true, true])
        expect(verify("sha256", message, ours, ecdsaP256.sign(message, RFC_KEY))).to.equal(true)
        const other = new Uint8Array([...message, 0])
        expect(ecdsaP256.verify(other, signature, theirs)).to.equal(false)
      }),
      { numRuns: 25 },
    )
  })

  it("takes only the shortest DER, so that a signature has one form", () => {
    const r = `0221009${"1".repeat(63)}`
    for (const [der, good] of [
      ["3006020101020101", true],
      ["3006020100020100", true],
      ["300602010102018", false],
      ["3006020101020181", false],
      ["300702020001020101", false],
      ["308106020101020101", false],
      ["300602010102010100", false],
      ["3006020101030101", false],
      ["30050201010200", false],
      ["", false],
      [`3046${r}${r}`, true],
      [`3046${r}022101${"1".repeat(64)}`, false],
      [`3047${r}${r}00`, false],
    ] as const)
      expect(isDer(new Uint8Array(Buffer.from(der, "hex"))), der).to.equal(good)
  })

  it("a PEM key comes back from PEM, and nothing but a point on the curve is taken", () => {
    const pem = publicKeyToPem(fromHex(RFC_PUBLIC))
    expect(hex(publicKeyFromPem(pem)!)).to.equal(RFC_PUBLIC)
    expect(hex(publicKeyFromPem(`\n${pem.replaceAll("\n", "\r\n")}\n`)!)).to.equal(RFC_PUBLIC)
    const off = fromHex(RFC_PUBLIC)
    off[64]! ^= 1
    expect(publicKeyFromPem(publicKeyToPem(off))).to.equal(undefined)
    const { publicKey: other } = generateKeyPairSync("ec", { namedCurve: "P-384" })
    const { publicKey: rsa } = generateKeyPairSync("ed25519")
    for (const key of [other, rsa])
      expect(publicKeyFromPem(key.export({ type: "spki", format: "pem" }).toString())).to.equal(undefined)
    for (const bad of ["", "x", pem.replace("PUBLIC", "PRIVATE"), pem.replace("MFkw", "MFkx"), pem.slice(0, 80)])
      expect(publicKeyFromPem(bad)).to.equal(undefined)
  })

  it("names the argument that does not fit, and repeats no secret", () => {
    expect(() => ecdsaP256.publicKey(new Uint8Array(31))).to.throw(RangeError, "secretKey: expected 32 bytes, got 31")
    for (const secret of [new Uint8Array(32), new Uint8Array(32).fill(255)]) {
      expect(() => ecdsaP256.publicKey(secret)).to.throw(RangeError, "secretKey: expected a scalar from 1 to n - 1")
      expect(() => ecdsaP256.sign(text("m"), secret)).to.throw(RangeError, "secretKey: expected a scalar")
    }
    expect(ecdsaP256.verify(text("m"), ecdsaP256.sign(text("m"), RFC_KEY), new Uint8Array(65).fill(4))).to.equal(false)
    expect(() => ecdsaP256.sign("m" as unknown as Uint8Array, RFC_KEY)).to.throw(
      TypeError,
      "message: expected a Uint8Array",
    )
    expect(() => ecdsaP256.verify(new Uint8Array(), new Uint8Array(), new Uint8Array(33))).to.throw(
      RangeError,
      "publicKey",
    )
    expect(() => publicKeyToPem(new Uint8Array(64))).to.throw(RangeError, "publicKey: expected 65 bytes, got 64")
  })
})

describe("the form of a signature", () => {
  const form = (r: readonly number[], s: readonly number[]): Uint8Array => {
    const integers = [0x02, r.length, ...r, 0x02, s.length, ...s]
    return Uint8Array.of(0x30, integers.length, ...integers)
  }
  const long = (first: number, length = 32) => [first, ...new Array<number>(length - 1).fill(0xff)]

  it("is two positive integers of at most 256 bits, each in its shortest encoding", () => {
    for (const good of [
      form([1], [1]),
      form([0x7f], [0, 0x80]),
      form(long(0x7f), long(0x7f)),
      form([0, ...long(0x80)], [0, ...long(0xff)]),
    ])
      expect(ecdsa.isDer(good), `${good}`).to.equal(true)
  })

  it("is nothing else: negative, padded, empty, too long, of another tag, cut, with a byte more or a wrong length", () => {
    const good = form([1], [1])
    const changed = (at: number, to: number) => good.map((byte, i) => (i === at ? to : byte))
    const bad = [
      form([0x80], [1]),
      form([1], [0xff]),
      form([0, 0x7f], [1]),
      form([1], [0, 1]),
      form([], [1, 1]),
      form([1, 1], []),
      form([1, ...long(0xff)], [1]),
      form([0, 0x80, ...long(0xff)], [1]),
      form([1], long(1, 67)),
      changed(0, 0x31),
      changed(1, 5),
      changed(1, 7),
      changed(2, 0x03),
      changed(5, 0x03),
      good.slice(0, -1),
      Uint8Array.of(...good, 0),
      new Uint8Array(0),
      Uint8Array.of(0x30, 6, 0x02, 4, 1, 1, 1, 1),
    ]
    for (const one of bad) expect(ecdsa.isDer(one), `${one}`).to.equal(false)
  })
})
