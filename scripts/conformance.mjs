// Holds the conformance tables of README.md: every file that a row names exists, what is done is shown by a test, a vector
// or a page, and every vector named verifies. The table of vectors beneath them is made here.
//   node scripts/conformance.mjs          checks
//   node scripts/conformance.mjs --write  writes the table of vectors
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { verifyFile } from "../dist/src/cli/vectors.js"

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))
const page = "README.md"
const before = readFileSync(page, "utf8")
const section = before.slice(before.indexOf("\n## Conformance\n"), before.indexOf("\n### Vectors\n"))
const problems = []

const verdicts = ["vectors", "vectors/oracles"].flatMap(folder =>
  readdirSync(folder)
    .filter(name => name.endsWith(".json"))
    .sort()
    .map(name => verifyFile(join(folder, name))),
)
for (const { file, checks, failures } of verdicts)
  if (checks === 0 || failures.length > 0) problems.push(`${file}: ${failures.length} of ${checks} checks failed`)

/** Files in one cell; a bare name stands beside the one before, in its folder. */
function filesIn(cell) {
  let folder = "."
  return [...cell.matchAll(/`([\w./-]+)`/g)].map(([, name]) => {
    const path = name.includes("/") ? name : join(folder, name)
    folder = path.includes(".") ? dirname(path) : path
    return path
  })
}

const rows = section.split("\n").filter(line => line.startsWith("| ") && !line.startsWith("| section"))
let named = 0
const used = new Set()
for (const row of rows) {
  const cells = row.split(" | ").map(cell => cell.trim())
  const [status, where] = [cells.at(-2) ?? "", cells.at(-1) ?? ""]
  if (!/^(done|partly|not)\b/.test(status)) continue
  const files = filesIn(where)
  named += files.length
  for (const file of files) {
    if (!existsSync(file)) problems.push(`${cells[0]} ${cells[1]}: there is no ${file}`)
    if (file.startsWith("vectors/")) used.add(file)
  }
  if (status.startsWith("done") && files.length === 0 && !where.includes("](docs/"))
    problems.push(`${cells[0]} ${cells[1]}: done, and nothing shows it`)
}
if (rows.length < 40) problems.push(`only ${rows.length} rows were found: the check itself is broken`)
for (const file of used)
  if (!verdicts.some(verdict => verdict.file === file)) problems.push(`${file} is named, and was not verified`)

const sum = verdicts.reduce((all, { checks }) => all + checks, 0)
const table = [
  "| vectors | format | checks |",
  "|---|---|---|",
  ...verdicts.map(
    ({ file, schema, checks }) => `| [${file.replace("vectors/", "")}](${file}) | \`${schema}\` | ${checks} |`,
  ),
  `| ${verdicts.length} files | | ${sum} |`,
].join("\n")

const [open, close] = ["<!-- vectors: generated -->", "<!-- end of vectors -->"]
const [from, to] = [before.indexOf(open), before.indexOf(close)]
if (from < 0 || to < from) throw new Error(`${page}: the marks ${open} and ${close} are missing`)
const wanted = `${before.slice(0, from + open.length)}\n${table}\n${before.slice(to)}`
if (process.argv.includes("--write")) writeFileSync(page, wanted)
if (readFileSync(page, "utf8") !== wanted)
  problems.push(`${page} has another table of vectors; run node scripts/conformance.mjs --write`)
for (const problem of problems) console.error(problem)
console.log(`conformance: ${rows.length} rows, ${named} files, ${verdicts.length} vector files with ${sum} checks`)
process.exitCode = problems.length === 0 ? 0 : 1
