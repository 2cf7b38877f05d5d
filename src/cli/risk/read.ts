import { readFileSync } from "node:fs"
import { risk } from "../../client/index.ts"

/** The largest file that is read: 10,000 windows are about 5 MB. */
const MAX_BYTES = 64 * 2 ** 20

export interface Measured {
  readonly windows: readonly risk.Window[]
  readonly today: risk.IsoDay
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Numbers may be anything a file can hold: whether they can have been measured is the rule's question. */
function scanProblems(scan: unknown, path: string): string[] {
  if (!isObject(scan)) return [`${path}: expected an object`]
  const problems = ["min", "typical", "seconds"].flatMap(name =>
    typeof scan[name] === "number" ? [] : [`${path}.${name}: expected a number`],
  )
  for (const name of ["start", "scanId"])
    if (scan[name] !== undefined && typeof scan[name] !== "number") problems.push(`${path}.${name}: expected a number`)
  return problems
}

function windowProblems(window: unknown, path: string): string[] {
  if (!isObject(window)) return [`${path}: expected an object`]
  const problems: string[] = []
  if (typeof window["day"] !== "string" || Number.isNaN(risk.dayNumber(window["day"])))
    problems.push(`${path}.day: expected a day like "2020-05-08", got ${JSON.stringify(window["day"])}`)
  if (![0, 1, 2].includes(window["infectiousness"] as number))
    problems.push(`${path}.infectiousness: expected 0 (none), 1 (standard) or 2 (high)`)
  if (typeof window["reportType"] !== "number") problems.push(`${path}.reportType: expected a number from 0 to 5`)
  if (typeof window["calibration"] !== "number") problems.push(`${path}.calibration: expected a number from 0 to 3`)
  if (!Array.isArray(window["scans"])) return [...problems, `${path}.scans: expected a list`]
  return [...problems, ...window["scans"].flatMap((scan, i) => scanProblems(scan, `${path}.scans[${i}]`))]
}

const SHOWN_PROBLEMS = 20

/**
 * Exposure windows from a JSON file, or from the standard input for "-": a list of windows, or an object with `windows`
 * and `today`.
 * @param today the day of the evaluation; that of the file, or else its latest day, when it is not given
 * @throws Error with every problem and its path
 */
export function readWindows(path: string, today: string | undefined): Measured {
  const text = readFileSync(path === "-" ? 0 : path, "utf8")
  if (text.length > MAX_BYTES) throw new Error(`${path}: more than ${MAX_BYTES} bytes`)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new Error(`${path}: not JSON (${error instanceof Error ? error.message : String(error)})`)
  }
  const windows = isObject(json) ? json["windows"] : json
  if (!Array.isArray(windows)) throw new Error(`${path}: expected a list of windows, or an object with "windows"`)
  const problems = windows.flatMap((window, i) => windowProblems(window, `windows[${i}]`))
  const given = today ?? (isObject(json) ? json["today"] : undefined)
  if (given !== undefined && (typeof given !== "string" || Number.isNaN(risk.dayNumber(given))))
    problems.push(`today: expected a day like "2020-05-08", got ${JSON.stringify(given)}`)
  if (problems.length > 0) {
    const more = problems.length > SHOWN_PROBLEMS ? `\n… and ${problems.length - SHOWN_PROBLEMS} more` : ""
    throw new Error(`${path}:\n${problems.slice(0, SHOWN_PROBLEMS).join("\n")}${more}`)
  }
  const checked = windows as risk.Window[]
  const latest = checked.reduce((last, { day }) => (day > last ? day : last), checked[0]?.day ?? "1970-01-01")
  return { windows: checked, today: (given as risk.IsoDay | undefined) ?? (latest as risk.IsoDay) }
}

/**
 * The rule of that name, or of a JSON file that describes one.
 * @throws Error with every problem and its path
 */
export function readRule(name: string): risk.RiskRule {
  let described: unknown = name
  if (name.endsWith(".json")) described = JSON.parse(readFileSync(name, "utf8"))
  const checked = risk.checkRule(described)
  if (checked.ok) return checked.rule
  throw new Error(
    checked.problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("\n"),
  )
}
