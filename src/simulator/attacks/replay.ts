import { type Candidate, gaen, hybrid, lowCost, type Random, time, unlinkable } from "../../crypto/index.ts"
import type { DesignName } from "../../protocol/index.ts"
import type { Attack } from "./attack.ts"

/** Midnight of 1 May 2020: the first second of a day, a window, an epoch and an interval. */
const MIDNIGHT = 18_383 * time.SECONDS_PER_DAY
const LONGEST_MINUTES = 26 * 60

/** Whether an identifier that was broadcast at midnight counts when it is heard at another second. */
type Counts = (second: number) => readonly Candidate[] | readonly gaen.GaenCandidate[]

function designs(random: Random): Readonly<Record<DesignName, Counts>> {
  const dayKey = random.bytes(lowCost.DAY_KEY_BYTES)
  const epochSeed = random.bytes(unlinkable.EPOCH_SEED_BYTES)
  const seed = random.bytes(hybrid.WINDOW_SEED_BYTES)
  const tek = random.bytes(gaen.KEY_BYTES)
  const day = time.day(MIDNIGHT)
  const interval = time.interval(MIDNIGHT)
  return {
    "low-cost": second =>
      lowCost.candidates(
        [{ dayKey, firstDay: day, lastDay: day + 1 }],
        [{ ephId: lowCost.ephIds(dayKey)[0]!, day: time.day(second) }],
      ),
    unlinkable: second => {
      const hash = unlinkable.observationHash(unlinkable.ephId(epochSeed), time.epoch(second))
      return unlinkable.candidates([{ seed: epochSeed, epoch: time.epoch(MIDNIGHT) }], [{ hash }])
    },
    hybrid: second =>
      hybrid.candidates(
        [{ seed, window: time.window(MIDNIGHT) }],
        [{ ephId: hybrid.ephIds(seed)[0]!, window: time.window(second) }],
      ),
    gaen: second =>
      gaen.candidates(
        [{ tek, rollingStart: interval, rollingPeriod: gaen.ROLLING_PERIOD }],
        [{ rpi: gaen.rpi(gaen.rpik(tek), interval), interval: time.interval(second) }],
      ),
  }
}

const EXPECTED: Readonly<Record<DesignName, number>> = {
  "low-cost": 24 * 60 - 1,
  unlinkable: 14,
  hybrid: 119,
  gaen: 10 * (gaen.TOLERANCE_INTERVALS + 1) - 1,
}

export const replay: Attack = {
  number: 10,
  name: "replay",
  title: "A recorded identifier is broadcast again later, at another place",
  run(random) {
    return Object.entries(designs(random)).map(([design, counts]) => {
      let longest = -1
      for (let minute = 0; minute <= LONGEST_MINUTES; minute++)
        if (counts(MIDNIGHT + 60 * minute).length > 0) longest = minute
      return {
        design: design as DesignName,
        quantity: "longest delay after which it still counts, minutes",
        measured: longest,
        expected: EXPECTED[design as DesignName],
      }
    })
  },
}
