import { expect } from "chai"
import { afternoon, metresBetween, PEOPLE, SCENE_NAMES, type Scene, seededDice } from "../../src/simulator/index.ts"

const START = 1_600_000_000

function everySecond(scene: Scene): number[] {
  return Array.from({ length: scene.end - scene.start }, (_, i) => scene.start + i)
}

function ways(scenes: readonly Scene[]): number[] {
  return scenes.flatMap(scene =>
    scene.people.flatMap(person => {
      const { x, y } = scene.at(person, scene.start + 400)
      return [x, y]
    }),
  )
}

describe("simulator/afternoon", () => {
  const scenes = afternoon(seededDice(1), START)

  it("18 people live through six scenes of 139 minutes, in the order of the measurement", () => {
    expect(PEOPLE).to.have.length(18)
    expect(scenes.map(({ name }) => name)).to.deep.equal(SCENE_NAMES)
    expect(scenes.map(({ start, end }) => (end - start) / 60)).to.deep.equal([30, 30, 27, 21, 20, 11])
    expect(scenes[0]!.start).to.equal(START)
    scenes.slice(1).forEach((scene, i) => {
      expect(scene.start - scenes[i]!.end).to.equal(300)
    })
  })

  it("the same seed is the same afternoon, another seed another one", () => {
    expect(ways(afternoon(seededDice(1), START))).to.deep.equal(ways(scenes))
    expect(ways(afternoon(seededDice(2), START))).not.to.deep.equal(ways(scenes))
  })

  it("a later start moves the clock and nobody's feet", () => {
    const later = afternoon(seededDice(1), START + 86_400)
    expect(ways(later)).to.deep.equal(ways(scenes))
    expect(later[3]!.start - scenes[3]!.start).to.equal(86_400)
  })

  it("nobody leaves the hall of 40 by 24 metres, or moves faster than a runner", () => {
    for (const scene of scenes) {
      for (const person of scene.people) {
        const way = everySecond(scene).map(second => scene.at(person, second))
        const outside = way.filter(({ x, y }) => Math.abs(x) > 20 || y < -8 || y > 16)
        const flights = way.slice(1).filter((now, i) => metresBetween(way[i]!, now) > 3)
        expect([outside, flights], `${scene.name}, ${person}`).to.deep.equal([[], []])
      }
    }
  })

  it("distances are the same in both directions", () => {
    const scene = scenes[4]!
    for (const second of [scene.start, scene.start + 333.5, scene.end]) {
      const [a, b] = [scene.at("3", second), scene.at("11", second)]
      expect(metresBetween(a, b)).to.equal(metresBetween(b, a))
    }
  })

  it("lunch seats fourteen at two tables, the second table only at half time", () => {
    const lunch = scenes[0]!
    const atTable = (second: number) => lunch.people.filter(person => Math.abs(lunch.at(person, second).y - 0.55) < 0.8)
    expect(atTable(lunch.start + 600).length).to.be.within(7, 9)
    expect(atTable(lunch.end).length).to.be.within(14, 16)
  })

  it("refuses a person, a second and a start that are not there", () => {
    const [lunch] = scenes
    expect(() => lunch!.at("19", START)).to.throw(RangeError, "person")
    for (const second of [START - 1, START + 1801, Number.NaN])
      expect(() => lunch!.at("1", second)).to.throw(RangeError, "second")
    for (const start of [-1, Number.NaN])
      expect(() => afternoon(seededDice(1), start)).to.throw(RangeError, "startUnix")
  })
})
