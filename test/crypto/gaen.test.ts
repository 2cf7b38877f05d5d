import { createCipheriv, hkdfSync } from "node:crypto"
import { expect } from "chai"
import fc from "fast-check"
import { compare, fromHex, gaen, hex, time } from "../../src/crypto/index.ts"
import { anyU32, octets, seeded } from "./draws.ts"
import { checkOrderDoesNotMatter, sorted } from "./pairs.ts"
import { published } from "./published.ts"

const ROLLING_START = 2_642_976
const teks = ["a", "b", "c"].map(label => seeded(label).bytes(16))
const anyKey = fc.record({
  tek: fc.constantFrom(...teks),
  rollingStart: fc.constantFrom(ROLLING_START, ROLLING_START + 1),
  rollingPeriod: fc.integer({ min: 1, max: 4 }),
})
const anySighting = fc
  .record({ tek: fc.constantFrom(...teks), j: fc.nat(5), drift: fc.integer({ min: -14, max: 14 }) })
  .map(({ tek, j, drift }) => ({
    rpi: gaen.rpi(gaen.rpik(tek), ROLLING_START + j),
    interval: ROLLING_START + j + drift,
  }))

/** Every key with every sighting, by the schedule functions alone. */
function naive(keys: readonly gaen.DiagnosisKey[], sightings: readonly gaen.Sighting[]): gaen.GaenCandidate[] {
  const found: gaen.GaenCandidate[] = []
  keys.forEach(({ tek, rollingStart, rollingPeriod }, key) => {
    const rpik = gaen.rpik(tek)
    sightings.forEach((heard, observation) => {
      for (let interval = rollingStart; interval < rollingStart + rollingPeriod; interval++)
        if (compare(gaen.rpi(rpik, interval), heard.rpi) === 0 && Math.abs(heard.interval - interval) <= 12)
          found.push({ key, observation, interval })
    })
  })
  return found
}

