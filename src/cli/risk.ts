import { Command } from "commander"
import { risk } from "../client/index.ts"
import { examples, table } from "./output.ts"
import { PRESET_HEAD, presetMarkdown, presetRows } from "./risk/presets.ts"
import { readRule, readWindows } from "./risk/read.ts"
import { comparison, explained } from "./risk/show.ts"

const FILE_HELP = `
FILE is JSON, or - for the standard input: a list of exposure windows, or {"today": …, "windows": […]}.
One window is what was measured of one contact for up to half an hour or so:

  { "day": "2020-05-07", "infectiousness": 2, "reportType": 1, "calibration": 0,
    "scans": [ { "min": 48, "typical": 52, "seconds": 300, "start": 1588845600 },
               { "min": 50, "typical": 57, "seconds": 300, "start": 1588845900 } ] }

infectiousness: 0 none, 1 standard, 2 high. reportType: 1 confirmed test, 2 clinical diagnosis, 3 self-report,
4 recursive, 5 revoked. min and typical: attenuation in dB. start (unix seconds) may be left out; with it, time that
several contacts share is counted once by rules that are capped at the wall clock.`

const explainHelp = `${FILE_HELP}

Example: twelve minutes with two people at once are twelve minutes.

  lindung risk explain - <<'END'
  [ { "day": "2020-05-07", "infectiousness": 2, "reportType": 1, "calibration": 0,
      "scans": [ { "min": 48, "typical": 52, "seconds": 720, "start": 1588845600 } ] },
    { "day": "2020-05-07", "infectiousness": 2, "reportType": 1, "calibration": 0,
      "scans": [ { "min": 50, "typical": 58, "seconds": 720, "start": 1588845600 } ] } ]
  END
  2020-05-07  NONE  12 minutes  (${risk.DEFAULT_PRESET})
  …
  lindung risk explain windows.json --rule cwa-1.15+ --day 2020-05-07`

const compareHelp = `${FILE_HELP}

Example:

  lindung risk compare windows.json
  lindung risk compare windows.json --json | jq '.rules[] | select(.days[].level == "high") | .rule'`

const presetsHelp = `
Example: one preset as data, to change a number and use it as a rule.

  lindung risk presets --json | jq '.[] | select(.rule.id == "swisscovid-gaen").rule' > rule.json
  lindung risk explain windows.json --rule rule.json`

function explain(file: string, o: { rule: string; day?: string; today?: string; json?: boolean }): void {
  const rule = readRule(o.rule)
  const { windows, today } = readWindows(file, o.today)
  const all = rule.evaluate(windows, today)
  const results = o.day === undefined ? all : all.filter(({ day }) => day === o.day)
  if (o.day !== undefined && results.length === 0)
    throw new Error(`--day ${o.day}: no windows; there are some on ${all.map(({ day }) => day).join(", ") || "no day"}`)
  console.log(o.json ? JSON.stringify({ rule: rule.id, today, days: results }, null, 2) : explained(rule.id, results))
}

function compare(file: string, o: { today?: string; json?: boolean }): void {
  const { windows, today } = readWindows(file, o.today)
  const rules = [...risk.presets].map(([name, { rule }]) => ({
    rule: name,
    days: risk
      .ruleOf(rule)
      .evaluate(windows, today)
      .map(({ parts: _, ...day }) => day),
  }))
  console.log(o.json ? JSON.stringify({ today, rules }, null, 2) : comparison(rules))
}

function listPresets(o: { json?: boolean; markdown?: boolean }): void {
  if (o.json) console.log(JSON.stringify([...risk.presets.values()], null, 2))
  else if (o.markdown) console.log(presetMarkdown())
  else console.log(table([PRESET_HEAD, ...presetRows()]))
}

export function riskCommand(): Command {
  const command = new Command("risk").addHelpText(
    "after",
    examples("lindung risk presets", "lindung risk compare windows.json"),
  )
  command
    .command("explain")
    .description("What every scan contributes to the score of its day.")
    .argument("<file>", "exposure windows (JSON), - for the standard input")
    .option("-r, --rule <name>", "a preset, or a .json file that describes a rule", risk.DEFAULT_PRESET)
    .option("-d, --day <day>", "only this UTC day")
    .option("-t, --today <day>", "the day of the evaluation (default: today in the file, or its latest day)")
    .option("--json", "print JSON in place of tables")
    .addHelpText("after", explainHelp)
    .action(explain)
  command
    .command("compare")
    .description("All presets side by side on one set of windows.")
    .argument("<file>", "exposure windows (JSON), - for the standard input")
    .option("-t, --today <day>", "the day of the evaluation (default: today in the file, or its latest day)")
    .option("--json", "print JSON in place of a table")
    .addHelpText("after", compareHelp)
    .action(compare)
  command
    .command("presets")
    .description("The rules by name, with their numbers and sources.")
    .option("--json", "print them as data")
    .option("--markdown", "print the table of the documentation")
    .addHelpText("after", presetsHelp)
    .action(listPresets)
  return command
}
