import type { Random } from "../../crypto/index.ts"
import type { DesignName } from "../../protocol/index.ts"

/** A number that an attacker got, beside the one that arithmetic promises. */
export interface Measurement {
  /** Every design alike, when undefined. */
  readonly design?: DesignName
  readonly quantity: string
  readonly measured: number
  /** By formula; undefined where there is nothing to hold the measurement against. */
  readonly expected?: number
}

/** An attack that is carried out, on the formats and schedules themselves. */
export interface Attack {
  /** Its number in docs/threat-model.md. */
  readonly number: number
  readonly name: string
  readonly title: string
  run(random: Random): readonly Measurement[]
}
