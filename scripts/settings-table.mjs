// The tables of settings in docs/operating.md, made from what `lindung config --explain` says, which is what the
// processes are started with.
//   node scripts/settings-table.mjs          checks that the page has what this makes
//   node scripts/settings-table.mjs --write  writes it
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { explain } from "../dist/src/cli/config/index.js"

const page = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs", "operating.md")

const shown = text => `\`${text.replaceAll("|", "\\|")}\``
const isLong = text => text.length > 40

/** Which processes of the key server have a setting. */
const users = new Map()
for (const one of ["ingest", "publisher"])
  for (const { name } of (await explain(one, undefined, {})).settings)
    users.set(name, [...(users.get(name) ?? []), one])

function row({ name, what, unit, expected, otherwise, required, section }, process) {
  const without =
    otherwise === undefined ? (required ? "required" : "none") : isLong(otherwise) ? "a text" : shown(otherwise)
  const form = `${expected}${unit === undefined ? "" : ` (${unit})`}`
  const link = section === undefined ? "" : ` ([§](specification/${section}))`
  const who = process === "key-server" ? ` ${users.get(name).join(", ")} |` : ""
  return `| ${shown(name)} |${who} ${without} | ${form.replaceAll("|", "\\|")} | ${what}${link} |`
}

async function table(process, title) {
  const { settings } = await explain(process, undefined, {})
  const who = process === "key-server"
  const head = [title, ...(who ? ["read by"] : []), "default", "may be", "what"]
  const lines = settings.map(one => row(one, process))
  return {
    count: lines.length,
    text: [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...lines].join("\n"),
  }
}

const tables = [
  await table("key-server", "key server"),
  await table("authority", "health authority and its portal"),
  await table("witness", "witness: its files and flags"),
  await table("app", "app: `app-config.json`"),
]
// A publisher that runs alone listens elsewhere; all else of it is in the first table.
const alone = (await explain("publisher", undefined, {})).settings.filter(({ name }) => name.endsWith("_LISTEN"))
tables[0].text = tables[0].text.replace(
  "\n| `LINDUNG_SERVER_DATA`",
  `\n${alone.map(one => row(one, "key-server")).join("\n")}\n| \`LINDUNG_SERVER_DATA\``,
)

const [open, close] = ["<!-- settings: generated -->", "<!-- end of settings -->"]
const before = readFileSync(page, "utf8")
const [from, to] = [before.indexOf(open), before.indexOf(close)]
if (from < 0 || to < from) throw new Error(`docs/operating.md: the marks ${open} and ${close} are missing`)
const wanted = `${before.slice(0, from + open.length)}\n${tables.map(({ text }) => text).join("\n\n")}\n${before.slice(to)}`
if (process.argv.includes("--write")) writeFileSync(page, wanted)
const isCurrent = readFileSync(page, "utf8") === wanted
if (!isCurrent) console.error("docs/operating.md has other tables; run node scripts/settings-table.mjs --write")
console.log(
  `settings: ${tables.reduce((sum, { count }) => sum + count, alone.length)} rows, ${isCurrent ? "current" : "stale"}`,
)
process.exitCode = isCurrent ? 0 : 1
