// Runs every shell block of the documents, and compares what it prints with what the page shows.
//
//   ```console        lines after "$ " are commands, a "> " line goes on with the one before; what follows a command is
//                     what it prints, where … stands for any text, … alone on a line for any number of lines, and a
//                     size in kB for any size (cover and padding are drawn afresh)
//   ```sh             commands, one a line, whose output is not shown; each must end well
//   ```sh slow        run with --slow only
//   ```sh skip: why   never run here, and why
//
// The blocks of one page run in one shell, in an empty folder that shows the files of the project, so that a page reads
// as a session and leaves nothing behind. A command that is to fail says so: "# exits 1" at its end.
import { spawn, spawnSync } from "node:child_process"
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const slow = process.argv.includes("--slow")
const wanted = process.argv.slice(2).filter(argument => !argument.startsWith("--"))

const tracked = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { cwd: root })
const pages = `${tracked.stdout}`.split("\n").filter(page => page !== "" && !page.startsWith("test/"))

const BLOCK = /^```(sh|console)\b *([^\n]*)\n([\s\S]*?)^```$/gm

/** The commands of a block, each with the lines it is to print, or undefined where nothing is shown. */
function steps(language, body) {
  const lines = body.replace(/\n$/, "").split("\n")
  if (language === "sh") {
    const commands = body.replaceAll("\\\n", " ").split("\n")
    return commands.filter(line => line.trim() !== "" && !line.startsWith("#")).map(command => ({ command }))
  }
  const found = []
  for (const line of lines) {
    if (line.startsWith("$ ")) found.push({ command: line.slice(2), shown: [] })
    else if (line.startsWith("> ")) found.at(-1).command += `\n${line.slice(2)}`
    else if (found.length === 0) throw new Error(`a console block begins with ${line}, not with "$ "`)
    else found.at(-1).shown.push(line)
  }
  return found
}

const literally = text => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

function lineShown(line) {
  if (line.trim() === "…") return "(?:.*\n)*?"
  const words = line.trimEnd().split("…").map(literally)
  return `${words.join(".*").replaceAll(/ *\d+ kB/g, " *\\d+ kB")} *\n`
}

/** Is what was printed what the page shows? Empty lines at the end do not count. */
function shows(shown, printed) {
  const pattern = shown.join("\n").trimEnd().split("\n").map(lineShown).join("")
  return new RegExp(`^${pattern}$`).test(`${printed.trimEnd()}\n`)
}

/** A shell whose commands are answered one at a time. */
function shell(directory) {
  const bin = join(directory, ".bin")
  mkdirSync(bin)
  writeFileSync(join(bin, "lindung"), `#!/bin/sh\nexec "${process.execPath}" "${root}/dist/src/cli/main.js" "$@"\n`)
  chmodSync(join(bin, "lindung"), 0o755)
  for (const name of readdirSync(root))
    if (![".git", "data", "deployment"].includes(name)) symlinkSync(join(root, name), join(directory, name))
  const child = spawn("bash", ["--noprofile", "--norc"], {
    cwd: directory,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, NO_COLOR: "1", COLUMNS: "120" },
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  })
  child.stdin.write("exec 2>&1\n")
  let output = ""
  let answered = () => {}
  child.stdout.setEncoding("utf8").on("data", text => {
    output += text
    const end = /== ended (\d+) ==\n/.exec(output)
    if (end !== null) {
      const printed = output.slice(0, end.index)
      output = ""
      answered({ status: Number(end[1]), printed })
    }
  })
  return {
    run: command =>
      new Promise(resolve => {
        answered = resolve
        child.stdin.write(`${command}\nprintf '== ended %d ==\\n' $?\n`)
      }),
    end() {
      process.kill(-child.pid, "SIGTERM")
    },
  }
}

async function runPage(page) {
  const blocks = [...readFileSync(join(root, page), "utf8").matchAll(BLOCK)]
  const directory = mkdtempSync(join(tmpdir(), "lindung-docs-"))
  const session = shell(directory)
  const count = { run: 0, left: 0 }
  const problems = []
  try {
    for (const [, language, info, body] of blocks) {
      if (/^skip: ./.test(info) || (info === "slow" && !slow)) {
        count.left++
        continue
      }
      if (info !== "" && info !== "slow") throw new Error(`${page}: ${info} is neither slow nor skip: why`)
      for (const { command, shown } of steps(language, body)) {
        const expected = Number(/# exits (\d+)$/.exec(command)?.[1] ?? 0)
        const { status, printed } = await session.run(command)
        count.run++
        if (status !== expected) problems.push(`${page}: ${command}\nended with ${status}:\n${printed}`)
        else if (shown !== undefined && !shows(shown, printed))
          problems.push(`${page}: ${command}\nprinted:\n${printed}\nthe page shows:\n${shown.join("\n")}`)
      }
    }
  } finally {
    session.end()
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  return { count, problems }
}

/** A command that stands in a block of another kind would never be run. */
const COMMAND = /^(?: {4}|\$ |)(?:(?:npm|npx|lindung|curl|git|openssl|sudo) [a-z./-]|node (?:-|\S*\.m?js))/
function unmarked(page) {
  const text = readFileSync(join(root, page), "utf8").replace(BLOCK, "")
  const fenced = [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```$/gm)].flatMap(([, body]) => body.split("\n"))
  const indented = text
    .replace(/^```[\s\S]*?^```$/gm, "")
    .split("\n")
    .filter(line => line.startsWith("    "))
  return [...fenced, ...indented]
    .filter(line => COMMAND.test(line))
    .map(line => `${page}: no block that is run has ${line.trim()}`)
}

let failed = 0
const total = { run: 0, left: 0 }
for (const page of pages.filter(one => wanted.length === 0 || wanted.includes(one))) {
  const { count, problems } = await runPage(page)
  problems.push(...unmarked(page))
  for (const problem of problems) console.error(problem)
  failed += problems.length
  total.run += count.run
  total.left += count.left
  if (count.run > 0 || problems.length > 0)
    console.log(
      `${problems.length === 0 ? "ok  " : "FAIL"} ${page}: ${count.run} commands, ${count.left} blocks left out`,
    )
}
console.log(`${total.run} commands run, ${total.left} blocks left out, ${failed} problems`)
process.exitCode = failed === 0 && total.run > 0 ? 0 : 1
