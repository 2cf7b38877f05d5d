import { readFileSync } from "node:fs"
import { expect } from "chai"
import fc from "fast-check"
import { verifyFile } from "../../../src/cli/vectors.ts"
import { type EpochMs, radio } from "../../../src/client/index.ts"
import { fromHex } from "../../../src/crypto/index.ts"

const VECTORS = new URL("../../../../vectors/advertisement.json", import.meta.url)
const { cases, read } = JSON.parse(readFileSync(VECTORS, "utf8"))

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const dp3t = fc.record({
  system: fc.constant("dp3t" as const),
  payload: bytes(16),
  txPower: fc.integer({ min: -127, max: 127 }),
})
const gaen = fc.record({ system: fc.constant("gaen" as const), payload: bytes(20) })
const reception = { rssi: -60, at: 1_600_000_000_000 as EpochMs, scanId: 1 }

describe("advertisements", () => {
  it("are those of the vectors", () => {
    const { checks, failures } = verifyFile(VECTORS.pathname)
    expect(failures).to.deep.equal([])
    expect(checks)
      .to.equal(2 * cases.length + read.length)
      .and.to.be.greaterThan(35)
  })

  it("are read as what was built, and fit into the 31 bytes of a legacy advertisement", () => {
    fc.assert(
      fc.property(fc.oneof(dp3t, gaen), beacon => {
        const built = radio.buildAdvertisement(beacon as radio.Beacon)
        expect(built.length).to.equal(beacon.system === "dp3t" ? 30 : 31)
        expect(radio.readAdvertisement(built)).to.deep.equal({ is: "beacon", beacon })
      }),
    )
  })

  it("hold nothing but the payload that could tell two phones apart", () => {
    fc.assert(
      fc.property(bytes(16), bytes(16), fc.integer({ min: -127, max: 127 }), (a, b, txPower) => {
        const [one, other] = [a, b].map(payload => radio.buildAdvertisement({ system: "dp3t", payload, txPower }))
        expect(one!.subarray(0, -16)).to.deep.equal(other!.subarray(0, -16))
      }),
    )
  })

  it("of any bytes at all are read without an exception, and what is taken has the length of an identifier", () => {
    const like = dp3t.map(beacon => radio.buildAdvertisement(beacon as radio.Beacon))
    const broken = fc
      .tuple(like, fc.nat(29), fc.nat(255))
      .map(([good, at, value]) => Uint8Array.from(good, (byte, i) => (i === at ? value : byte)))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), broken), input => {
        const heard = radio.readAdvertisement(input)
        if (heard.is !== "beacon") return
        expect(heard.beacon.payload.length).to.equal(radio.SYSTEMS[heard.beacon.system].payloadBytes)
      }),
    )
  })

  it("are not built of what is no identifier or no power", () => {
    const payload = new Uint8Array(16)
    const build = (changes: object) => () =>
      radio.buildAdvertisement({ system: "dp3t", payload, ...changes } as radio.Beacon)
    expect(build({ payload: new Uint8Array(15) })).to.throw(RangeError, "payload: expected 16 bytes")
    expect(build({ system: "gaen" })).to.throw(RangeError, "payload: expected 20 bytes")
    expect(build({ txPower: 128 })).to.throw(RangeError, "txPower: expected -127 to 127 dBm, got 128")
    expect(build({ txPower: 1.5 })).to.throw(RangeError, "txPower")
    expect(build({ system: "gaen", payload: new Uint8Array(20), txPower: 1 })).to.throw(RangeError, "payload only")
  })

  it("of what a Bluetooth library hands over are read as those of raw bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 31 }), input => {
        const fields = radio.parseFields(input)
        if (fields !== undefined) expect(radio.readFields(fields)).to.deep.equal(radio.readAdvertisement(input))
      }),
    )
    expect(radio.longUuid(radio.SYSTEMS.dp3t.service)).to.equal("0000fd68-0000-1000-8000-00805f9b34fb")
  })

  it("a payload is a copy: the radio may use its buffer again", () => {
    const input = radio.buildAdvertisement({ system: "dp3t", payload: new Uint8Array(16).fill(7) })
    const heard = radio.readAdvertisement(input)
    input.fill(0)
    expect(heard.is === "beacon" && heard.beacon.payload[0]).to.equal(7)
  })
})

describe("an ear", () => {
  it("hands on the beacons of its system, and counts everything else by what was wrong", () => {
    const ear = new radio.Ear("dp3t")
    const heard = [...cases, ...read].map(({ advertisement }: { advertisement: string }) =>
      ear.hear(fromHex(advertisement), reception),
    )
    const is = (name: string) => read.filter((one: { is: string }) => one.is === name).length
    const foreign = cases.filter(({ system }: { system: string }) => system === "gaen").length
    expect(ear.refused).to.deep.equal({
      foreign: is("foreign") + foreign,
      length: is("length"),
      malformed: is("malformed"),
    })
    expect(heard.filter(one => one === "connect")).to.have.length(is("connect"))
    expect(heard[0]).to.deep.equal({ ...reception, payload: fromHex(cases[0].payload), txPower: 12 })
  })

  it("for GAEN takes nothing of DP-3T, and connects to nobody", () => {
    const ear = new radio.Ear("gaen")
    const dp3t = cases.filter(({ system }: { system: string }) => system === "dp3t")
    for (const { advertisement } of dp3t) expect(ear.hear(fromHex(advertisement), reception)).to.equal(undefined)
    expect(ear.hear(Uint8Array.of(3, 3, 0x68, 0xfd), reception)).to.equal(undefined)
    expect(ear.refused.foreign).to.equal(dp3t.length + 1)
  })

  it("takes what is read over a connection, if it has the length of an identifier", () => {
    const ear = new radio.Ear("dp3t")
    const value = new Uint8Array(16).fill(3)
    expect(ear.take(radio.readCharacteristic(value), reception)).to.deep.equal({ ...reception, payload: value })
    expect(ear.take(radio.readCharacteristic(value.subarray(1), 12), reception)).to.equal(undefined)
    expect(ear.refused).to.deep.equal({ foreign: 0, length: 1, malformed: 0 })
  })
})
