import { expect } from "chai"
import fc from "fast-check"
import {
  type Calibration,
  type CalibrationRow,
  calibrationFor,
  type EpochMs,
  open,
  type Radio,
  type Sighting,
  UNCALIBRATED,
  type Window,
} from "../../src/client/index.ts"
import { Recorder } from "../../src/client/record.ts"
import { phoneClock } from "../../src/simulator/index.ts"
import { seeded } from "../dice.ts"
import { CONFIG } from "./config.ts"
import { lab } from "./lab.ts"

const TABLE: CalibrationRow[] = [
  { maker: "Acorn", model: "A1", rssi: 5, txPower: -20, confidence: 3 },
  { maker: "Acorn", model: "A2", rssi: -4, txPower: -31, confidence: 2 },
  { maker: "Birch", model: "B1", rssi: 8, txPower: -12, confidence: 3 },
]

describe("calibration", () => {
  it("is the model's row; else its maker's mean, with less confidence; else the table's mean, with none", () => {
    const of = (maker: string, model: string) => calibrationFor(TABLE, { maker, model })
    expect(of("acorn", " a1 ")).to.deep.equal({ rssi: 5, txPower: -20, confidence: 3 })
    expect(of("Acorn", "A3")).to.deep.equal({ rssi: 1, txPower: -25, confidence: 1 })
    expect(of("Cedar", "A1")).to.deep.equal({ rssi: 3, txPower: -21, confidence: 0 })
    expect(calibrationFor([], { maker: "Acorn", model: "A1" })).to.equal(UNCALIBRATED)
  })

  it("of an implausible row is refused, with its place", () => {
    const wrong = (change: object) => () => calibrationFor([TABLE[0]!, { ...TABLE[1]!, ...change }], TABLE[0]!)
    expect(wrong({ rssi: 41 })).to.throw(RangeError, "table[1].rssi: expected -40 to 40 dB, got 41")
    expect(wrong({ rssi: Number.NaN })).to.throw(RangeError, "table[1].rssi")
    expect(wrong({ txPower: 0.5 })).to.throw(RangeError, "table[1].txPower: expected a whole number")
    expect(wrong({ confidence: 4 })).to.throw(RangeError, "table[1].confidence")
  })

  it("adds to what the radio reports: attenuation is sent − (received + correction), dB for dB", () => {
    fc.assert(
      fc.property(fc.integer({ min: -90, max: -30 }), fc.integer({ min: -20, max: 20 }), (rssi, correction) => {
        const recorder = new Recorder(seeded(1), { ...UNCALIBRATED, rssi: correction })
        const at = 1_600_000_000_000 as EpochMs
        recorder.hear({ payload: new Uint8Array(16), rssi, txPower: 0, at, scanId: 1 }, at / 1000, at / 1000)
        expect(recorder.close()!.heard[0]!.scan.min).to.equal(-rssi - correction)
      }),
    )
  })

  it("is refused at open, and reaches what a rule sees of a contact", async () => {
    const seen: Window[] = []
    const risk = {
      id: "watching",
      evaluate(windows: readonly Window[]) {
        seen.push(...windows)
        return []
      },
    }
    const { w } = await lab()
    const store = w.store("ben")
    let hear: ((sighting: Sighting) => void) | undefined
    const radio: Radio = {
      can: { advertise: false, scan: true, rotatesAddressWithPayload: true },
      advertise: async () => {},
      scan: async (_, on) => {
        hear = on
      },
    }
    const openWith = (calibration: Calibration) =>
      open(
        { ...CONFIG, risk },
        {
          radio,
          store,
          calibration,
          clock: phoneClock({ now: w.now / 1000 }),
          random: seeded(1),
          http: { send: () => Promise.reject(new Error("offline")) },
          scheduler: { arm: async () => {}, disarm: async () => {} },
        },
      )
    const failure = await openWith({ ...UNCALIBRATED, rssi: 99 }).catch(error => error)
    expect(failure).to.be.instanceOf(RangeError)
    expect(failure.message).to.include("calibration.rssi")
    // One contact becomes a matched one, as a batch would make it.
    const matched = Uint8Array.of(0x78, 0, 0, 0x47, 0xfa, 0, 0, 0, 1, ...new Uint8Array(16))
    await store.write(tx => tx.put(matched, Uint8Array.of(50, 50, 0, 240, 0, 0, 0, 1)))
    const client = await openWith({ rssi: 3, txPower: -20, confidence: 3 })
    await client.explain("2020-05-08")
    expect(seen.map(({ calibration }) => calibration)).to.deep.equal([3])
    await client.start()
    hear!({ payload: new Uint8Array(15), rssi: -50, at: w.now, scanId: 1 })
    expect((await client.status()).contacts.dropped.length).to.equal(1)
    await w.close()
  })
})
