import { expect } from "chai"
import fc from "fast-check"
import {
  afternoon,
  fieldRadio,
  metresBetween,
  type Recording,
  receive,
  receptionChance,
  seededDice,
  typicalAttenuation,
} from "../../src/simulator/index.ts"
import { line, standing } from "./floor.ts"

const START = 1_600_000_000

/** Attenuation of received packets in the measurement, dB: from, to, then 5, 25, 50, 75, 95 % (lindung measurement fit). */
const MEASURED = [
  [0.5, 0.75, 29.0, 42.7, 49.7, 55.7, 63.0],
  [0.75, 1, 34.8, 43.9, 50.4, 56.2, 63.6],
  [1, 1.5, 39.3, 47.8, 53.5, 58.7, 65.1],
  [1.5, 2, 43.1, 50.0, 55.5, 59.9, 65.5],
  [2, 2.5, 45.1, 52.4, 56.9, 61.1, 66.3],
  [2.5, 3, 45.0, 52.8, 57.9, 62.0, 66.7],
  [3, 4, 47.3, 55.3, 59.6, 62.9, 67.2],
  [4, 6, 48.8, 55.8, 59.7, 62.9, 67.0],
  [6, 10, 49.3, 56.2, 59.8, 63.2, 67.1],
] as const

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(share * sorted.length)]!
}

describe("simulator/radio", () => {
  const scenes = afternoon(seededDice(1), START)
  const recordings = receive(scenes, seededDice("radio 1"))

  it("the same seed receives the same packets, another seed others", () => {
    expect(receive(afternoon(seededDice(1), START), seededDice("radio 1"))).to.deep.equal(recordings)
    const others = receive(scenes.slice(5), seededDice("radio 2"))[0]!
    expect(others.packets).not.to.deep.equal(recordings[5]!.packets)
  })

  it("an afternoon is about as many packets as the measurement's 34,835, and every phone hears and is heard", () => {
    const counts = [1, 2].map(seed => {
      const dice = seededDice(seed)
      return receive(afternoon(dice, START), dice).reduce((sum, { packets }) => sum + packets.length, 0)
    })
    for (const count of counts) expect(count).to.be.within(25_000, 60_000)
    const packets = recordings.flatMap(recording => recording.packets)
    expect(new Set(packets.map(({ receiver }) => receiver))).to.have.property("size", 18)
    expect(new Set(packets.map(({ transmitter }) => transmitter))).to.have.property("size", 18)
  })

  it("packets come in the order of time, inside their scene, from somebody else, at a level Bluetooth can report", () => {
    for (const { packets, start, end } of recordings) {
      const wrong = packets.filter(({ second, receiver, transmitter, rssi, txPower }, i) => {
        const inOrder = second >= (packets[i - 1]?.second ?? start) && second <= end
        const levels = Number.isInteger(rssi) && rssi >= -127 && rssi <= 20 && txPower === fieldRadio.txPower
        return !inOrder || !levels || receiver === transmitter
      })
      expect(wrong).to.be.empty
      expect(packets).not.to.be.empty
    }
  })

  it("a packet carries the true distance of the two at its second", () => {
    recordings.forEach(({ packets }, i) => {
      for (const { receiver, transmitter, second, distance } of packets.filter((_, j) => j % 97 === 0)) {
        const scene = scenes[i]!
        const truth = metresBetween(scene.at(transmitter, second), scene.at(receiver, second))
        expect(distance).to.be.closeTo(truth, 0.01)
      }
    })
  })

  it("a phone listens four seconds at a time, three and a half to five minutes apart", () => {
    const [least, most] = fieldRadio.scanEverySeconds
    const times = recordings[1]!.packets.filter(({ receiver }) => receiver === "5").map(({ second }) => second)
    const begins = times.filter((time, i) => i === 0 || time - times[i - 1]! > 20)
    expect(begins.length).to.be.within(5, 9)
    begins.forEach((begin, i) => {
      if (i > 0) expect(begin - begins[i - 1]!).to.be.within(least - 4, most + 4)
      for (const time of times.filter(t => t >= begin && t < begin + 20)) expect(time - begin).to.be.below(4)
    })
  })

  it("nothing is received from beyond the range, and what is far is received rarely and weakly", () => {
    const places = [
      { x: 0, y: 0 },
      { x: fieldRadio.rangeMetres + 0.1, y: 0 },
    ]
    expect(receive([standing(places, 36_000)], seededDice(3))[0]!.packets).to.be.empty
    fc.assert(
      fc.property(fc.double({ min: 0, max: 50, noNaN: true }), fc.double({ min: 0, max: 50, noNaN: true }), (a, b) => {
        const [near, far] = [Math.min(a, b), Math.max(a, b)]
        expect(typicalAttenuation(fieldRadio, far)).to.be.at.least(typicalAttenuation(fieldRadio, near))
        const chance = (metres: number) => receptionChance(fieldRadio, typicalAttenuation(fieldRadio, metres))
        expect(chance(far)).to.be.at.most(chance(near))
      }),
    )
  })

  it("the typical attenuation is that of the formula", () => {
    const model = { ...fieldRadio, atOneMetre: 54, perDecade: 20, nearestMetres: 0.5, best: 0.6, half: 65 }
    expect(typicalAttenuation(model, 1)).to.equal(54)
    expect(typicalAttenuation(model, 10)).to.equal(74)
    expect(typicalAttenuation(model, 0)).to.be.closeTo(54 + 20 * Math.log10(0.5), 1e-9)
    expect(receptionChance(model, 65)).to.equal(0.3)
    expect(receptionChance(model, 0)).to.be.closeTo(0.6, 1e-9)
  })

  it("received packets have the attenuations of the measurement: median within 2.5 dB, quartiles and 95 % within 3", () => {
    const { packets } = receive([line(100, 250)], seededDice(8))[0] as Recording
    for (const [from, to, ...wanted] of MEASURED) {
      const inside = packets.filter(({ distance }) => distance! >= from && distance! < to)
      expect(inside.length, `${from} m`).to.be.above(400)
      const got = [0.25, 0.5, 0.75, 0.95].map(share =>
        quantile(
          inside.map(p => p.txPower - p.rssi),
          share,
        ),
      )
      got.forEach((value, i) => {
        expect(value, `${from} m, quantile ${i}`).to.be.closeTo(wanted[i + 1]!, i === 1 ? 2.5 : 3)
      })
    }
  })

  it("a pair keeps its offset through a scene, so that two pairs at one distance differ more than two scans of one", () => {
    const places = Array.from({ length: 12 }, (_, i) => ({
      x: Math.cos((i * Math.PI) / 6),
      y: Math.sin((i * Math.PI) / 6),
    }))
    const { packets, start } = receive([standing(places, 3600)], seededDice(4))[0] as Recording
    const halves = new Map<string, [number[], number[]]>()
    for (const { receiver, transmitter, second, rssi } of packets) {
      const key = `${receiver} ${transmitter}`
      if (!halves.has(key)) halves.set(key, [[], []])
      halves.get(key)![second < start + 1800 ? 0 : 1].push(rssi)
    }
    const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length
    const means = [...halves.values()].filter(h => h.every(v => v.length > 0)).map(([a, b]) => [mean(a), mean(b)])
    expect(means.length).to.be.above(120)
    const variance = (values: readonly number[]) => mean(values.map(x => (x - mean(values)) ** 2))
    const between = variance(means.map(([a]) => a!))
    expect(variance(means.map(([a, b]) => a! - b!)) / 2).to.be.below(between / 2)
  })
})
