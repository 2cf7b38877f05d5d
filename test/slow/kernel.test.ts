import { expect } from "chai"
import { gaen, hybrid, kernel, lowCost } from "../../src/crypto/index.ts"
import { generator, result } from "../crypto/kernel/world.ts"

// Every key is asked for one identifier of its own, that of its last counter or of a random one, derived by @noble: a
// back end that misses any, or finds one too many, disagrees. A million keys of each design, against each back end.
const KEYS = 1_000_000
const SLICE = 50_000

interface Plan {
  readonly design: kernel.Design
  readonly size: 16 | 32
  /** units of the design, of which a key uses one (low-cost: the chain's first day), and identifiers of a key */
  readonly base: number
  readonly units: number
  readonly identifiers: number
  span(unit: number): [first: number, last: number]
  identifier(secret: Uint8Array, unit: number, index: number): { id: Uint8Array; time: number }
}

const plans: Plan[] = [
  {
    design: "low-cost",
    size: 32,
    base: 18_400,
    units: 14,
    identifiers: 96,
    span: unit => [unit, unit],
    identifier: (secret, unit, index) => ({ id: lowCost.ephIds(secret)[index]!, time: unit }),
  },
  {
    design: "hybrid",
    size: 16,
    base: 220_800,
    units: 168,
    identifiers: 8,
    span: unit => [unit, unit],
    identifier: (secret, unit, index) => ({ id: hybrid.ephIds(secret)[index]!, time: unit }),
  },
  {
    design: "gaen",
    size: 16,
    base: 18_400,
    units: 14,
    identifiers: 144,
    span: unit => [144 * unit, 144 * unit + 143],
    identifier: (secret, unit, index) => ({
      id: gaen.rpi(gaen.rpik(secret), 144 * unit + index),
      time: 144 * unit + index,
    }),
  },
]

for (const plan of plans)
  it(`${plan.design}: of a million random keys, both back ends find the one identifier that was heard of each`, () => {
    const { bytes, below } = generator(plan.size + plan.identifiers)
    const matchers = (["simd", "js"] as const).map(backend => kernel.createMatcher({ backend }))
    for (let done = 0; done < KEYS; done += SLICE) {
      const secrets = bytes(plan.size * SLICE)
      const units = Uint32Array.from({ length: SLICE }, () => plan.base + below(plan.units))
      const identifiers = new Uint8Array(16 * SLICE)
      const times = new Uint32Array(SLICE)
      units.forEach((unit, key) => {
        const secret = secrets.subarray(plan.size * key, plan.size * (key + 1))
        const index = key % 2 === 0 ? plan.identifiers - 1 : below(plan.identifiers)
        const { id, time } = plan.identifier(secret, unit, index)
        identifiers.set(id, 16 * key)
        times[key] = time
      })
      const keys = {
        secrets,
        first: units.map(unit => plan.span(unit)[0]),
        last: units.map(unit => plan.span(unit)[1]),
      }
      for (const matcher of matchers) {
        const found = result<readonly { key: number; observation: number }[]>(
          matcher.search(plan.design, { identifiers, times }).match(keys),
        )
        expect(found.length).to.equal(SLICE)
        expect(found.every(({ key, observation }, i) => key === i && observation === i)).to.equal(true)
      }
    }
  })