describe("crypto/gaen", () => {
  it("Google's published vectors come out", () => {
    const { tek, rpik, aemk, metadata, enin, rpis, aems } = published("gaen-google-published")
    expect(hex(gaen.rpik(fromHex(tek)))).to.equal(rpik)
    expect(hex(gaen.aemk(fromHex(tek)))).to.equal(aemk)
    const own = rpis.map((_: string, j: number) => gaen.rpi(fromHex(rpik), enin + j))
    expect(own.map(hex)).to.deep.equal(rpis)
    expect(own.map((rpi: Uint8Array) => hex(gaen.aem(fromHex(aemk), rpi, fromHex(metadata))))).to.deep.equal(aems)
  })

  it("the vectors made from the specification come out", () => {
    for (const key of published("gaen-public").keys) {
      const [rpik, aemk] = [gaen.rpik(fromHex(key.tek)), gaen.aemk(fromHex(key.tek))]
      expect([hex(rpik), hex(aemk)]).to.deep.equal([key.rpik, key.aemk])
      // Some keys list all of their intervals, the others a few.
      const listed = (key.rpis ?? []).map((rpi: string, j: number) => ({
        enin: key.rolling_start + j,
        rpi,
        metadata: key.metadata,
        aem: key.aems[j],
      }))
      const samples: { enin: number; rpi: string; metadata: string; aem: string }[] = [
        ...listed,
        ...(key.samples ?? []),
      ]
      expect(samples.length).to.be.greaterThan(0)
      for (const { enin, rpi, metadata, aem } of samples) {
        expect(hex(gaen.rpi(rpik, enin))).to.equal(rpi)
        expect(hex(gaen.aem(aemk, fromHex(rpi), fromHex(metadata)))).to.equal(aem)
      }
    }
  })

  it("RPIK and AEMK are HKDF-SHA256(TEK, no salt, label, 16)", () => {
    const hkdf = (tek: Uint8Array, label: string): string =>
      Buffer.from(hkdfSync("sha256", tek, new Uint8Array(0), label, 16)).toString("hex")
    fc.assert(
      fc.property(octets(16), tek => {
        expect(hex(gaen.rpik(tek))).to.equal(hkdf(tek, "EN-RPIK"))
        expect(hex(gaen.aemk(tek))).to.equal(hkdf(tek, "EN-AEMK"))
      }),
    )
  })

  it('RPI_j = AES128(RPIK, "EN-RPI" ‖ 0⁶ ‖ u32le(j))', () => {
    fc.assert(
      fc.property(octets(16), anyU32, (rpik, interval) => {
        const padded = Buffer.alloc(16)
        padded.write("EN-RPI")
        padded.writeUInt32LE(interval, 12)
        expect(hex(gaen.rpi(rpik, interval))).to.equal(
          createCipheriv("aes-128-ecb", rpik, null).update(padded, undefined, "hex"),
        )
      }),
    )
  })

  it("AEM = AES128-CTR(AEMK, RPI)(metadata), and is its own inverse", () => {
    fc.assert(
      fc.property(octets(16), octets(16), octets(4), (aemk, rpi, metadata) => {
        const sealed = gaen.aem(aemk, rpi, metadata)
        expect(hex(sealed)).to.equal(createCipheriv("aes-128-ctr", aemk, rpi).update(metadata, undefined, "hex"))
        expect(gaen.aem(aemk, rpi, sealed)).to.deep.equal(metadata)
      }),
    )
  })

  it("an interval that does not fit four bytes is refused", () => {
    for (const interval of [-1, 0.5, 2 ** 32, Number.NaN])
      expect(() => gaen.rpi(new Uint8Array(16), interval)).to.throw(
        RangeError,
        `interval: expected an integer that fits u32, got ${interval}`,
      )
  })

  it("candidates are the matches of the scenarios, with the interval and so the metadata", () => {
    let compared = 0
    for (const { keys, sightings, expect: expected } of published("match-scenarios-gaen-public").scenarios) {
      const diagnosed = keys.map((key: { tek: string; rolling_start: number; rolling_period: number }) => ({
        tek: fromHex(key.tek),
        rollingStart: key.rolling_start,
        rollingPeriod: key.rolling_period,
      }))
      const heard = sightings.map(({ rpi, time_unix }: { rpi: string; time_unix: number }) => ({
        rpi: fromHex(rpi),
        interval: time.interval(time_unix),
      }))
      const found = gaen.candidates(diagnosed, heard)
      const wanted = expected.matched.flatMap(
        ({ sighting, keys, enin }: { sighting: number; keys: number[]; enin: number }) =>
          keys.map(key => ({ key, observation: sighting, interval: enin })),
      )
      expect(sorted(found)).to.deep.equal(sorted(wanted))
      for (const { sighting, keys, metadata } of expected.matched) {
        const { rpi, aem } = sightings[sighting]
        expect(hex(gaen.aem(gaen.aemk(diagnosed[keys[0]].tek), fromHex(rpi), fromHex(aem)))).to.equal(metadata)
      }
      compared += wanted.length
    }
    expect(compared).to.be.greaterThan(8)
  })

  it("candidates are what a double loop over all keys and sightings finds", () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 4 }), fc.array(anySighting, { maxLength: 8 }), (keys, sightings) => {
        expect(sorted(gaen.candidates(keys, sightings))).to.deep.equal(naive(keys, sightings))
      }),
    )
  })

  it("the order of keys and sightings does not matter", () => {
    checkOrderDoesNotMatter(anyKey, anySighting, (keys, sightings) => gaen.candidates(keys, sightings))
  })

  it("a sighting matches within 12 intervals of its identifier's, either way, and not at the 13th", () => {
    fc.assert(
      fc.property(octets(16), fc.nat(143), fc.integer({ min: 13, max: 2 ** 31 }), (tek, j, rollingStart) => {
        const interval = rollingStart + j
        const rpi = gaen.rpi(gaen.rpik(tek), interval)
        for (const drift of [-13, -12, -11, -1, 0, 1, 11, 12, 13]) {
          const found = gaen.candidates(
            [{ tek, rollingStart, rollingPeriod: 144 }],
            [{ rpi, interval: interval + drift }],
          )
          expect(found).to.deep.equal(Math.abs(drift) <= 12 ? [{ key: 0, observation: 0, interval }] : [])
        }
      }),
      { numRuns: 20 },
    )
  })

  it("an identifier heard twice matches twice, and a key published twice too", () => {
    fc.assert(
      fc.property(octets(16), fc.nat(143), fc.integer({ min: 1, max: 3 }), (tek, j, times) => {
        const keys = new Array(times).fill({ tek, rollingStart: ROLLING_START, rollingPeriod: 144 })
        const interval = ROLLING_START + j
        const sightings = new Array(times).fill({ rpi: gaen.rpi(gaen.rpik(tek), interval), interval })
        expect(gaen.candidates(keys, sightings)).to.have.length(times * times)
      }),
      { numRuns: 20 },
    )
  })

  it("a key never matches before its start or after its rolling period, even within the tolerance", () => {
    fc.assert(
      fc.property(octets(16), fc.integer({ min: 1, max: 144 }), (tek, rollingPeriod) => {
        const key = { tek, rollingStart: ROLLING_START, rollingPeriod }
        for (const [j, matches] of [
          [-1, false],
          [0, true],
          [rollingPeriod - 1, true],
          [rollingPeriod, false],
        ] as const) {
          const interval = ROLLING_START + j
          const sighting = { rpi: gaen.rpi(gaen.rpik(tek), interval), interval }
          expect(gaen.candidates([key], [sighting])).to.have.length(matches ? 1 : 0)
        }
      }),
      { numRuns: 30 },
    )
  })

  it("a rolling period of no interval or of more than a day, and a start past u32, are refused", () => {
    const tek = teks[0]!
    for (const rollingPeriod of [0, -1, 1.5, 145, Number.NaN])
      expect(() => gaen.candidates([{ tek, rollingStart: 0, rollingPeriod }], [])).to.throw(
        RangeError,
        `rollingPeriod: expected a whole number from 1 to 144, got ${rollingPeriod}`,
      )
    for (const rollingStart of [-1, 1.5, 2 ** 32 - 143])
      expect(() => gaen.candidates([{ tek, rollingStart, rollingPeriod: 144 }], [])).to.throw(
        RangeError,
        `rollingStart: expected a whole number from 0 to ${2 ** 32 - 144}, got ${rollingStart}`,
      )
    const last = { tek, rollingStart: 2 ** 32 - 144, rollingPeriod: 144 }
    const sighting = { rpi: gaen.rpi(gaen.rpik(tek), 2 ** 32 - 1), interval: 2 ** 32 - 1 }
    expect(gaen.candidates([last], [sighting])).to.have.length(1)
  })
})
