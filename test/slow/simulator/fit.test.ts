import { existsSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import fc from "fast-check"
import { readScenes } from "../../../src/cli/measurement/index.ts"
import { fitCurve, packetCounts } from "../../../src/simulator/fit/likelihood.ts"
import { links } from "../../../src/simulator/fit/links.ts"
import { varianceShares } from "../../../src/simulator/fit/shares.ts"
import { minimise } from "../../../src/simulator/fit/simplex.ts"
import { fitTxPower, txPowerTrials } from "../../../src/simulator/fit/tx-power.ts"
import {
  type Curve,
  fieldRadio,
  fitRadio,
  type HeldOut,
  heldOut,
  modelQuantiles,
  receive,
  seededDice,
} from "../../../src/simulator/index.ts"
import { line, standing } from "../../simulator/floor.ts"

const curve: Curve = {
  atOneMetre: -85,
  perDecade: 18,
  nearestMetres: 0.6,
  link: 8,
  packet: 4.3,
  best: 0.56,
  half: -96,
  width: 2.3,
}

function packet(receiver: string, transmitter: string, second: number, rssi: number, distance: number | null) {
  return { receiver, transmitter, second, rssi, txPower: -31, distance }
}

describe("simulator/fit", () => {
  it("the simplex finds the bottom of Rosenbrock's valley and of a shifted bowl", () => {
    const rosenbrock = ([x, y]: readonly number[]) => 100 * (y! - x! * x!) ** 2 + (1 - x!) ** 2
    minimise(rosenbrock, [-1.2, 1], [0.5, 0.5], 1e-14).forEach(x => {
      expect(x).to.be.closeTo(1, 1e-4)
    })
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 4 }), bottom => {
        const bowl = (x: readonly number[]) => x.reduce((sum, v, i) => sum + (i + 1) * (v - bottom[i]!) ** 2, 0)
        const found = minimise(
          bowl,
          bottom.map(() => 0),
          bottom.map(() => 3),
          1e-12,
        )
        found.forEach((x, i) => {
          expect(x).to.be.closeTo(bottom[i]!, 0.01)
        })
      }),
    )
  })

  it("packets of one receiver without a pause of twenty seconds are one scan, and each transmitter in it a link", () => {
    const packets = [
      packet("1", "2", 0, -80, 1),
      packet("1", "2", 1, -84, 3),
      packet("2", "1", 1.5, -70, null),
      packet("1", "3", 3, -90, null),
      packet("1", "2", 240, -60, 1),
    ]
    const found = links([{ name: "lunch", people: ["1", "2", "3"], start: 0, end: 300, packets }])
    expect(
      found.map(({ receiver, transmitter, begins, levels }) => [receiver, transmitter, begins, levels]),
    ).to.deep.equal([
      ["1", "2", 0, [-80, -84]],
      ["1", "3", 0, [-90]],
      ["2", "1", 1.5, [-70]],
      ["1", "2", 240, [-60]],
    ])
    expect(found[0]).to.include({ mean: -82, squares: 8, metres: 2 })
    expect(found[1]).to.include({ metres: null })
  })

  it("the counts of a heard link are chances: positive, together one, none of them none", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 15, noNaN: true }), fc.integer({ min: 1, max: 20 }), (metres, slots) => {
        const chances = packetCounts(curve, metres, slots)
        expect(chances).to.have.length(slots + 1)
        expect(chances[0]).to.equal(0)
        for (const chance of chances) expect(chance).to.be.within(0, 1 + 1e-9)
        expect(chances.reduce((sum, chance) => sum + chance, 0)).to.be.closeTo(1, 1e-6)
      }),
    )
  })

  it("model quantiles ascend, and rise with the distance", () => {
    let before = [0, 0, 0, 0, 0]
    for (const metres of [0.6, 1, 2, 4, 8]) {
      const now = modelQuantiles(curve, metres, -31)
      now.forEach((value, i) => {
        expect(value).to.be.above(before[i]!)
        if (i > 0) expect(value).to.be.above(now[i - 1]!)
      })
      before = now
    }
  })

  it("a transmit power one decibel higher is a ratio that is not higher; the nearest to one is taken", () => {
    const packets = [
      ...[-84, -85, -86, -90].map((rssi, i) => packet("1", "2", 100 * i, rssi, 1)),
      ...[-87, -95, -99].map((rssi, i) => packet("1", "3", 1000 + 100 * i, rssi, 3)),
    ]
    const all = links([{ name: "lunch", people: ["1", "2", "3"], start: 0, end: 2000, packets }])
    const trials = txPowerTrials(all)
    trials.slice(1).forEach(({ ratio }, i) => {
      expect(ratio).to.be.at.most(trials[i]!.ratio)
    })
    // By hand at −31 dBm: 53, 54 → 1; 55, 56, 59 → ½; 64, 68 → 0: (1 + 1 + ½ + ½ + ½) / 4
    expect(trials.find(({ txPower }) => txPower === -31)!.ratio).to.equal(3.5 / 4)
    // at −32 dBm 52, 53, 54 → 1; 55, 58 → ½: exactly 4 / 4
    expect(fitTxPower(all)).to.equal(-32)
    expect(() => txPowerTrials([])).to.throw(RangeError, "within two metres")
  })

  it("the fit finds the radio that made the packets, where each link has an offset of its own", () => {
    const made = { ...fieldRadio, receiver: 0, transmitter: 0, pair: 0, scan: 8 }
    const { model, quantileError, bins } = fitRadio(
      receive([{ ...line(20, 2000), name: "lunch" }], seededDice(11), made),
    )
    const shift = model.txPower - made.txPower
    expect(model.atOneMetre).to.be.closeTo(made.atOneMetre + shift, 1)
    expect(model.half).to.be.closeTo(made.half + shift, 0.3)
    expect(model.perDecade).to.be.closeTo(made.perDecade, 1.5)
    expect(model.nearestMetres).to.be.closeTo(made.nearestMetres, 0.15)
    expect(model.scan).to.be.closeTo(made.scan, 0.6)
    expect(model.packet).to.be.closeTo(made.packet, 0.1)
    expect(model.best).to.be.closeTo(made.best, 0.02)
    expect(model.width).to.be.closeTo(made.width, 0.3)
    expect(model.packetEverySeconds).to.be.closeTo(made.packetEverySeconds, 0.001)
    made.scanEverySeconds.forEach((seconds, i) => {
      expect(model.scanEverySeconds[i]).to.be.closeTo(seconds, 8)
    })
    expect(quantileError).to.be.below(0.6)
    expect(bins.length).to.be.above(7)
  })

  it("the parts of the spread come out as they went in: the phones', the pair's, the scan's", () => {
    const near = standing(
      Array.from({ length: 40 }, (_, i) => ({ x: Math.cos(i) / 2, y: Math.sin(i) / 2 })),
      900,
    )
    const made = { ...fieldRadio, receiver: 2, transmitter: 5, pair: 4, scan: 3, half: 120 }
    const all = links(receive([near], seededDice(5), made))
    const total = made.receiver ** 2 + made.transmitter ** 2 + made.pair ** 2 + made.scan ** 2
    const shares = varianceShares(all, { ...curve, link: Math.sqrt(total) })
    for (const part of ["receiver", "transmitter", "pair", "scan"] as const)
      expect(shares[part], part).to.be.closeTo(made[part] ** 2 / total, 0.1)
    expect(shares.receiver + shares.transmitter + shares.pair + shares.scan).to.be.closeTo(1, 1e-9)
  })

  it("a scene held out is judged by a curve that did not see it", () => {
    const [lunch] = receive([{ ...line(12, 1300), name: "lunch" }], seededDice(3))
    const [loud] = receive([{ ...line(12, 1300), name: "party" }], seededDice(4), { ...fieldRadio, atOneMetre: 44 })
    const [, party] = heldOut([lunch!, loud!], fieldRadio.txPower) as [HeldOut, HeldOut]
    expect(party.scene).to.equal("party")
    expect(party.quantileError).to.be.above(5)
  })

  it("too few known distances are refused, not fitted", () => {
    expect(() => fitCurve([], 14)).to.throw(RangeError, "at least 50")
  })
})

describe("the field measurement", () => {
  const directory = join(process.env["LINDUNG_DATA"] ?? "../shared/data", "contacts", "bt-measurements")

  it("gives the radio that stands in the code, from files read in any order", async function () {
    if (!existsSync(join(directory, "scenario01-lunch.sqlite"))) {
      console.warn(`    skipped: ${directory} is not there (public as DP-3T/bt-measurements, experiment 34)`)
      return this.skip()
    }
    const { model, quantileError } = fitRadio(await readScenes(directory))
    expect(model).to.deep.equal(fieldRadio)
    expect(quantileError).to.be.below(1)
  })
})
