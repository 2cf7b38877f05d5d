// One match in a process of its own, which prints what it cost: the time from nothing to ready, and the memory.
import { workerMatcher } from "../src/client/node/index.ts"
import { kernel } from "../src/crypto/index.ts"
import { lowCostScene } from "./scene.ts"

const [threads = 1, chains = 0, observations = 0] = process.argv.slice(2).map(Number)
const { heard, keys } = lowCostScene(chains, observations)
// The first use of randomness, hashing and console by the scene is not the kernel's start.
const before = process.memoryUsage().rss
const began = performance.now()
let ready = 0
if (threads === 1) {
  const search = kernel.createMatcher().search("low-cost", heard)
  ready = performance.now() - began
  for (const _ of search.match(keys));
} else {
  const matcher = workerMatcher({ workers: threads })
  const search = await matcher.search("low-cost", heard)
  ready = performance.now() - began
  await search.match(keys)
  await matcher.close()
}
console.log(
  JSON.stringify({
    readyMs: ready,
    megabytesBefore: before / 1e6,
    megabytesPeak: (process.resourceUsage().maxRSS * 1024) / 1e6,
  }),
)
