import { expect } from "chai"
import { action, distance, type Kind, type Seen, type Slow } from "../../client/wire.ts"

const ACTIONS = 250
/** Two samples of one distribution are further apart once in ten thousand times: √(−ln(α/2)/2). */
const FAR = Math.sqrt(-Math.log(1e-4 / 2) / 2)
/** A phone so slow that its writes would show: a report makes one more than a cover action before the first upload. */
const SLOW: Slow = { writeSeconds: 0.9 }

async function sample(kind: Kind, slow: Slow, from: number): Promise<Seen[]> {
  const all: Seen[] = []
  for (let i = 0; i < ACTIONS; i++) all.push(await action(kind, from + i, slow))
  return all
}

const distances = (a: readonly Seen[], b: readonly Seen[]): Record<"pause" | "buckets" | "place", number> => {
  const of = (name: "pause" | "buckets" | "place") =>
    distance(
      a.map(one => one[name]),
      b.map(one => one[name]),
    )
  return { pause: of("pause"), buckets: of("buckets"), place: of("place") }
}

describe("the times of an action", () => {
  const samples = new Map<Kind, Seen[]>()
  before(async () => {
    for (const [i, kind] of (["cover", "report", "wrong code"] as const).entries())
      samples.set(kind, await sample(kind, SLOW, 10_000 * i))
  })

  for (const kind of ["report", "wrong code"] as const)
    it(`do not tell a ${kind} from a cover action`, () => {
      const found = distances(samples.get(kind)!, samples.get("cover")!)
      for (const [what, far] of Object.entries(found)) expect(far, what).to.be.below(FAR)
    })

  it("would tell, if a phone paused after its work instead of during it", async () => {
    const slow = { ...SLOW, impatient: true }
    const found = distances(await sample("report", slow, 0), await sample("cover", slow, 10_000))
    expect(found.pause).to.be.above(FAR)
  })

  it("would tell, if second uploads of reports came in the first half of their bucket", () => {
    const early = samples.get("report")!.map(one => ({ ...one, place: one.place / 2 }))
    expect(distances(early, samples.get("cover")!).place).to.be.above(FAR)
  })
})
