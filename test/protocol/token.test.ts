import { expect } from "chai"
import fc from "fast-check"
import { concat, fromHex, hex } from "../../src/crypto/index.ts"
import {
  encodeRedeem,
  keyId,
  type Mechanism,
  parseReceipt,
  parseRedeem,
  parseToken,
  RECEIPT_BYTES,
  REDEEM_BYTES,
  signReceipt,
  signToken,
  TOKEN_BYTES,
  verifyToken,
} from "../../src/protocol/index.ts"
import { changes, expectOneLength, refusal, someChanges } from "./damage.ts"
import { ed25519 } from "./platform.ts"
import { vectors } from "./vectors.ts"

const { bucket, authority_seed, authority_key, receipt_seed, receipt_key } = vectors.parameters
const seed = fromHex(authority_seed)
const publicKey = fromHex(authority_key)
const DAY = Math.floor((bucket * 7200) / 86_400)
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })

describe("the token", () => {
  for (const { design, commitment, token } of vectors.reports)
    it(`has the bytes of the vector (${design})`, () => {
      const facts = {
        mechanism: 1,
        contagiousFromDay: DAY - 2,
        expiryDay: DAY + 3,
        commitment: fromHex(commitment),
      } as const
      expect(hex(signToken(facts, seed))).to.equal(token)
      expect(hex(signToken(facts, seed, ed25519)), "by node:crypto").to.equal(token)
      const parsed = parseToken(fromHex(token))
      expect(parsed).to.deep.include(facts)
      expect(parsed.keyId).to.deep.equal(keyId(publicKey))
      expect(verifyToken(parsed, [publicKey])).to.equal(true)
    })

  it("comes back from its bytes, and verifies under its key and no other", () => {
    const other = ed25519.verifyKey(new Uint8Array(32).fill(9))
    fc.assert(
      fc.property(
        fc.constantFrom<Mechanism>(1, 2, 3),
        u32,
        u32,
        bytes32,
        (mechanism, contagiousFromDay, expiryDay, c) => {
          const facts = { mechanism, contagiousFromDay, expiryDay, commitment: c }
          const token = parseToken(signToken(facts, seed, ed25519))
          expect(token).to.deep.include(facts)
          expect(verifyToken(token, [other, publicKey], ed25519)).to.equal(true)
          expect(verifyToken(token, [other], ed25519)).to.equal(false)
          expect(verifyToken(token, [], ed25519)).to.equal(false)
        },
      ),
    )
  })

  const token = fromHex(vectors.reports[0]!.token)

  it("is refused when it is cut or longer, by its parser", () => {
    expect(token).to.have.length(TOKEN_BYTES)
    expectOneLength(token, parseToken)
  })

  it("is refused after any change of a byte: version and mechanism by the parser, all else by the signature", () => {
    for (const { at, changed } of changes(token)) {
      const refused = refusal(() => parseToken(changed)) === "format"
      if (at === 0) expect(refused, "version").to.equal(true)
      if (!refused) expect(verifyToken(parseToken(changed), [publicKey], ed25519), `byte ${at}`).to.equal(false)
    }
  })

  it("is not signed for a commitment of a wrong length or a number beyond its field", () => {
    const good = { mechanism: 1, contagiousFromDay: 1, expiryDay: 2, commitment: new Uint8Array(32) } as const
    for (const wrong of [
      { commitment: new Uint8Array(31) },
      { contagiousFromDay: -1 },
      { expiryDay: 2 ** 32 },
      { mechanism: 4 as Mechanism },
    ])
      expect(() => signToken({ ...good, ...wrong }, seed, ed25519)).to.throw(RangeError)
  })
})

describe("the receipt", () => {
  const { envelope, receipt } = vectors.reports[0]!
  const body = fromHex(envelope)
  const key = fromHex(receipt_key)

  for (const vector of vectors.reports)
    it(`has the bytes of the vector (${vector.design})`, () => {
      const signed = signReceipt(fromHex(vector.envelope), bucket, fromHex(receipt_seed))
      expect(hex(signed)).to.equal(vector.receipt)
      expect(parseReceipt(signed, fromHex(vector.envelope), key)).to.equal(bucket)
    })

  it("is refused when it is cut or longer, by its parser", () => {
    expect(fromHex(receipt)).to.have.length(RECEIPT_BYTES)
    expectOneLength(fromHex(receipt), bytes => parseReceipt(bytes, body, key, ed25519))
  })

  it("is refused after any change of its bytes or of the upload's, by its signature", () => {
    for (const { at, changed } of changes(fromHex(receipt)))
      expect(parseReceipt(changed, body, key, ed25519), `byte ${at}`).to.equal(undefined)
    for (const { at, changed } of someChanges(body, 10, 53))
      expect(parseReceipt(fromHex(receipt), changed, key, ed25519), `byte ${at} of the upload`).to.equal(undefined)
  })

  it("is not a token, nor a token a receipt: their labels differ", () => {
    const promised = fromHex(receipt).subarray(0, 4)
    const forged = concat(promised, fromHex(vectors.reports[0]!.token).subarray(46))
    expect(parseReceipt(forged, body, publicKey, ed25519)).to.equal(undefined)
  })
})

describe("the redeem request", () => {
  const { code, commitment, request } = vectors.redeem

  it("has the bytes of the vector, and comes back from them", () => {
    expect(hex(encodeRedeem(code, fromHex(commitment)))).to.equal(request)
    const parsed = parseRedeem(fromHex(request))
    expect([Buffer.from(parsed.code).toString(), hex(parsed.commitment)]).to.deep.equal([code, commitment])
  })

  it("has one length; its other bytes are for the authority to judge", () => {
    expect(fromHex(request)).to.have.length(REDEEM_BYTES)
    expectOneLength(fromHex(request), parseRedeem)
    for (const { changed } of changes(fromHex(request))) {
      const parsed = parseRedeem(changed)
      expect(concat(parsed.code, parsed.commitment)).to.deep.equal(changed)
    }
  })

  it("is not made of a code or a commitment of another length", () => {
    expect(() => encodeRedeem(`${code}X`, fromHex(commitment))).to.throw(RangeError, /code/)
    expect(() => encodeRedeem(code, new Uint8Array(33))).to.throw(RangeError, /commitment/)
  })
})
