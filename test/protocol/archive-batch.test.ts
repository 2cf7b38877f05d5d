import { expect } from "chai"
import fc from "fast-check"
import { verifyFile } from "../../src/cli/vectors.ts"
import { fromHex, hex, sha256, time, u64 } from "../../src/crypto/index.ts"
import { KeyTable } from "../../src/protocol/export.ts"
import {
  type ArchiveBatch,
  archiveEntry,
  dayOfKey,
  defaultParameters,
  designByName,
  drawPadding,
  encodeArchiveBatch,
  encodeBatch,
  encodeExposureKey,
  isAllowed,
  isArchiveOf,
  isDeadBy,
  isPublished,
  paddingSizes,
  parseArchiveEntry,
  parseBatch,
  parseExposureKey,
  withKeys,
} from "../../src/protocol/index.ts"
import { seeded } from "../dice.ts"
import { expectOneLength, expectOneSpelling, refusal } from "./damage.ts"

const design = designByName("gaen")!
const parameters = defaultParameters(0, ["gaen"])
/** The first bucket of a day. */
const BUCKET = 12 * 20_000
const DAY = 20_000
const header = { design, bucket: BUCKET, parametersHash: new Uint8Array(32), salt: new Uint8Array(16) }
const zip = seeded(1).bytes(999)
const parsed = (file: Uint8Array): ArchiveBatch => {
  const batch = parseBatch(file)
  if (batch.holds !== "archive") throw new Error("no archive")
  return batch
}
const key = fc.record({
  tek: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  rollingStart: fc.nat(2 ** 31 - 1),
  rollingPeriod: fc.integer({ min: 1, max: 144 }),
})

it("report, archive and batch of design 4 are those of the second implementation", () => {
  const { checks, failures } = verifyFile("vectors/gaen-batch.json")
  expect(failures).to.deep.equal([])
  expect(checks).to.be.greaterThan(40)
})

describe("a key of design 4", () => {
  it("comes back from its secret, and from its entry with its days since onset", () => {
    fc.assert(
      fc.property(key, fc.integer({ min: -40, max: 40 }), (one, days) => {
        const secret = encodeExposureKey(one)
        expect(secret).to.have.length(design.secretBytes)
        expect(parseExposureKey(secret)).to.deep.equal(one)
        const said = Math.abs(days) <= 14 ? { daysSinceOnset: days } : {}
        expect(parseArchiveEntry(archiveEntry(secret, dayOfKey(one) - days - 2))).to.deep.equal({ ...one, ...said })
      }),
    )
  })

  it("is refused when it is cut or longer, and with a period of 0, 145 and 65535", () => {
    const secret = encodeExposureKey({ tek: new Uint8Array(16), rollingStart: 1, rollingPeriod: 1 })
    expectOneLength(secret, parseExposureKey)
    for (const period of [0, 145, 65_535]) {
      const changed = new Uint8Array(secret)
      new DataView(changed.buffer).setUint16(4, period)
      expect(
        refusal(() => parseExposureKey(changed)),
        `${period}`,
      ).to.equal("format")
      const given = { tek: new Uint8Array(16), rollingStart: 1, rollingPeriod: period }
      expect(() => encodeExposureKey(given)).to.throw(RangeError, "rollingPeriod")
    }
    expect(() => encodeExposureKey({ tek: new Uint8Array(15), rollingStart: 1, rollingPeriod: 1 })).to.throw(/tek/)
  })

  it("is dead by a bucket exactly when its last interval and two hours more lie before the bucket's end", () => {
    fc.assert(
      fc.property(key, fc.integer({ min: -30, max: 30 }), (one, off) => {
        const lastSecond = 600 * (one.rollingStart + one.rollingPeriod) - 1
        const bucket = Math.max(0, time.bucket(Math.min(lastSecond, 2 ** 32 - 1)) + off)
        fc.pre(lastSecond + 7200 < 2 ** 32 - 300_000)
        expect(isDeadBy(one, bucket)).to.equal(lastSecond + 7200 < 7200 * (bucket + 1))
      }),
    )
  })
})

