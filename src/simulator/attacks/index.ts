import type { Attack } from "./attack.ts"
import { falsePositives, guessing } from "./guessing.ts"
import { linking } from "./linking.ts"
import { padding } from "./padding.ts"
import { paparazzi } from "./paparazzi.ts"
import { relay } from "./relay.ts"
import { replay } from "./replay.ts"
import { overdue, withCover, withTrigger } from "./traffic.ts"

export type { Attack, Measurement } from "./attack.ts"

/** Every attack that is carried out here, by its number. */
export const ATTACKS: readonly Attack[] = [
  linking,
  paparazzi,
  replay,
  relay,
  guessing,
  falsePositives,
  withCover,
  withTrigger,
  overdue,
  padding,
]
