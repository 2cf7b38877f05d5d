import { readFileSync } from "node:fs"
import { expect } from "chai"
import fc from "fast-check"
import {
  cutShort,
  exposures,
  isRunning,
  match,
  newKey,
  openMetadata,
  PAYLOAD_BYTES,
  type Packet,
  payload,
  splitPayload,
} from "../../../src/client/gaen/index.ts"
import { hex } from "../../../src/crypto/index.ts"
import { type ExportKey, KeyTable } from "../../../src/protocol/export.ts"
import { seeded } from "../../protocol/archives.ts"

const MIDNIGHT = 1_600_041_600
const bytes = (digits: string) => new Uint8Array(Buffer.from(digits, "hex"))

interface Scenario {
  id: string
  title: string
  keys: { tek: string; rolling_start: number; rolling_period: number }[]
  sightings: { sighting: number; rpi: string; aem: string; time_unix: number }[]
  expect: { matched: { sighting: number; keys: number[]; enin: number; metadata: string }[]; unmatched: number[] }
}

describe("client/gaen", () => {
  const { scenarios } = JSON.parse(readFileSync("vectors/match-scenarios-gaen-public.json", "utf8")) as {
    scenarios: Scenario[]
  }
  for (const { id, title, keys, sightings, expect: expected } of scenarios)
    it(`matches as Google's implementation does: ${id}, ${title}`, () => {
      const table = KeyTable.from(
        keys.map(key => ({
          tek: bytes(key.tek),
          rollingStart: key.rolling_start,
          rollingPeriod: key.rolling_period,
        })),
      )
      const heard = sightings.map(({ rpi, time_unix }) => ({ rpi: bytes(rpi), at: time_unix }))
      const found = match(table, heard)
      const bySighting = new Map<number, Set<number>>()
      for (const { heard: place, key } of found) bySighting.set(place, (bySighting.get(place) ?? new Set()).add(key))
      for (const [place, { sighting }] of sightings.entries()) {
        const want = expected.matched.find(matched => matched.sighting === sighting)
        expect(bySighting.has(place), `sighting ${sighting}`).to.equal(want !== undefined)
        if (want === undefined) continue
        // A key that the scenario repeats is matched once: by the row that stands for it.
        const distinct = (rows: Iterable<number>) => new Set(Array.from(rows, row => JSON.stringify(keys[row])))
        expect(distinct(bySighting.get(place)!)).to.deep.equal(distinct(want.keys))
        const row = [...bySighting.get(place)!][0]!
        expect(found.find(({ heard }) => heard === place)!.interval).to.equal(want.enin)
        const { major, minor, txPower, calibrationConfidence } = openMetadata(
          table.tek(row),
          heard[place]!.rpi,
          bytes(sightings[place]!.aem),
        )
        const metadata = bytes(want.metadata)
        expect([major, minor, calibrationConfidence, txPower]).to.deep.equal([
          metadata[0]! >>> 6,
          (metadata[0]! >>> 4) & 3,
          (metadata[0]! >>> 2) & 3,
          new Int8Array(metadata.buffer)[1],
        ])
      }
    })

  it("what one phone advertises, another matches, and reads the transmit power from", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: MIDNIGHT, max: MIDNIGHT + 86_399 }),
        fc.integer({ min: -128, max: 127 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: -7800, max: 7800 }),
        (now, txPower, confidence, late) => {
          const own = newKey(MIDNIGHT, seeded("a"))
          const sent = payload(own, now, txPower, confidence)
          expect(sent.length).to.equal(PAYLOAD_BYTES)
          const { rpi, aem } = splitPayload(sent)
          const at = now + late
          const found = match(KeyTable.from([own]), [{ rpi, at }])
          const apart = Math.abs(Math.floor(at / 600) - Math.floor(now / 600))
          expect(found).to.deep.equal(apart <= 12 ? [{ key: 0, heard: 0, interval: Math.floor(now / 600) }] : [])
          expect(openMetadata(own.tek, rpi, aem)).to.deep.equal({
            major: 1,
            minor: 1,
            txPower,
            calibrationConfidence: confidence,
          })
        },
      ),
      { numRuns: 60 },
    )
  })

  it("a key is of its whole day, whenever in it it is made, and the next begins at midnight", () => {
    const late = newKey(MIDNIGHT + 86_399, seeded("b"))
    for (const key of [newKey(MIDNIGHT, seeded("b")), late])
      expect(key).to.include({ rollingStart: MIDNIGHT / 600, rollingPeriod: 144 })
    const running = [-1, 0, 86_399, 86_400].map(second => isRunning(late, MIDNIGHT + second))
    expect(running).to.deep.equal([false, true, true, false])
    expect(newKey(MIDNIGHT + 86_400, seeded("b")).rollingStart).to.equal(MIDNIGHT / 600 + 144)
    expect(() => payload(late, MIDNIGHT + 86_400, 0)).to.throw(RangeError, "outside the key's rolling period")
  })

  it("a key cut short covers the running interval and nothing after it; the next key covers the rest of the day, and looks like any other", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_399 }), second => {
        const now = MIDNIGHT + second
        const reported = cutShort(newKey(MIDNIGHT, seeded("c")), now)
        expect([isRunning(reported, now), isRunning(reported, now + 600)]).to.deep.equal([true, false])
        const { tek, ...times } = newKey(now, seeded("d"))
        expect(isRunning(times, MIDNIGHT + 86_399)).to.equal(true)
        expect(hex(tek)).to.not.equal(hex(reported.tek))
        const { tek: _, ...ofAnyOther } = newKey(MIDNIGHT, seeded("c"))
        expect(times).to.deep.equal(ofAnyOther)
      }),
    )
    const finished = newKey(MIDNIGHT, seeded("c"))
    expect(cutShort(finished, MIDNIGHT + 90_000)).to.equal(finished)
    expect(() => cutShort(finished, MIDNIGHT - 1)).to.throw(RangeError, "the key starts 10 minutes later")
  })

  const own = newKey(MIDNIGHT, seeded("e"))
  const packet = (second: number, rssi: number): Packet => ({
    ...splitPayload(payload(own, MIDNIGHT + second, -20)),
    at: MIDNIGHT + second,
    rssi,
  })
  const published = (more: Partial<ExportKey>): ExportKey => ({ ...own, ...more })

  it("days since onset, report type and transmission risk reach the exposure, sightings in the order of time", () => {
    const archive = {
      keys: KeyTable.from([published({ reportType: "self-report", daysSinceOnset: -2, transmissionRisk: 6 })]),
      revisedKeys: new KeyTable(0),
    }
    const packets = [{ ...packet(700, -70), previousScan: MIDNIGHT + 500 }, packet(100, -60)]
    expect(exposures(archive, packets)).to.deep.equal([
      {
        tek: own.tek,
        rollingStart: own.rollingStart,
        reportType: 3,
        daysSinceOnset: -2,
        transmissionRisk: 6,
        revised: false,
        sightings: [
          { at: MIDNIGHT + 100, rssi: -60, txPower: -20, calibration: 0 },
          { at: MIDNIGHT + 700, rssi: -70, txPower: -20, calibration: 0, previousScan: MIDNIGHT + 500 },
        ],
      },
    ])
  })

  it("a key that the file repeats makes one exposure, and a revised key takes the place of its first version", () => {
    const first = published({ reportType: "self-report" })
    const archive = {
      keys: KeyTable.from([first, first, published({ reportType: "self-report", transmissionRisk: 1 })]),
      revisedKeys: KeyTable.from([published({ reportType: "revoked" })]),
    }
    const none = { ...archive, revisedKeys: new KeyTable(0) }
    expect(exposures(none, [packet(100, -60)]).map(({ sightings }) => sightings.length)).to.deep.equal([1])
    const [revised, ...others] = exposures(archive, [packet(100, -60)])
    expect([revised!.reportType, revised!.revised, others.length]).to.deep.equal([5, true, 0])
  })

  it("what was heard when the key was public does not count: an identifier can be repeated by anybody then", () => {
    const table = KeyTable.from([own])
    const heard = [packet(100, -60), packet(700, -60)]
    const at = (heardBefore?: number) => match(table, heard, heardBefore === undefined ? {} : { heardBefore }).length
    expect([at(), at(MIDNIGHT + 701), at(MIDNIGHT + 700), at(MIDNIGHT + 100)]).to.deep.equal([2, 2, 1, 0])
  })

  it("keys far from everything that was heard, and nothing heard at all, make no match", () => {
    const other = KeyTable.from([published({ rollingStart: own.rollingStart + 144 + 13 })])
    expect(match(other, [packet(86_399, -60)])).to.deep.equal([])
    expect(match(KeyTable.from([own]), [])).to.deep.equal([])
  })

  it("names the argument that does not fit", () => {
    expect(() => payload(own, MIDNIGHT, 128)).to.throw(RangeError, "txPower: expected -128 to 127 dBm, got 128")
    expect(() => payload(own, MIDNIGHT, 0, 4)).to.throw(RangeError, "calibrationConfidence: expected 0 to 3, got 4")
    expect(() => splitPayload(new Uint8Array(19))).to.throw(RangeError, "payload: expected 20 bytes, got 19")
    expect(() => match(KeyTable.from([own]), [{ rpi: new Uint8Array(15), at: 1 }])).to.throw(RangeError, "rpi")
    expect(hex(own.tek)).to.not.equal(hex(newKey(MIDNIGHT, seeded("f")).tek))
  })
})
