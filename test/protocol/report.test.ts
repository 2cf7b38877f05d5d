import { expect } from "chai"
import fc from "fast-check"
import { concat, fromHex, hex, type Random, sealedBox, u32 } from "../../src/crypto/index.ts"
import {
  commitment,
  DESIGNS,
  defaultParameters,
  envelopeBucket,
  envelopeBytes,
  firstSlot,
  openEnvelope,
  type Report,
  redact,
  type Sealing,
  type Slot,
  sealCover,
  sealReport,
  slotAt,
  slotBytes,
  slotCount,
  slotLeaf,
  slotStart,
  spentTag,
} from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { prefixes, refusal, someChanges } from "./damage.ts"
import { x25519 } from "./platform.ts"
import { designOf, sentReport, vectors, wholeReport } from "./vectors.ts"

const { bucket, ingest_secret, ingest_public } = vectors.parameters
const keys = { secretKey: fromHex(ingest_secret), publicKey: fromHex(ingest_public) }
const parameters = { ...defaultParameters(0, ["low-cost", "unlinkable", "hybrid"]), ...vectors.report_lengths }
/** test/slow/envelope.test.ts takes every byte. */
const STEP = 97
const open = (envelope: Uint8Array) => openEnvelope(envelope, bucket, keys, parameters, x25519)

/** Says these bytes and no more. */
function scripted(script: Uint8Array): Random & { readonly left: () => number } {
  let at = 0
  return {
    bytes: n => {
      if (at + n > script.length) throw new Error("the script has ended")
      at += n
      return script.slice(at - n, at)
    },
    left: () => script.length - at,
  }
}

const sealing = (name: string, random: Random): Sealing => ({
  design: designOf(name),
  bucket,
  parameters,
  publicKey: keys.publicKey,
  random,
})

/** A plaintext of our own making, sealed: what a hostile phone may send. */
function sealed(plaintext: Uint8Array): Uint8Array {
  const head = fromHex(vectors.reports[0]!.envelope).subarray(0, 5)
  return concat(head, sealedBox.seal(plaintext, keys.publicKey, seeded(1), x25519))
}
const plaintextOf = (envelope: string): Uint8Array => {
  const opened = sealedBox.open(fromHex(envelope).subarray(5), keys, x25519)
  if (opened === undefined) throw new Error("the vector does not open")
  return opened
}

