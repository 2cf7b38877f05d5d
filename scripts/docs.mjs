// Holds what the documents promise: links lead somewhere, files named exist, generated tables and pictures are what the
// code says, and the code shown is the code compiled; docs-run.mjs runs the commands. Needs a build.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = path => readFileSync(join(root, path), "utf8")
let failed = 0

function say(what, problems, detail = "") {
  for (const problem of problems) console.error(`     ${problem}`)
  if (problems.length > 0) failed++
  console.log(`${problems.length === 0 ? "ok  " : "FAIL"} ${what}${detail && `: ${detail}`}`)
}

const run = (...args) => spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 })

const pages = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .stdout.split("\n")
  .filter(path => path !== "" && existsSync(join(root, path)))

/** Without code, in which brackets are no links. */
const prose = text => text.replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, "").replace(/`[^`\n]*`/g, "`")

/** The anchors of a page, as GitHub makes them of its headings. */
function anchors(text) {
  const seen = new Map()
  const headings = text.replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, "").matchAll(/^#{1,6} +(.+?) *$/gm)
  return [...headings].map(([, heading]) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
}

function brokenLinks(page) {
  const text = prose(read(page))
  const targets = [
    ...[...text.matchAll(/\]\(([^()\s]+)\)/g)].map(match => match[1]),
    ...[...text.matchAll(/(?:src|srcset|href)="([^"]+)"/g)].map(match => match[1]),
  ]
  links += targets.length
  return targets
    .filter(target => !/^[a-z]+:/.test(target))
    .flatMap(target => {
      const [path, anchor] = target.split("#")
      const file = path === "" ? join(root, page) : resolve(root, dirname(page), path)
      if (relative(root, file).startsWith("..") || !existsSync(file)) return [`${page}: ${target} leads nowhere`]
      if (anchor === undefined || !file.endsWith(".md")) return []
      return anchors(readFileSync(file, "utf8")).includes(anchor) ? [] : [`${page}: ${target} has no such heading`]
    })
}

let links = 0
const broken = pages.flatMap(brokenLinks)
say("links", broken, `${links} in ${pages.length} pages`)

/** Files of the project that a page names in its text. */
const NAMED = /`((?:src|test|scripts|vectors|bench|examples)\/[\w./-]+\.[a-z0-9]+)`/g
let named = 0
const gone = pages.flatMap(page =>
  [...read(page).matchAll(NAMED)].flatMap(([, path]) => {
    named++
    return existsSync(join(root, path)) ? [] : [`${page}: there is no ${path}`]
  }),
)
say("files named", gone, `${named}`)

/** Scripts and benches that a page tells its reader to run. */
const { scripts, peerDependencies } = JSON.parse(read("package.json"))
const told = pages.flatMap(page =>
  [...read(page).matchAll(/npm run (?:--silent )?([\w:]+)(?: -- ([a-z]+)\b)?/g)].map(match => [page, ...match]),
)
const notThere = told.flatMap(([page, command, script, what]) =>
  !(script in scripts) ||
  (script === "bench" && what !== undefined && what !== "all" && !existsSync(join(root, "bench", `${what}.ts`)))
    ? [`${page}: there is no ${command}`]
    : [],
)
say("scripts and benches named", notThere, `${told.length}`)

const ranges = pages.flatMap(page =>
  [...read(page).matchAll(/(?<= )(@?[a-z][\w/-]*)@(\^[\d.]+)/g)].flatMap(([, name, range]) =>
    peerDependencies[name] === range
      ? []
      : [`${page}: ${name}@${range}, and the package asks for ${peerDependencies[name]}`],
  ),
)
say("versions of optional packages", ranges)

for (const script of ["error-table", "settings-table", "exposure-rules", "data-flow", "architecture", "conformance"]) {
  const { status, stdout, stderr } = run(`scripts/${script}.mjs`)
  say(`scripts/${script}.mjs`, status === 0 ? [] : stderr.trim().split("\n"), stdout.trim())
}

for (const [page, file] of [
  ["README.md", "examples/node/embed.ts"],
  ["docs/embedding.md", "examples/node/warning.ts"],
])
  say(
    `${page} shows ${file}`,
    read(page).includes(`\`\`\`ts\n${read(file)}\`\`\`\n`) ? [] : ["the code shown is another one"],
  )

const data = join(process.env.LINDUNG_DATA ?? "", "contacts", "bt-measurements")
if (process.env.LINDUNG_DATA !== undefined && existsSync(data)) {
  const fit = run("dist/src/cli/main.js", "measurement", "fit", "--data", data, "--json")
  const plots = [
    ["docs/attenuation.svg", []],
    ["docs/attenuation-dark.svg", ["--dark"]],
  ]
  const stale = plots.filter(([path, options]) => {
    const plot = spawnSync(process.execPath, ["scripts/radio-plot.mjs", ...options], {
      cwd: root,
      input: fit.stdout,
      encoding: "utf8",
    })
    return plot.stdout !== read(path)
  })
  say(
    "scripts/radio-plot.mjs",
    fit.status === 0 ? stale.map(([path]) => `${path} is not what the measurement gives`) : [fit.stderr.trim()],
  )
} else console.log("--   scripts/radio-plot.mjs: not checked, the field measurement is not here (LINDUNG_DATA)")

process.exitCode = failed === 0 ? 0 : 1
