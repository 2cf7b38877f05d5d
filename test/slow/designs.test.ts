import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { MECHANISM_NAMES, type MechanismName } from "../../src/authority/index.ts"
import { runExperiment } from "../../src/cli/start/experiment.ts"
import { DESIGNS, type DesignName } from "../../src/protocol/index.ts"
import {
  addMeetings,
  afternoon,
  receive,
  SCENE_NAMES,
  seededDice,
  truthOfPositions,
} from "../../src/simulator/index.ts"

const START = 1_596_114_000
const POSITIVE = "7"

type Scenes = Pick<Parameters<typeof runExperiment>[0], "recordings" | "truth">

/** What every person is told, and the minutes that it rests on. */
async function told(scenes: Scenes, design: DesignName, mechanism: MechanismName = "simple") {
  const directory = await mkdtemp(join(tmpdir(), "lindung-designs-"))
  const rest = { positive: POSITIVE, risk: "dp3t-exposure-score", directory, redeemMillis: 20 }
  const plan = { ...scenes, design, mechanism, ...rest }
  const played = await runExperiment(plan, () => {})
  await played.close()
  await rm(directory, { recursive: true })
  return played.outcomes.map(({ name, exposure, day }) => ({ name, exposure: exposure.is, minutes: day.score }))
}

function sceneNamed(scene: string): Scenes {
  const dice = seededDice("designs")
  const scenes = afternoon(dice, START).filter(({ name }) => name === scene)
  return { recordings: receive(scenes, dice), truth: addMeetings(...scenes.map(truthOfPositions)) }
}

it("by all three mechanisms the same people are warned, of the same minutes", async function () {
  this.timeout(600_000)
  const played = sceneNamed("train")
  const [first, ...others] = MECHANISM_NAMES
  const expected = await told(played, "hybrid", first)
  for (const mechanism of others) expect(await told(played, "hybrid", mechanism), mechanism).to.deep.equal(expected)
  expect(expected.some(({ exposure }) => exposure === "exposed")).to.equal(true)
})

/** A scan that lies across the change of an identifier is halved: GAEN's change every ten minutes, the others' every 15. */
const HALVED_MINUTES = 5

describe("on each of the six scenes all designs warn the same people, the native ones of the same minutes", function () {
  this.timeout(600_000)

  for (const scene of SCENE_NAMES)
    it(scene, async () => {
      const played = sceneNamed(scene)
      const [first, ...others] = DESIGNS.map(({ name }) => name)
      const expected = await told(played, first!)
      for (const design of others) {
        const found = await told(played, design)
        if (design !== "gaen") expect(found, design).to.deep.equal(expected)
        else
          for (const [i, { name, exposure, minutes }] of found.entries()) {
            expect({ name, exposure }).to.deep.equal({ name: expected[i]!.name, exposure: expected[i]!.exposure })
            expect(Math.abs(minutes - expected[i]!.minutes), `minutes of ${name}`).to.be.at.most(HALVED_MINUTES)
          }
      }
      // On the move nobody is near for long enough to be warned.
      const isSomething = (one: (typeof expected)[number]) =>
        scene === "movement" ? one.minutes > 0 : one.exposure === "exposed"
      expect(expected.some(isSomething)).to.equal(true)
    })
})