for (const vector of vectors.reports) {
  const { design: name } = vector
  const design = designOf(name)
  const whole = wholeReport(vector)

  describe(`a ${name} report`, () => {
    it("has the leaves, the commitment and the spent tag of the vector", () => {
      const leaves = vector.slots.map((slot, j) => hex(slotLeaf(design, vector.first + j, fromHex(slot))))
      expect(leaves).to.deep.equal(vector.leaves)
      expect(hex(commitment(whole))).to.equal(vector.commitment)
      expect(hex(spentTag(whole.r))).to.equal(vector.spent_tag)
    })

    it("keeps its commitment whatever is redacted, in one step or in many", () => {
      fc.assert(
        fc.property(fc.func(fc.boolean()), fc.func(fc.boolean()), (first, second) => {
          const once = redact(whole, first)
          const twice = redact(once, second)
          expect(hex(commitment(once))).to.equal(vector.commitment)
          expect(hex(commitment(twice))).to.equal(vector.commitment)
          expect(twice).to.deep.equal(redact(whole, index => first(index) || second(index)))
          for (const [j, slot] of twice.slots.entries())
            expect(slot.revealed).to.equal(!first(whole.first + j) && !second(whole.first + j))
        }),
        { numRuns: 20 },
      )
    })

    it("has another commitment after any change of design, first slot, r, a slot, their number or order", () => {
      const [a, b, ...rest] = whole.slots as [Slot, Slot, ...Slot[]]
      const other = DESIGNS.find(({ code }) => code !== design.code)!
      const changed: Report[] = [
        { ...whole, first: whole.first + 1 },
        { ...whole, r: Uint8Array.from(whole.r, byte => byte ^ 1) },
        { ...whole, slots: [b, a, ...rest] },
        { ...whole, slots: [a, ...rest] },
        { ...whole, slots: [...whole.slots, a] },
        { ...redact(whole, () => true), design: other },
        ...whole.slots.slice(0, 20).map((slot, j): Report => {
          const bytes = Uint8Array.from((slot as { bytes: Uint8Array }).bytes)
          bytes[j % bytes.length]! ^= 1
          return { ...whole, slots: whole.slots.map((kept, k) => (k === j ? { revealed: true, bytes } : kept)) }
        }),
      ]
      for (const report of changed) expect(hex(commitment(report))).not.to.equal(vector.commitment)
    })

    it("seals to the envelope of the vector, with no draw left", () => {
      const random = scripted(fromHex(vector.random))
      expect(hex(sealReport(sentReport(vector), fromHex(vector.token), sealing(name, random)))).to.equal(
        vector.envelope,
      )
      expect(random.left()).to.equal(0)
    })

    it("comes back from its envelope with its token, and its commitment is still the one that was signed", () => {
      const opened = open(fromHex(vector.envelope))
      expect(opened).to.deep.equal({ kind: "report", token: fromHex(vector.token), report: sentReport(vector) })
      expect(opened.kind === "report" && hex(commitment(opened.report))).to.equal(vector.commitment)
    })

    it("has the same length on the wire as a cover, which opens to nothing but a cover", () => {
      const cover = sealCover(sealing(name, scripted(fromHex(vector.cover_random))))
      expect(hex(cover)).to.equal(vector.cover)
      expect(cover).to.have.length(fromHex(vector.envelope).length)
      expect(cover).to.have.length(envelopeBytes(design, parameters))
      expect(cover.subarray(0, 5)).to.deep.equal(fromHex(vector.envelope).subarray(0, 5))
      expect(open(cover)).to.deep.equal({ kind: "cover" })
    })

    it("has one length whatever is redacted", () => {
      const lengths = new Set<number>()
      const keep = vector.revealed[0]!
      for (const withhold of [() => false, (j: number) => j % 2 === 0, () => true]) {
        const report = redact(
          whole,
          index => index !== whole.first + keep && (design.reveals === "one" || withhold(index)),
        )
        lengths.add(sealReport(report, fromHex(vector.token), sealing(name, seeded(2))).length)
      }
      expect([...lengths]).to.deep.equal([envelopeBytes(design, parameters)])
    })

    it("is refused when its envelope is cut or longer", () => {
      const envelope = fromHex(vector.envelope)
      for (const prefix of prefixes(envelope))
        if (prefix.length < 60 || prefix.length % STEP === 0)
          expect(
            refusal(() => open(prefix)),
            `${prefix.length}`,
          ).to.equal("format")
      expect(refusal(() => open(concat(envelope, Uint8Array.of(0))))).to.equal("format")
    })

    it("is refused after any change of a byte: version and bucket by the parser, all else by the seal", () => {
      // X25519 passes over the top bit of a public key; the seal's nonce does not.
      for (const { at, changed } of someChanges(fromHex(vector.envelope), 60, STEP)) {
        expect(
          refusal(() => open(changed)),
          `byte ${at}`,
        ).to.equal("format")
      }
    })

    it("is refused inside a valid seal when its plaintext is cut, longer, or of another kind, design or bucket", () => {
      const plaintext = plaintextOf(vector.envelope)
      for (const length of [0, 1, 2, 6, 100, plaintext.length - 1])
        expect(
          refusal(() => open(sealed(plaintext.subarray(0, length)))),
          `${length} bytes`,
        ).to.equal("format")
      expect(refusal(() => open(sealed(concat(plaintext, Uint8Array.of(0)))))).to.equal("format")
      for (const [at, value] of [
        [0, 2],
        [0, 255],
        [1, 0],
        [1, 4],
        [1, design.code === 2 ? 3 : 2],
        [1, design.code === 1 ? 3 : 1],
        [5, plaintext[5]! ^ 1],
      ] as const) {
        const changed = Uint8Array.from(plaintext)
        changed[at] = value
        expect(
          refusal(() => open(sealed(changed))),
          `byte ${at} is ${value}`,
        ).to.equal("format")
      }
    })

    it("gives another report for any change of its plaintext that parses, but for the filling of redacted slots", () => {
      const plaintext = plaintextOf(vector.envelope)
      const fill = slotBytes(design) - 32
      const slotsAt = plaintext.length - vector.slots.length * slotBytes(design)
      for (const { at, changed } of someChanges(plaintext, 10, STEP)) {
        const j = Math.floor((at - slotsAt) / slotBytes(design))
        const inFill =
          j >= 0 && !vector.revealed.includes(j) && (at - slotsAt) % slotBytes(design) >= slotBytes(design) - fill
        const code = refusal(() => {
          const opened = open(sealed(changed))
          if (opened.kind === "cover") return
          const same = hex(commitment(opened.report)) === vector.commitment && hex(opened.token) === vector.token
          expect(same, `byte ${at}`).to.equal(inFill)
        })
        expect(code ?? "format").to.equal("format")
      }
    })

    it("counts its slots from thirteen days back to three ahead", () => {
      const day = Math.floor((bucket * 7200) / 86_400)
      const first = firstSlot(design, day, parameters)
      expect(first).to.equal(vector.first)
      expect(slotCount(design, parameters)).to.equal(vector.slots.length)
      expect(slotStart(design, first, parameters)).to.equal((day - 13) * 86_400)
      expect(slotAt(design, (day - 13) * 86_400, parameters)).to.equal(first)
      expect(slotAt(design, (day + 4) * 86_400 - 1, parameters)).to.equal(first + vector.slots.length - 1)
    })
  })
}

