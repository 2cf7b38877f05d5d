import { type BucketRule, evaluateBuckets } from "./buckets.ts"
import { type CwaRule, evaluateCwa } from "./cwa.ts"
import { evaluateNhs, type NhsRule } from "./nhs.ts"
import { evaluateV1, type V1Rule } from "./v1.ts"
import type { DayResult, IsoDay, RiskRule, Window } from "./window.ts"
import { evaluateWindowCount, type WindowCountRule } from "./window-count.ts"

/** A rule as plain data: what a parameter set carries, and a log can show. */
export type RuleConfig = BucketRule | WindowCountRule | CwaRule | NhsRule | V1Rule

function evaluate(config: RuleConfig, windows: readonly Window[], today: IsoDay): readonly DayResult[] {
  switch (config.kind) {
    case "buckets":
      return evaluateBuckets(config, windows, today)
    case "window-count":
      return evaluateWindowCount(config, windows, today)
    case "cwa":
      return evaluateCwa(config, windows, today).map(({ windows: _, ...day }) => day)
    case "nhs":
      return evaluateNhs(config, windows, today)
    case "v1":
      return evaluateV1(config, windows, today)
  }
}

/** The rule a configuration describes; it is taken as checked. */
export const ruleOf = (config: RuleConfig): RiskRule => ({
  id: config.id,
  evaluate: (windows, today) => evaluate(config, windows, today),
})
