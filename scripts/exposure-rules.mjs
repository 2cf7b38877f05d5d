// The generated parts of docs/exposure-rules.md: the table of presets, the minutes until each warns, and their plot.
//   node scripts/exposure-rules.mjs          checks that they are what the code says
//   node scripts/exposure-rules.mjs --write  writes them
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { presetMarkdown } from "../dist/src/cli/risk/presets.js"
import { risk } from "../dist/src/client/index.js"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const page = join(root, "docs", "exposure-rules.md")
const plot = name => join(root, "docs", name)

const [NEAREST, FARTHEST] = [30, 95]
const LONGEST = 60
const DAY = risk.dayNumber("2020-05-19")

/** One contact, one scan a minute at one attenuation, in windows of half an hour, from the quarter hour on. */
function contact(minutes, attenuation) {
  const start = DAY * 86_400 + 43_200
  const windows = []
  for (let minute = 0; minute < minutes; minute++) {
    if (minute % 30 === 0)
      windows.push({ day: risk.isoDay(DAY), infectiousness: 2, reportType: 1, calibration: 3, scans: [] })
    const scan = { min: attenuation, typical: attenuation, seconds: 60, start: start + 60 * minute }
    windows.at(-1).scans.push(scan)
  }
  return windows
}

/** The least number of minutes together that warns; undefined if an hour does not. */
function minutesToWarning(rule, attenuation) {
  for (let minutes = 1; minutes <= LONGEST; minutes++) {
    const [day] = rule.evaluate(contact(minutes, attenuation), risk.isoDay(DAY + 1))
    if (day.level === "high") return minutes
  }
  return undefined
}

const attenuations = Array.from({ length: FARTHEST - NEAREST + 1 }, (_, i) => NEAREST + i)
const curves = [...risk.presets].map(([name, { rule }]) => ({
  name,
  minutes: attenuations.map(attenuation => minutesToWarning(risk.ruleOf(rule), attenuation)),
}))

function minutesTable() {
  const shown = [40, 50, 54, 55, 60, 62, 63, 65, 70, 75, 80]
  const head = `| preset | ${shown.map(dB => `${dB} dB`).join(" | ")} |`
  const rows = curves.map(({ name, minutes }) => {
    const cells = shown.map(dB => minutes[dB - NEAREST] ?? "–")
    return `| \`${name}\` | ${cells.join(" | ")} |`
  })
  return [head, `|---|${"--:|".repeat(shown.length)}`, ...rows].join("\n")
}

const COLUMNS = 4
const PANEL = { width: 236, height: 156, left: 34, top: 30, right: 14, bottom: 26 }

const x = dB => PANEL.left + ((dB - NEAREST) / (FARTHEST + 1 - NEAREST)) * (PANEL.width - PANEL.left - PANEL.right)
const y = minutes => PANEL.height - PANEL.bottom - (minutes / LONGEST) * (PANEL.height - PANEL.top - PANEL.bottom)
const at = value => value.toFixed(1)

/** A step for every dB, with gaps where an hour does not warn. */
function steps(minutes) {
  let path = ""
  let open = false
  for (const [i, value] of minutes.entries()) {
    if (value === undefined) {
      open = false
      continue
    }
    path += `${open ? "L" : "M"}${at(x(NEAREST + i))} ${at(y(value))}H${at(x(NEAREST + i + 1))}`
    open = true
  }
  return path
}

function panel({ name, minutes }, place) {
  const left = (place % COLUMNS) * PANEL.width
  const top = Math.floor(place / COLUMNS) * PANEL.height
  const grid = [0, 15, 30, 45, 60].map(
    value =>
      `<path class="grid" d="M${at(x(NEAREST))} ${at(y(value))}H${at(x(FARTHEST + 1))}"/>` +
      `<text class="tick" x="${PANEL.left - 5}" y="${at(y(value) + 3)}" text-anchor="end">${value}</text>`,
  )
  const ticks = [40, 55, 70, 85].map(
    dB =>
      `<text class="tick" x="${at(x(dB))}" y="${PANEL.height - PANEL.bottom + 13}" text-anchor="middle">${dB}</text>`,
  )
  const reference = place === 0 ? "" : `<path class="reference" d="${steps(curves[0].minutes)}"/>`
  return (
    `<g transform="translate(${left} ${top})"><text class="name" x="${PANEL.left}" y="17">${name}</text>` +
    `${grid.join("")}${ticks.join("")}${reference}<path class="rule" d="${steps(minutes)}"/></g>`
  )
}

const LIGHT = {
  paper: "#ffffff",
  name: "#1a1a1a",
  tick: "#595959",
  grid: "#e0e0e0",
  reference: "#8a8a8a",
  rule: "#0b57a4",
}
const DARK = {
  paper: "#0d1117",
  name: "#f0f0f0",
  tick: "#a8a8a8",
  grid: "#333940",
  reference: "#8f979f",
  rule: "#6db3f2",
}

/** Two files and no media query: a page has a scheme of its own, which a picture in it does not see. */
function svg(colours) {
  const width = COLUMNS * PANEL.width
  const height = Math.ceil(curves.length / COLUMNS) * PANEL.height + 24
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
<title id="title">Minutes together until a warning, by attenuation, for each preset</title>
<desc id="desc">One panel for each rule: attenuation in dB across, minutes up; no line where an hour does not warn. The dashed line in every panel but the first is ${curves[0].name}.</desc>
<style>
  text { font-family: system-ui, sans-serif; }
  .name { font-size: 12px; fill: ${colours.name}; }
  .tick, .axes { font-size: 10px; fill: ${colours.tick}; }
  .grid { stroke: ${colours.grid}; fill: none; }
  .reference { stroke: ${colours.reference}; stroke-width: 1; stroke-dasharray: 3 2; fill: none; }
  .rule { stroke: ${colours.rule}; stroke-width: 2; fill: none; }
</style>
<rect width="${width}" height="${height}" fill="${colours.paper}"/>
${curves.map(panel).join("\n")}
<text class="axes" x="${PANEL.left}" y="${height - 8}">across: attenuation, dB; up: minutes together until a warning; dashed: ${curves[0].name}</text>
</svg>
`
}

/** Puts text between two marks of the page. */
function between(text, name, content) {
  const [open, close] = [`<!-- ${name}: generated -->`, `<!-- end of ${name} -->`]
  const [from, to] = [text.indexOf(open), text.indexOf(close)]
  if (from < 0 || to < from) throw new Error(`${page}: the marks ${open} and ${close} are missing`)
  return `${text.slice(0, from + open.length)}\n${content}\n${text.slice(to)}`
}

const before = readFileSync(page, "utf8")
const wanted = [
  [page, between(between(before, "presets", presetMarkdown()), "minutes", minutesTable())],
  [plot("minutes-to-warning.svg"), svg(LIGHT)],
  [plot("minutes-to-warning-dark.svg"), svg(DARK)],
]
if (process.argv.includes("--write")) for (const [path, text] of wanted) writeFileSync(path, text)
const stale = wanted.filter(([path, text]) => {
  try {
    return readFileSync(path, "utf8") !== text
  } catch {
    return true
  }
})
for (const [path] of stale)
  console.error(`${path} is not what the code says; run node scripts/exposure-rules.mjs --write`)
console.log(`exposure rules: ${curves.length} presets, ${stale.length} stale files`)
process.exitCode = stale.length === 0 ? 0 : 1
