import { expect } from "chai"
import fc from "fast-check"
import {
  addMeetings,
  afternoon,
  type Recording,
  receive,
  seededDice,
  truthOfPackets,
  truthOfPositions,
  verdict,
} from "../../src/simulator/index.ts"
import { standing } from "./floor.ts"

type Sample = readonly [second: number, distance: number | null]

function heard(samples: readonly Sample[], start = 0, end = 1000): Recording {
  const packets = samples.map(([second, distance], i) => ({
    receiver: i % 2 === 0 ? "1" : "2",
    transmitter: i % 2 === 0 ? "2" : "1",
    second,
    rssi: -80,
    txPower: -31,
    distance,
  }))
  return { name: "train", people: ["1", "2"], start, end, packets }
}

const meeting = (nearSeconds: number, unknownSeconds: number) => ({ a: "1", b: "2", nearSeconds, unknownSeconds })

describe("simulator/truth", () => {
  it("two metres are near, a millimetre more is not; each pair is there once", () => {
    const scene = standing(
      [
        { x: 0, y: 0 },
        { x: 2, y: 0 },
        { x: 0, y: 2.001 },
      ],
      900,
    )
    expect(truthOfPositions(scene)).to.deep.equal([
      { a: "1", b: "2", nearSeconds: 900, unknownSeconds: 0 },
      { a: "1", b: "3", nearSeconds: 0, unknownSeconds: 0 },
      { a: "2", b: "3", nearSeconds: 0, unknownSeconds: 0 },
    ])
  })

  it("fifteen minutes are enough, a second less is not; seconds nobody knows decide only where they can", () => {
    expect(verdict(meeting(900, 0))).to.equal("near")
    expect(verdict(meeting(899, 0))).to.equal("apart")
    expect(verdict(meeting(899, 1))).to.equal("unknown")
    expect(verdict(meeting(900, 5000))).to.equal("near")
    expect(verdict(meeting(100, 700))).to.equal("apart")
    expect(verdict(meeting(100, 0), 60)).to.equal("near")
  })

  it("between two packets the distance changes evenly", () => {
    const cases: [Sample[], number, number][] = [
      [[[0, 1], [200, 1.5]], 200, 800],
      [[[0, 3], [200, 2.5]], 0, 800],
      [[[0, 1], [200, 3]], 100, 800],
      [[[100, 4], [400, 1]], 100, 700],
      [[[0, 2], [200, 6]], 0, 800],
    ] // biome-ignore format: one case a line
    for (const [samples, near, unknown] of cases) {
      const [result] = truthOfPackets(heard(samples))
      expect(result!.nearSeconds).to.be.closeTo(near, 1e-9)
      expect(result!.unknownSeconds).to.be.closeTo(unknown, 1e-9)
    }
  })

  it("a gap over five minutes, a null on either side, and a pair never heard are unknown", () => {
    expect(
      truthOfPackets(
        heard([
          [0, 1],
          [301, 1],
        ]),
      ),
    ).to.deep.equal([meeting(0, 1000)])
    expect(
      truthOfPackets(
        heard([
          [0, 1],
          [100, null],
          [200, 1],
        ]),
      ),
    ).to.deep.equal([meeting(0, 1000)])
    expect(truthOfPackets(heard([]))).to.deep.equal([meeting(0, 1000)])
  })

  it("near and unknown seconds never exceed the recording, whatever was heard", () => {
    const distance = fc.option(fc.double({ min: 0, max: 20, noNaN: true }))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), distance)), samples => {
        samples.sort((a, b) => a[0] - b[0])
        const [{ nearSeconds, unknownSeconds }] = truthOfPackets(heard(samples)) as [ReturnType<typeof meeting>]
        expect(nearSeconds).to.be.at.least(0)
        expect(unknownSeconds).to.be.at.least(-1e-9)
        expect(nearSeconds + unknownSeconds).to.be.at.most(1000 + 1e-9)
      }),
    )
  })

  it("for people who stand still, what packets tell encloses what positions tell", () => {
    const places = Array.from({ length: 10 }, (_, i) => ({ x: 0.9 * (i % 4), y: 1.3 * Math.floor(i / 4) }))
    const scene = standing(places, 1800)
    const told = truthOfPackets(receive([scene], seededDice(2))[0]!)
    truthOfPositions(scene).forEach(({ a, b, nearSeconds }, i) => {
      expect(told[i]).to.include({ a, b })
      expect(told[i]!.nearSeconds).to.be.at.most(nearSeconds + 1e-6)
      expect(told[i]!.nearSeconds + told[i]!.unknownSeconds).to.be.at.least(nearSeconds - 1e-6)
    })
    expect(told.some(({ nearSeconds }) => nearSeconds > 900)).to.equal(true)
  })

  it("an afternoon has pairs that were near for fifteen minutes and pairs that were not, in the scenes where people sit", () => {
    for (const scene of afternoon(seededDice(5), 0).slice(0, 4)) {
      const verdicts = truthOfPositions(scene).map(m => verdict(m))
      expect(verdicts.filter(v => v === "near").length, scene.name).to.be.within(5, 76)
      expect(verdicts).not.to.include("unknown")
    }
  })

  it("the scenes of a day add up, in whichever order a pair is named", () => {
    const turned = { a: "2", b: "1", nearSeconds: 500, unknownSeconds: 1 }
    const other = { a: "1", b: "3", nearSeconds: 7, unknownSeconds: 0 }
    expect(addMeetings([meeting(400, 2)], [turned, other])).to.deep.equal([meeting(900, 3), other])
    expect(addMeetings()).to.deep.equal([])
  })
})
