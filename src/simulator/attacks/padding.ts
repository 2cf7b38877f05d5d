import { type Random, time } from "../../crypto/index.ts"
import { type DesignName, defaultParameters, designByName, drawPadding, parseBatch } from "../../protocol/index.ts"
import { Entries, makeBatch } from "../../server/index.ts"
import type { Attack } from "./attack.ts"
import { sizesApart } from "./sizes.ts"

const BUCKET = time.bucket(18_383 * time.SECONDS_PER_DAY)
const TRIALS = 300
/** Four standard deviations of the area when nothing can be told, n of each kind: 4·√((2n+1) / 12n²). */
const CHANCE = 4 * Math.sqrt((2 * TRIALS + 1) / (12 * TRIALS ** 2))

/** How many entries a batch shows when so many people reported; their reports look as made-up ones do. */
function entriesOf(name: "low-cost" | "hybrid", reports: number, random: Random): number {
  const parameters = defaultParameters(BUCKET, [name])
  const design = designByName(name)!
  const entries = new Entries()
  for (let report = 0; report < reports; report++)
    for (const { slot, entry } of drawPadding(design, BUCKET, parameters, random)) entries.add(slot, entry)
  return parseBatch(makeBatch({ design, bucket: BUCKET, parameters, random }, entries).file).entries
}

/** P(more entries with a report) + ½ P(as many): 0.5 when the size says nothing. */
function area(without: readonly number[], withOne: readonly number[]): number {
  let sum = 0
  for (const a of without) for (const b of withOne) sum += b > a ? 1 : b === a ? 0.5 : 0
  return sum / (without.length * withOne.length)
}

/**
 * A report that is drawn as made-up ones are changes the probability of any total by the factor 20/21 at the least, so
 * that the two differ by 1/21 at most. A report that reveals more than they mostly do shows more: `whole`, below.
 */
const BOUND = 0.5 + 1 / 21 / 2

export const padding: Attack = {
  number: 33,
  name: "padding",
  title: "Did anybody report in these two hours? The size of the batch as the judge",
  run(random) {
    const likeOthers = (["low-cost", "hybrid"] as const satisfies DesignName[]).map(design => {
      const sizes = (reports: number) => Array.from({ length: TRIALS }, () => entriesOf(design, reports, random))
      return {
        design,
        quantity: `area under the curve, nobody against one person, ${TRIALS} batches each; by chance up to ${(BOUND + CHANCE).toFixed(3)}`,
        measured: area(sizes(0), sizes(1)),
        expected: BOUND,
      }
    })
    const whole = (["low-cost", "unlinkable", "hybrid", "gaen"] as const satisfies DesignName[]).map(design => {
      const { whole, apart } = sizesApart(design, random)
      return {
        design,
        quantity: `how far the sizes of the two are apart (0 to 1) when the report reveals all of 14 days (entries: ${whole})`,
        measured: apart,
        // A report of one entry excludes the smallest total, which one empty batch in 21 has.
        ...(whole === 1 && { expected: 1 / 21 }),
      }
    })
    return [...likeOthers, ...whole]
  },
}
