import { risk } from "../../client/index.ts"
import { short } from "./show.ts"

const decibels = (values: readonly number[]): string => values.join(" / ")

function range({ min, max, minExclusive, maxExclusive }: risk.Range): string {
  return `${minExclusive ? "(" : "["}${min}, ${max}${maxExclusive ? ")" : "]"}`
}

/** From which score a day warns, in words. */
function warns(rule: risk.RuleConfig, unit: string): string {
  if (rule.kind === "cwa") {
    const from = (level: "low" | "high"): string =>
      `${level} ${rule.dayLevels.find(entry => entry.level === level)?.minutes.min} min`
    return `${from("low")}, ${from("high")} a day`
  }
  if (!("high" in rule.warning))
    return rule.warning.classes.map(({ index, level }) => `class ${index}: ${level}`).join(", ")
  const { high, low, strict } = rule.warning
  const sign = strict ? ">" : "≥"
  return `${low === undefined ? "" : `low ${sign} ${low}, `}${sign} ${high} ${unit}`
}

function bucketRow(rule: risk.BucketRule): [numbers: string, warns: string] {
  const factors: string[] = []
  if (rule.infectiousnessWeights !== null)
    factors.push(`infectiousness ${rule.infectiousnessWeights.map(short).join(", ")}`)
  if (rule.reportTypeWeights !== null) factors.push(`report type ${rule.reportTypeWeights.map(short).join(", ")}`)
  if (rule.minimumWindowScore > 0) factors.push(`window ≥ ${rule.minimumWindowScore}`)
  if (rule.rounding !== "none") factors.push(`rounding ${rule.rounding}`)
  if (rule.cap === "wall-clock") factors.push("capped at the wall clock")
  const numbers = [
    `${rule.comparison} ${decibels(rule.thresholds)} dB × ${rule.weights.map(short).join(" / ")}`,
    ...factors,
  ]
  return [numbers.join("; "), warns(rule, rule.unit === "minutes" ? "min" : "weighted s")]
}

function row(rule: risk.RuleConfig): [numbers: string, warns: string] {
  switch (rule.kind) {
    case "buckets":
      return bucketRow(rule)
    case "window-count": {
      const bad = rule.badAttenuation === undefined ? "" : `; ≥ ${rule.badAttenuation} dB ignored`
      const event = rule.event === undefined ? "" : `; > ${rule.event.threshold} of the mean ${rule.event.of}`
      const cut = `windows of ${rule.windowMinutes} min from the ${rule.from.replace("-", " ")}`
      return [`${cut}, mean < ${rule.contactAttenuation} dB${bad}${event}`, warns(rule, "windows")]
    }
    case "cwa": {
      const weights = rule.weights.map(w => `${range(w.attenuation)} × ${w.weight}`).join(", ")
      const value = "multiplier" in rule.value ? `level × ${rule.value.multiplier}` : "value by level"
      return [`smallest dB ${weights}; ${value}`, warns(rule, "min")]
    }
    case "nhs":
      return ["smoothed distance d, seconds × min(1, (1 m / d)²) per window", warns(rule, "s")]
    case "v1":
      return ["product of scores for attenuation, days, duration, transmission, per window", warns(rule, "points")]
  }
}

/** What every preset does, as rows: name, numbers, warning, days considered, what it is. */
export function presetRows(): (string | number)[][] {
  return [...risk.presets].map(([name, { rule, what }]) => {
    const [numbers, warning] = row(rule)
    return [name, numbers, warning, rule.considerDays, what]
  })
}

export const PRESET_HEAD = ["preset", "numbers", "warns", "days", "what"] as const

/** The same as a table of Markdown, sources included: the text between the marks of docs/exposure-rules.md. */
export function presetMarkdown(): string {
  const cell = (value: string | number): string => String(value).replaceAll("|", "\\|")
  const rows = presetRows().map(([name, ...rest], i) => {
    const { source } = [...risk.presets.values()][i]!
    return `| \`${name}\` | ${rest.map(cell).join(" | ")} | ${cell(source.join("; "))} |`
  })
  return [`| ${PRESET_HEAD.join(" | ")} | source |`, "|---|---|---|---|---|---|", ...rows].join("\n")
}