describe("a batch of design 4", () => {
  const file = encodeArchiveBatch(header, 3, zip)

  it("is its header, the length of its archive and the hash", () => {
    expect(hex(file.subarray(64))).to.equal(hex(u64(zip.length)) + hex(sha256(zip)))
    expect(parsed(file)).to.deep.include({ entries: 3, bucket: BUCKET })
    expect(parsed(file).archive).to.deep.equal({ length: zip.length, hash: sha256(zip) })
  })

  it("is refused when it is cut or longer, and has one spelling", () => {
    expectOneLength(file, parseBatch)
    expectOneSpelling(file, bytes => {
      const { archive, entries, ...head } = parsed(bytes)
      const again = encodeArchiveBatch(head, entries, new Uint8Array(0))
      again.set(u64(archive.length), 64)
      again.set(archive.hash, 72)
      return again
    })
  })

  it("is refused with another number of groups, and with an archive that no phone takes", () => {
    const changed = (at: number, bytes: Uint8Array) => {
      const out = new Uint8Array(file)
      out.set(bytes, at)
      return out
    }
    for (const groups of [0, 2])
      expect(refusal(() => parseBatch(changed(62, Uint8Array.of(0, groups))))).to.equal("format")
    expect(parsed(changed(64, u64(2 ** 25))).archive.length).to.equal(2 ** 25)
    for (const length of [2 ** 25 + 1, Number.MAX_SAFE_INTEGER])
      expect(refusal(() => parseBatch(changed(64, u64(length))))).to.equal("format")
    expect(refusal(() => parseBatch(changed(64, fromHex("ffffffffffffffff"))))).to.equal("format")
  })

  it("names one archive: any other is not taken for it", () => {
    expect(isArchiveOf(parsed(file), zip)).to.equal(true)
    expect(isArchiveOf(parsed(file), zip.subarray(1))).to.equal(false)
    for (const at of [0, 500, 998])
      expect(
        isArchiveOf(
          parsed(file),
          zip.map((byte, i) => (i === at ? byte ^ 1 : byte)),
        ),
      ).to.equal(false)
  })

  it("is not one of secrets or a filter, and does not know its keys without its archive", () => {
    expect(() => encodeBatch(header, new Map())).to.throw(RangeError, /publishes secrets/)
    const hybrid = { ...header, design: designByName("hybrid")! }
    expect(() => encodeArchiveBatch(hybrid, 0, zip)).to.throw(RangeError, /publishes an archive/)
    expect(() => isPublished(parsed(file), DAY, new Uint8Array(22))).to.throw(TypeError, /archive/)
  })

  const table = (...keys: { rollingStart: number; rollingPeriod: number }[]) =>
    KeyTable.from(keys.map(one => ({ ...one, tek: new Uint8Array(16).fill(7) })))
  const whole = (...keys: { rollingStart: number; rollingPeriod: number }[]) =>
    withKeys(parsed(encodeArchiveBatch(header, keys.length, zip)), { keys: table(...keys), revisedKeys: table() })

  it("counts the keys of its archive, of both kinds", () => {
    const one = { rollingStart: 144 * (DAY - 2), rollingPeriod: 144 }
    const of = { keys: table(one), revisedKeys: table(one, one) }
    expect(withKeys(parsed(file), of).keys.length).to.equal(1)
    expect(refusal(() => withKeys(parsed(file), { ...of, keys: table() }))).to.equal("format")
  })

  it("is allowed with keys of the days that phones remember, none of which can still be heard", () => {
    const yesterday = { rollingStart: 144 * (DAY - 1), rollingPeriod: 144 }
    // In the first bucket of a day the two hours after yesterday's last interval are over at the end.
    expect(isAllowed(whole(yesterday), parameters)).to.equal(true)
    expect(isAllowed(whole({ ...yesterday, rollingStart: yesterday.rollingStart + 1 }), parameters)).to.equal(false)
    const oldest = { rollingStart: 144 * (DAY - 13), rollingPeriod: 1 }
    expect(isAllowed(whole(yesterday, oldest), parameters)).to.equal(true)
    expect(isAllowed(whole(yesterday, { ...oldest, rollingStart: oldest.rollingStart - 1 }), parameters)).to.equal(
      false,
    )
  })

  it("publishes a key with its start and period, and no other for it", () => {
    const one = { tek: new Uint8Array(16).fill(7), rollingStart: 144 * (DAY - 2), rollingPeriod: 100 }
    const batch = whole(one)
    const has = (changes: object) => isPublished(batch, DAY - 2, encodeExposureKey({ ...one, ...changes }))
    expect(has({})).to.equal(true)
    for (const other of [{ tek: new Uint8Array(16) }, { rollingStart: one.rollingStart + 1 }, { rollingPeriod: 99 }])
      expect(has(other)).to.equal(false)
  })
})

