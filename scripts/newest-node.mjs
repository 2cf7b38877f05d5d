// A short trial of what is built on the newest Node, which is fetched into a temporary folder as an npm package.
// Says so, and succeeds, where that package cannot be fetched.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`
const place = mkdtempSync(join(tmpdir(), "lindung-node-"))
process.on("exit", () => rmSync(place, { recursive: true, force: true }))

const install = ["install", "--prefix", place, "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
const fetched = spawnSync("npm", [...install, "--fetch-timeout=60000", "--fetch-retries=1", `${name}@>=26`], {
  encoding: "utf8",
  shell: process.platform === "win32",
})
if (fetched.status !== 0) {
  console.log(`The newest Node was not tried: the package ${name} could not be fetched.`)
  console.log((fetched.stderr ?? String(fetched.error)).split("\n")[0])
  process.exit(0)
}
const node = join(place, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node")

/** Runs the newest Node in this repository. */
const run = (args, stdio = "inherit") => spawnSync(node, args, { cwd: root, encoding: "utf8", stdio })

console.log(`Node ${run(["--version"], "pipe").stdout.trim()}`)
const files = folder =>
  readdirSync(join(root, folder))
    .filter(file => file.endsWith(".json"))
    .map(file => join(folder, file))
const vectors = run([
  "dist/src/cli/main.js",
  "vectors",
  "verify",
  "--quiet",
  ...files("vectors"),
  ...files("vectors/oracles"),
])
if (vectors.status !== 0) process.exit(1)

// Phones over memory stores with the real services, the portable client in a bare context, the curves, the kernel.
const tests = ["client/end-to-end", "client/bare", "server/curves", "crypto/kernel/*"].map(
  test => `dist/test/${test}.test.js`,
)
const mocha = ["node_modules/mocha/bin/_mocha", "--no-config", "--reporter", "dot", "--timeout", "120000"]
if (run([...mocha, ...tests]).status !== 0) process.exit(1)

const database = run(["-e", 'new (require("better-sqlite3"))(":memory:")'], "pipe")
console.log(
  database.status === 0
    ? "better-sqlite3 loads."
    : "better-sqlite3 was compiled for another Node and does not load in this one: stores on SQLite were not tried.",
)
