import { expect } from "chai"
import fc from "fast-check"
import { HOTP, Secret } from "otpauth"
import { totps } from "../../../src/authority/accounts/totp.ts"
import { ascii, base64, hmacSha256, secretBox } from "../../../src/crypto/index.ts"
import { seeded } from "../../dice.ts"

const KEY = new Uint8Array(32).fill(7)
/** RFC 6238, appendix B, SHA-1: the last six of the eight digits. */
const VECTORS = [
  [59, "287082"],
  [1111111109, "081804"],
  [1111111111, "050471"],
  [1234567890, "005924"],
  [2000000000, "279037"],
  [20000000000, "353130"],
] as const
const sealed = base64(
  secretBox.seal(ascii("12345678901234567890"), hmacSha256(KEY, ascii("lindung/authority/totp/1")), seeded(1)),
)

describe("an authenticator's codes (RFC 6238)", () => {
  for (const [now, code] of VECTORS)
    it(`vector: at ${now} s it is ${code}`, async () => {
      const totp = await totps(KEY, "codes.example")
      expect(totp.accept(sealed, code, now, 0)).to.equal(Math.floor(now / 30))
      expect(totp.accept(sealed, code, now + 90, 0), "two steps later").to.equal(undefined)
    })

  it("law: each code counts once, in its own step and the two beside it", async () => {
    const totp = await totps(KEY, "codes.example")
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 70_000_000 }), fc.integer({ min: -3, max: 3 }), (step, offset) => {
        const secret = Secret.fromLatin1("12345678901234567890")
        const code = HOTP.generate({ secret, counter: step + offset, digits: 6 })
        const accepted = totp.accept(sealed, code, step * 30 + 11, 0)
        if (Math.abs(offset) > 1) {
          expect(accepted === undefined || Math.abs(accepted - step) <= 1).to.equal(true)
          return
        }
        expect(accepted).to.equal(step + offset)
        expect(totp.accept(sealed, code, step * 30 + 11, step + offset), "again").to.equal(undefined)
      }),
      { numRuns: 50 },
    )
  })

  it("a fresh secret has 160 bits, is encrypted for the store, and is written as authenticators read it", async () => {
    const totp = await totps(KEY, "codes.example")
    const fresh = totp.fresh("siti", seeded(2))
    expect(fresh.secret).to.match(/^[A-Z2-7]{32}$/)
    expect(fresh.uri).to.match(/^otpauth:\/\/totp\/codes\.example:siti\?issuer=codes\.example&secret=[A-Z2-7]{32}&/)
    const code = HOTP.generate({ secret: Secret.fromBase32(fresh.secret), counter: 60_000_000, digits: 6 })
    expect(totp.accept(fresh.sealed, code, 60_000_000 * 30, 0)).to.equal(60_000_000)
    const other = await totps(new Uint8Array(32).fill(8), "codes.example")
    expect(other.accept(fresh.sealed, code, 60_000_000 * 30, 0), "under another key").to.equal(undefined)
  })

  it("what is not six digits is not a code", async () => {
    const totp = await totps(KEY, "codes.example")
    for (const code of ["", "28708", "2870820", "28708x", " 287082", "２８７０８２"])
      expect(totp.accept(sealed, code, 59, 0), code).to.equal(undefined)
  })
})