describe("made-up reports of design 4", () => {
  const report = (bucket: number, dice = seeded(bucket)) =>
    drawPadding(design, bucket, parameters, dice).map(({ slot, entry }) => ({ slot, ...parseArchiveEntry(entry) }))

  it("reveal every day up to the moment of the report, which cuts the last key short", () => {
    for (let bucket = BUCKET; bucket < BUCKET + 24; bucket++)
      for (let i = 0; i < 20; i++) {
        const keys = report(bucket, seeded(100 * bucket + i))
        const last = keys.at(-1)!
        expect(keys.map(({ slot }) => slot)).to.deep.equal(keys.map((_, j) => last.slot - keys.length + 1 + j))
        for (const one of keys) {
          expect([dayOfKey(one), one.rollingStart % 144]).to.deep.equal([one.slot, 0])
          expect(isDeadBy(one, bucket)).to.equal(true)
          expect(one.slot).to.be.at.least(Math.floor(bucket / 12) - 13)
          if (one !== last) expect(one.rollingPeriod).to.equal(144)
        }
        // Phones seal to this bucket in the one two before it.
        const end = 600 * (last.rollingStart + last.rollingPeriod)
        expect(time.bucket(end - 1)).to.equal(bucket - 2)
        const since = keys.map(({ daysSinceOnset }) => daysSinceOnset! - keys[0]!.daysSinceOnset!)
        expect(since).to.deep.equal(keys.map((_, j) => j))
      }
  })

  it("are cut short in every interval of their bucket, equally often", () => {
    const counts = new Array<number>(12).fill(0)
    const dice = seeded(9)
    for (let i = 0; i < 2400; i++) counts[(report(BUCKET + 7, dice).at(-1)!.rollingPeriod - 1) % 12]!++
    for (const count of counts) expect(count).to.be.within(200 - 4 * Math.sqrt(200), 200 + 4 * Math.sqrt(200))
  })

  it("have the mean number of keys that the sizes are counted from", () => {
    const { paddingProfile } = parameters
    const total = paddingProfile.firstDayAge.reduce((sum, weight) => sum + weight, 0)
    const mean = paddingProfile.firstDayAge.reduce((sum, weight, age) => sum + weight * (age + 1), 0) / total
    const sizes = paddingSizes("gaen", paddingProfile, 20, parameters)
    expect(sizes[0]).to.equal(Math.ceil(20 * mean))
    const dice = seeded(10)
    let keys = 0
    for (let i = 0; i < 2000; i++) keys += report(BUCKET + 7, dice).length
    // Four standard errors: the age of the first day deviates by less than three days.
    expect(Math.abs(keys / 2000 - mean)).to.be.below((4 * 3) / Math.sqrt(2000))
  })
})
