import { expect } from "chai"
import fc from "fast-check"
import { type EpochMs, memoryStore, type Sighting } from "../../src/client/index.ts"
import { append, parseScans, Recorder } from "../../src/client/record.ts"
import { Reservoir } from "../../src/client/reservoir.ts"
import { seeded } from "../dice.ts"
import { dump, observations } from "./stored.ts"

const NOW = 1_600_000_000
const payload = new Uint8Array(16).fill(5)
const sighting = (changes: Partial<Sighting> = {}): Sighting => ({
  payload,
  rssi: -60,
  txPower: 0,
  at: (NOW * 1000) as EpochMs,
  scanId: 1,
  ...changes,
})
const NONE = { length: 0, strength: 0, future: 0, past: 0, crowd: 0, storage: 0 }

describe("the recorder", () => {
  const cases: [what: string, bad: Partial<Sighting>, counted: keyof typeof NONE][] = [
    ["too short a payload", { payload: new Uint8Array(15) }, "length"],
    ["too long a payload", { payload: new Uint8Array(17) }, "length"],
    ["no payload", { payload: new Uint8Array(0) }, "length"],
    ["a strength above the transmit power", { rssi: 1 }, "strength"],
    ["a strength below anything that can be heard", { rssi: -128 }, "strength"],
    ["a strength that is no number", { rssi: Number.NaN }, "strength"],
    ["an infinite transmit power", { txPower: Number.POSITIVE_INFINITY }, "strength"],
    ["a time to come", { at: ((NOW + 61) * 1000) as EpochMs }, "future"],
    ["a time that is no number", { at: Number.NaN as EpochMs }, "future"],
    ["a time long past", { at: ((NOW - 3601) * 1000) as EpochMs }, "past"],
  ]
  for (const [what, bad, counted] of cases)
    it(`counts and drops ${what}`, () => {
      const recorder = new Recorder(seeded(1))
      recorder.hear(sighting(bad), NOW, NOW)
      expect(recorder.dropped).to.deep.equal({ ...NONE, [counted]: 1 })
      expect(recorder.close()).to.equal(undefined)
    })

  it("takes what is on the edge of those", () => {
    const recorder = new Recorder(seeded(1))
    const ids = [1, 2, 3, 4].map(n => new Uint8Array(16).fill(n))
    recorder.hear(sighting({ payload: ids[0]!, rssi: 0 }), NOW, NOW)
    recorder.hear(sighting({ payload: ids[1]!, rssi: -127 }), NOW, NOW)
    recorder.hear(sighting({ payload: ids[2]!, at: ((NOW + 60) * 1000) as EpochMs }), NOW, NOW)
    recorder.hear(sighting({ payload: ids[3]!, at: ((NOW - 3600) * 1000) as EpochMs }), NOW, NOW)
    expect(recorder.dropped).to.deep.equal(NONE)
    expect(recorder.close()!.heard.map(({ scan }) => scan.min)).to.deep.equal([0, 127, 60, 60])
  })

  it("makes one scan of all packets of a scan, with their smallest and mean attenuation", () => {
    const recorder = new Recorder(seeded(1))
    for (const rssi of [-60, -50, -55]) recorder.hear(sighting({ rssi }), NOW, NOW)
    const { heard } = recorder.close()!
    expect(heard).to.have.length(1)
    expect(heard[0]!.scan).to.include({ min: 50, typical: 55, seconds: 240 })
  })

  it("a scan stands for the time since the one before it, up to five minutes", () => {
    const recorder = new Recorder(seeded(1))
    const seconds = [0, 100, 340, 2000].map((later, scanId) => {
      recorder.hear(sighting({ scanId, at: ((NOW + later) * 1000) as EpochMs }), NOW + later, NOW + later)
      return recorder.close()!.heard[0]!.scan.seconds
    })
    expect(seconds).to.deep.equal([240, 100, 240, 300])
  })

  it("keeps the slot of the wall clock, and marks by the clock that never goes back", () => {
    const recorder = new Recorder(seeded(1))
    recorder.hear(sighting(), NOW + 5000, NOW)
    const closed = recorder.close()!
    expect([closed.heard[0]!.at, closed.second]).to.deep.equal([NOW, NOW + 5000])
  })
})

/** Records scans that were heard in some order inside one bucket; the scans' random numbers are the same. */
async function recorded(scans: readonly { id: number; attenuation: number; number: number }[]): Promise<unknown> {
  const store = memoryStore()
  const reservoir = new Reservoir(seeded(2))
  for (const { id, attenuation, number } of scans) {
    const scan = { min: attenuation, typical: attenuation, seconds: 240, scanId: number }
    const kept = { heard: 7, id: new Uint8Array(16).fill(id), scan }
    await store.write(tx => reservoir.write(tx, [{ kept: [kept], marks: { bucket: 9, after: 3, firstHeard: 0 } }]))
  }
  return dump(store)
}

it("the store holds the same bytes in whatever order things were heard", async () => {
  const heard = fc.uniqueArray(
    fc.record({ id: fc.nat(3), attenuation: fc.integer({ min: 30, max: 90 }), number: fc.nat(1e9) }),
    { minLength: 2, maxLength: 8, selector: ({ number }) => number },
  )
  const orders = heard.chain(scans =>
    fc.tuple(fc.constant(scans), fc.shuffledSubarray(scans, { minLength: scans.length, maxLength: scans.length })),
  )
  await fc.assert(
    fc.asyncProperty(orders, async ([scans, shuffled]) => {
      expect(await recorded(shuffled)).to.deep.equal(await recorded(scans))
    }),
  )
})

it("the numbers of scans are drawn, and not counted", () => {
  const recorder = new Recorder(seeded(4))
  const numbers = Array.from({ length: 20 }, (_, scanId) => {
    recorder.hear(sighting({ scanId }), NOW, NOW)
    return recorder.close()!.heard[0]!.scan.scanId!
  })
  const ascending = [...numbers].sort((a, b) => a - b)
  expect(numbers).not.to.deep.equal(ascending)
  expect(Math.max(...numbers)).to.be.greaterThan(2 ** 30)
})

it("scans under one key are all kept", async () => {
  const store = memoryStore()
  const key = Uint8Array.of(1)
  const scan = (n: number) => Uint8Array.of(50, 51, 0, 240, 0, 0, 0, n)
  for (const n of [3, 1, 2]) await store.write(tx => append(tx, key, scan(n)))
  const kept = parseScans((await store.read(async tx => tx.get(key)))!)
  expect(kept.map(({ scanId }) => scanId)).to.deep.equal([1, 2, 3])
  expect(kept[0]).to.deep.equal({ min: 50, typical: 51, seconds: 240, scanId: 1 })
  expect(await observations(store)).to.deep.equal([])
})
