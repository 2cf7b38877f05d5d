import { presets } from "./presets.ts"
import {
  boolean,
  isObject,
  type Look,
  list,
  nullOr,
  number,
  object,
  oneOf,
  type Problem,
  text,
  wholeNumber,
} from "./problems.ts"
import { type RuleConfig, ruleOf } from "./rule.ts"
import { CLASS_THRESHOLDS } from "./summary.ts"
import type { RiskRule } from "./window.ts"

export type { Problem }

const decibel = number(0, 127, "an attenuation from 0 to 127 dB")
const weight = number(0, 100)
const amount = number(0, 1e6)
const days = wholeNumber(1, 28)
const level = oneOf("low", "high")

/** Runs all looks, in turn. */
const both =
  (...looks: readonly Look[]): Look =>
  (path, value, problems) => {
    for (const look of looks) look(path, value, problems)
  }

/** Each entry greater than the one before. */
const ascending: Look = (path, value, problems) => {
  if (!Array.isArray(value)) return
  value.forEach((entry, i) => {
    if (i > 0 && entry <= value[i - 1])
      problems.push({ path: `${path}[${i}]`, message: `expected more than ${value[i - 1]}, got ${entry}` })
  })
}

const threshold = object({ high: amount }, { low: amount, strict: boolean })
const lowBelowHigh: Look = (path, value, problems) => {
  if (!isObject(value) || typeof value["low"] !== "number" || typeof value["high"] !== "number") return
  if (value["low"] > value["high"])
    problems.push({ path: `${path}.low`, message: `expected at most ${value["high"]}, got ${value["low"]}` })
}
const warning = both(threshold, lowBelowHigh)

const classes = object({
  classes: list(
    object({ index: wholeNumber(1, 64), level }, Object.fromEntries(CLASS_THRESHOLDS.map(name => [name, amount]))),
  ),
})

const buckets = both(
  object({
    kind: text,
    id: text,
    attenuation: oneOf("typical", "min"),
    comparison: oneOf("<", "<="),
    thresholds: both(list(decibel), ascending),
    weights: list(weight),
    infectiousnessWeights: nullOr(list(weight, 3)),
    reportTypeWeights: nullOr(list(weight, 6)),
    minimumWindowScore: amount,
    unit: oneOf("minutes", "weighted-seconds"),
    rounding: oneOf("none", "up-nested", "up-per-bucket", "down-per-scan", "down-per-weighted-scan"),
    cap: oneOf("wall-clock", "none"),
    warning: (path, value, problems) =>
      (isObject(value) && "classes" in value ? classes : warning)(path, value, problems),
    considerDays: days,
  }),
  (_, value, problems) => {
    if (!isObject(value)) return
    const { thresholds, weights, rounding, infectiousnessWeights, reportTypeWeights } = value
    if (Array.isArray(thresholds) && Array.isArray(weights) && weights.length !== thresholds.length + 1)
      problems.push({
        path: "weights",
        message: `expected ${thresholds.length + 1} entries, one more than thresholds, got ${weights.length}`,
      })
    if (rounding === "up-per-bucket" && (infectiousnessWeights !== null || reportTypeWeights !== null))
      problems.push({
        path: "rounding",
        message: 'expected infectiousnessWeights and reportTypeWeights to be null with "up-per-bucket"',
      })
  },
)

const windowCount = object(
  {
    kind: text,
    id: text,
    from: oneOf("first-handshake", "quarter-hour"),
    closed: oneOf("start", "end"),
    windowMinutes: oneOfNumbers(1, 3, 5, 15),
    contactAttenuation: decibel,
    txPower: number(-127, 127),
    warning,
    considerDays: days,
  },
  {
    badAttenuation: decibel,
    event: object({ threshold: number(0, 10), of: oneOf("attenuation", "rssi") }),
  },
)

function oneOfNumbers(...values: readonly number[]): Look {
  return (path, value, problems) => {
    if (!values.includes(value as number))
      problems.push({ path, message: `expected ${values.join(" or ")}, got ${String(value)}` })
  }
}

