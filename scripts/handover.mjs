// Hands everything over: runs every test of what disks, wire, times and memory give away, then lists what remains learnable.
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import Mocha from "mocha"

const HELP = `npm run audit:handover [-- --json] [-- --only H5]

Runs servers and phones, hands over what they have, and looks for more than is documented to remain; then alters them, each
so that it keeps one thing too much, and sees that each is found out. Takes some minutes. Exit code 1 when anything was
found, when an altered one was not found out, or when a requirement was not tested.

  --json     the result as JSON on standard output; progress goes to standard error
  --only ID  one requirement, such as H5 (more than once for more)
  --help     this text`

const { values: options } = parseArgs({
  options: { json: { type: "boolean" }, only: { type: "string", multiple: true }, help: { type: "boolean" } },
})
if (options.help) {
  console.log(HELP)
  process.exit(0)
}

const CLAIMS = {
  H1: "everything on the disks is in the inventory, and what it says is public is published",
  H2: "no planted secret in any file, in any encoding, compressed or not",
  H3: "worlds that differ in one secret have the same disks",
  H4: "files of equal content are equal, whatever happened before",
  H5: "after fifteen days nothing of the first is left",
  H6: "no time finer than is documented",
  H7: "no order of arrival on the disks",
  H8: "no log line tells a report from cover, or names an address",
  H9: "no byte on the wire tells a report from cover",
  H10: "the time of an answer does not tell a report from cover",
  H11: "no secret in memory after its bucket",
  H12: "the disks of authority and server lead to no link once a bucket is over",
  H13: "with all long-term keys, envelopes of published buckets stay closed",
  H14: "all this holds after kill -9",
  H15: "a phone keeps nothing finer than it must, nor longer than fourteen days",
}
const wanted = options.only ?? Object.keys(CLAIMS)
for (const id of wanted)
  if (!(id in CLAIMS)) {
    console.error(`--only: expected one of ${Object.keys(CLAIMS).join(", ")}, got ${id}`)
    process.exit(2)
  }

process.chdir(fileURLToPath(new URL("..", import.meta.url)))
const ready = spawnSync(process.execPath, ["scripts/ready.mjs"], { stdio: ["ignore", 2, 2] }).status ?? 1
if (ready !== 0) process.exit(ready)

const files = [
  ...(options.only ? [] : ["dist/test/audit/disk.test.js"]),
  ...["dist/test/handover", "dist/test/slow/handover"].flatMap(folder =>
    readdirSync(folder)
      .filter(name => name.endsWith(".test.js"))
      .sort()
      .map(name => `${folder}/${name}`),
  ),
]
const say = options.json ? console.error : console.log
console.log = say
const idsOf = title => title.match(/\bH\d+\b/g) ?? []
const results = []
const began = performance.now()

/** A line for each test that is over. */
class Progress {
  constructor(runner) {
    const total = runner.total
    let done = 0
    const over = (test, error) => {
      done++
      const title = test.fullTitle()
      const milliseconds = test.duration ?? 0
      results.push({ title, ids: idsOf(title), isMutant: /\bmutants?\b/.test(title), passed: !error, milliseconds })
      say(`${String(done).padStart(3)}/${total} ${error ? "✖" : "✔"} ${title} (${(milliseconds / 1000).toFixed(1)} s)`)
      if (error) say(error.stack ?? String(error))
    }
    runner.on("pass", test => over(test))
    runner.on("fail", over)
    runner.on("pending", test => say(`        skipped: ${test.fullTitle()}`))
  }
}

const mocha = new Mocha({ timeout: 120_000, reporter: Progress })
if (options.only) mocha.grep(new RegExp(`\\b(${wanted.join("|")})\\b`))
for (const file of files) mocha.addFile(file)
await mocha.loadFilesAsync()
await new Promise(done => mocha.run(done))

const { REMAINDER } = await import("../dist/src/audit/index.js")
const requirements = wanted.map(id => {
  const own = results.filter(({ ids }) => ids.includes(id))
  const count = (isMutant, passed) => own.filter(one => one.isMutant === isMutant && one.passed === passed).length
  return {
    id,
    claim: CLAIMS[id],
    passed: count(false, true),
    failed: count(false, false),
    mutantsFound: count(true, true),
    mutantsMissed: count(true, false),
  }
})
const isWhole = requirements.every(one => one.passed > 0 && one.mutantsFound > 0)
const isGood = isWhole && results.every(({ passed }) => passed)
const seconds = Math.round((performance.now() - began) / 1000)

if (options.json)
  process.stdout.write(`${JSON.stringify({ passed: isGood, seconds, requirements, remainder: REMAINDER }, null, 2)}\n`)
else {
  console.log("\nid   passed  mutants found  claim")
  for (const { id, claim, passed, failed, mutantsFound, mutantsMissed } of requirements)
    console.log(
      `${id.padEnd(4)} ${`${passed}/${passed + failed}`.padEnd(7)} ${`${mutantsFound}/${mutantsFound + mutantsMissed}`.padEnd(14)} ${claim}`,
    )
  console.log("\nWhat remains learnable:")
  for (const { who, learns } of REMAINDER) console.log(`  ${who}: ${learns}`)
  console.log(`\n${isGood ? "Nothing beyond that was found" : "NOT PASSED"}, in ${seconds} s.`)
}
process.exit(isGood ? 0 : 1)
