import { expect } from "chai"
import { kernel } from "../../../src/crypto/index.ts"
import { cases, scene, sorted } from "./world.ts"

const backends: kernel.BackendName[] = ["simd", "js"]

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
