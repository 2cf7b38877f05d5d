// One match in a process of its own, which prints what it cost: the time from nothing to ready, and the memory.
import { workerMatcher } from "../../src/client/node/index.ts"
import { kernel } from "../../src/crypto/index.ts"
import { lowCostScene } from "./scene.ts"

const [threads = 1, chains = 0, observations = 0] = process.argv.slice(2).map(Number)
const { heard, keys } = lowCostScene(chains, observations)
let peak = process.memoryUsage().rss
const before = peak
const look = (): void => {
  peak = Math.max(peak, process.memoryUsage().rss)
}
const began = performance.now()
let ready = 0
let steps = 0
if (threads === 1) {
  const search = kernel.createMatcher().search("low-cost", heard)
  ready = performance.now() - began
  // A look costs some microseconds: not after every step.
  for (const _ of search.match(keys)) if (++steps % 50 === 0) look()
} else {
  const matcher = workerMatcher({ workers: threads })
  const search = await matcher.search("low-cost", heard)
  ready = performance.now() - began
  await search.match(keys, { progress: look })
  look()
  await matcher.close()
}
look()
console.log(JSON.stringify({ readyMs: ready, megabytesBefore: before / 1e6, megabytesPeak: peak / 1e6 }))
