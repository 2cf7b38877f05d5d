// Hands everything over: runs every test of what disks, wire and memory give away, then lists what remains learnable.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const run = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status ?? 1

const tests = [
  "dist/test/audit/disk.test.js",
  "dist/test/handover/**/*.test.js",
  "dist/test/slow/handover/**/*.test.js",
]
const mocha = [
  "node_modules/mocha/bin/mocha.js",
  "--no-config",
  "--enable-source-maps",
  "--exit",
  "--timeout",
  "120000",
]
const failed = run("scripts/ready.mjs") || run(...mocha, ...tests)
if (failed) process.exit(failed)
const { REMAINDER } = await import("../dist/src/audit/index.js")
console.log("What remains learnable:")
for (const { who, learns } of REMAINDER) console.log(`  ${who}: ${learns}`)