const range = both(
  object({ min: amount, max: amount }, { minExclusive: boolean, maxExclusive: boolean }),
  (path, value, problems) => {
    if (isObject(value) && (value["min"] as number) > (value["max"] as number))
      problems.push({ path: `${path}.max`, message: `expected at least ${value["min"]}, got ${value["max"]}` })
  },
)
const levels = list(object({ minutes: range, level }))
const offset = wholeNumber(0, 64)

const cwa = object({
  kind: text,
  id: text,
  attenuation: oneOf("typical", "min"),
  minutesFilters: list(object({ attenuation: range, dropIfMinutes: range })),
  firstFilterOnly: boolean,
  levelFilters: list(range),
  weights: list(object({ attenuation: range, weight })),
  encoding: object({
    infectiousness: object({ standard: offset, high: offset }),
    reportType: object({ recursive: offset, selfReport: offset, clinicalDiagnosis: offset, confirmedTest: offset }),
  }),
  value: (path, value, problems) => {
    if (isObject(value) && "byLevel" in value)
      object({
        byLevel: (at, table, found) => {
          if (isObject(table)) for (const [name, entry] of Object.entries(table)) weight(`${at}.${name}`, entry, found)
          else found.push({ path: at, message: "expected a value for each transmission risk level" })
        },
      })(path, value, problems)
    else object({ multiplier: weight })(path, value, problems)
  },
  windowLevels: levels,
  dayLevels: levels,
  roundDayToTenths: boolean,
  considerDays: days,
})

const positive = number(1e-9, 1e6, "a number above 0")
const nhs = object({
  kind: text,
  id: text,
  sampleSeconds: number(0.5, 300),
  minimumDistance: positive,
  logDistance: object({ coefficient: positive, intercept: number(-100, 100), variance: positive }),
  initial: object({ mean: positive, variance: positive }),
  stepDistance: positive,
  infectiousnessWeights: list(weight, 3),
  warning,
  considerDays: days,
})

const scores = list(number(0, 100), 8)
const v1 = object({
  kind: text,
  id: text,
  attenuationScores: scores,
  daysScores: scores,
  durationScores: scores,
  transmissionScores: scores,
  minimumRiskScore: amount,
  warning,
  considerDays: days,
})

const kinds = { buckets, "window-count": windowCount, cwa, nhs, v1 } as const

export type CheckedRule =
  | { readonly ok: true; readonly rule: RiskRule }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * The rule that is meant by the name of a preset, a rule as data, or a rule of one's own; or everything that is wrong
 * with it.
 */
export function checkRule(x: unknown): CheckedRule {
  if (typeof x === "string") {
    const preset = presets.get(x)
    if (preset !== undefined) return { ok: true, rule: ruleOf(preset.rule) }
    return fault("", `unknown preset ${JSON.stringify(x.slice(0, 80))}; known are ${[...presets.keys()].join(", ")}`)
  }
  if (!isObject(x)) return fault("", "expected the name of a preset, a rule as data, or an object with id and evaluate")
  if (typeof x["evaluate"] === "function") {
    const problems: Problem[] = []
    text("id", x["id"], problems)
    return problems.length === 0 ? { ok: true, rule: x as unknown as RiskRule } : { ok: false, problems }
  }
  const { kind } = x
  if (typeof kind !== "string" || !Object.hasOwn(kinds, kind))
    return fault("kind", `expected ${Object.keys(kinds).join(", ")}, got ${JSON.stringify(kind) ?? "nothing"}`)
  const problems: Problem[] = []
  kinds[kind as keyof typeof kinds]("", x, problems)
  return problems.length === 0 ? { ok: true, rule: ruleOf(x as unknown as RuleConfig) } : { ok: false, problems }
}

const fault = (path: string, message: string): CheckedRule => ({ ok: false, problems: [{ path, message }] })