describe("an envelope", () => {
  const { envelope } = vectors.reports[0]!

  it("shows its bucket outside, and is refused for another one", () => {
    expect(envelopeBucket(fromHex(envelope))).to.equal(bucket)
    expect(refusal(() => openEnvelope(fromHex(envelope), bucket + 1, keys, parameters, x25519))).to.equal("format")
  })

  it("is refused when its design is not in force", () => {
    const only = { ...parameters, designs: ["hybrid" as const] }
    expect(refusal(() => openEnvelope(fromHex(envelope), bucket, keys, only, x25519))).to.equal("format")
  })

  it("is refused under another key", () => {
    const other = sealedBox.keyPair(new Uint8Array(32).fill(5))
    expect(refusal(() => openEnvelope(fromHex(envelope), bucket, other, parameters, x25519))).to.equal("format")
  })

  it("is refused when its slots reach beyond the last number a slot can have", () => {
    for (const vector of vectors.reports) {
      const plaintext = plaintextOf(vector.envelope)
      const at = 6 + 110 + 32
      const starting = (first: number) => concat(plaintext.subarray(0, at), u32(first), plaintext.subarray(at + 4))
      const last = 2 ** 32 - vector.slots.length
      const opened = open(sealed(starting(last)))
      expect(opened.kind === "report" && commitment(opened.report)).to.have.length(32)
      for (const first of [last + 1, 2 ** 32 - 1])
        expect(
          refusal(() => open(sealed(starting(first)))),
          `${first}`,
        ).to.equal("format")
    }
  })

  it("with spare flag bits set is refused", () => {
    for (const vector of vectors.reports) {
      const plaintext = plaintextOf(vector.envelope)
      const last = 6 + 110 + 32 + 4 + Math.ceil(vector.slots.length / 8) - 1
      for (let bit = 0; bit < (8 - (vector.slots.length % 8)) % 8; bit++) {
        const changed = Uint8Array.from(plaintext)
        changed[last]! ^= 1 << bit
        expect(
          refusal(() => open(sealed(changed))),
          `bit ${bit}`,
        ).to.equal("format")
      }
    }
  })

  it("of the low-cost design reveals exactly one day: a second key would give the chain from there, none nothing", () => {
    const vector = vectors.reports[0]!
    const plaintext = plaintextOf(vector.envelope)
    const flags = 6 + 110 + 32 + 4
    for (const wrong of [
      [0, 0, 0],
      [0xff, 0xff, 0x80],
      [0, 0x30, 0],
    ]) {
      const changed = Uint8Array.from(plaintext)
      changed.set(wrong, flags)
      expect(
        refusal(() => open(sealed(changed))),
        wrong.join(),
      ).to.equal("format")
    }
    const none = redact(wholeReport(vector), () => true)
    const sealedNone = sealReport(none, fromHex(vector.token), sealing("low-cost", seeded(1)))
    expect(refusal(() => open(sealedNone))).to.equal("format")
  })

  it("is not sealed from parts of a wrong length, even where the whole would fit", () => {
    const vector = vectors.reports[1]!
    const report = sentReport(vector)
    const token = fromHex(vector.token)
    const to = sealing("hybrid", seeded(1))
    expect(() => sealReport({ ...report, r: concat(report.r, Uint8Array.of(0)) }, token.subarray(1), to)).to.throw(
      RangeError,
      /token/,
    )
    expect(() => sealReport({ ...report, r: report.r.subarray(1) }, token, to)).to.throw(RangeError, /r:/)
    const short = report.slots.map((slot, j): Slot => (j === 0 ? { revealed: false, leaf: new Uint8Array(31) } : slot))
    expect(() => sealReport({ ...report, slots: short }, token, to)).to.throw(RangeError, /leaf/)
    expect(() => commitment({ ...report, slots: short })).to.throw(RangeError, /leaf/)
    expect(() => slotLeaf(report.design, 1, new Uint8Array(31))).to.throw(RangeError, /slot/)
  })
})
