import { expect } from "chai"
import { kernel } from "../../../src/crypto/index.ts"
import { type Case, cases, generator, observations, publishedKeys, sorted } from "./world.ts"

const backends: kernel.BackendName[] = ["simd", "js"]

/** Keys around the design's base, and observations of which about every second is of one of them. */
export function scene(design: Case, seed: number, keyCount: number, heardCount: number) {
  const { bytes, below } = generator(seed)
  const keys = Array.from({ length: keyCount }, () => ({
    secret: bytes(design.size),
    ...design.span(design.base + below(3) * (design.name === "GAEN" ? 100 : 2), below),
  }))
  const heard = Array.from({ length: heardCount }, () => {
    const key = keys[below(keys.length + 1)]
    if (key === undefined || below(2) === 0) return { id: bytes(16), time: design.base + below(20) }
    return design.identifier(key.secret, key.first, key.last, below)
  })
  return { keys: publishedKeys(design.size, keys), heard: observations(heard) }
}

for (const design of cases)
  for (const backend of backends)
    describe(`${design.name}, ${backend}`, () => {
      for (const [keyCount, heardCount] of [
        [0, 0],
        [0, 5],
        [1, 0],
        [1, 1],
        [3, 40],
        [127, 60],
        [128, 60],
        [129, 60],
        [300, 300],
      ] as const)
        it(`${keyCount} keys and ${heardCount} observations give the candidates of the definition`, () => {
          const { keys, heard } = scene(design, 1000 * keyCount + heardCount, keyCount, heardCount)
          const matcher = kernel.createMatcher({ backend })
          expect(sorted(design.matched(matcher, keys, heard))).to.deep.equal(sorted(design.definition(keys, heard)))
        })
    })
