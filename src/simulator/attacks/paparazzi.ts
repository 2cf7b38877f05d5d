import { type Random, uniform } from "../../crypto/index.ts"
import type { DesignName } from "../../protocol/index.ts"
import type { Attack } from "./attack.ts"

const TOWN = 10_000
const IN_SIGHT = 20
const TRIALS = 1000

/** How many of three sightings on three days, or within two hours, show linked identifiers. */
const LINKED: Readonly<Record<DesignName, { readonly days: number; readonly hours: number }>> = {
  "low-cost": { days: 3, hours: 3 },
  unlinkable: { days: 1, hours: 1 },
  hybrid: { days: 1, hours: 3 },
  gaen: { days: 1, hours: 3 },
}

/** Is the patient the only person who was in every picture? Everybody else in one is drawn from the whole town. */
function isAlone(sightings: number, random: Random): boolean {
  let left = new Set<number>()
  for (let sighting = 0; sighting < sightings; sighting++) {
    const inSight = new Set<number>()
    while (inSight.size < IN_SIGHT - 1) inSight.add(uniform(random, TOWN - 1))
    left = sighting === 0 ? inSight : new Set([...left].filter(person => inSight.has(person)))
  }
  return left.size === 0
}

/** P(alone) = (1 − ((a−1)/(N−1))^s)^(N−1) */
const formula = (sightings: number): number => (1 - ((IN_SIGHT - 1) / (TOWN - 1)) ** sightings) ** (TOWN - 1)

export const paparazzi: Attack = {
  number: 2,
  name: "paparazzi",
  title: "Cameras beside receivers: who was in every picture in which a patient's identifier was heard",
  run(random) {
    const shares = new Map<number, number>()
    for (const sightings of [1, 3]) {
      let alone = 0
      for (let trial = 0; trial < TRIALS; trial++) if (isAlone(sightings, random)) alone++
      shares.set(sightings, alone / TRIALS)
    }
    return (Object.keys(LINKED) as DesignName[]).flatMap(design =>
      (["days", "hours"] as const).map(when => {
        const sightings = LINKED[design][when]
        return {
          design,
          quantity: `chance that 3 pictures of ${IN_SIGHT} people leave one, taken ${when === "days" ? "on 3 days" : "within 2 hours"}`,
          measured: shares.get(sightings)!,
          expected: formula(sightings),
        }
      }),
    )
  },
}
