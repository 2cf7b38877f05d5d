import { readFile } from "node:fs/promises"
import { Command } from "commander"
import { auditDisk, type Canary, DISK_FINDINGS, type DiskReport, REMAINDER } from "../../audit/index.ts"
import { fromHex } from "../../crypto/index.ts"
import { examples } from "../output.ts"
import { filesOf, imageOf, inflate, rebuild } from "./seized.ts"

const FOUND = 1

interface Options {
  readonly core?: readonly string[]
  readonly canaries?: string
  readonly json?: boolean
}

/** Lines of: name, white space, bytes as hexadecimal digits or as text in double quotes. */
function canariesOf(text: string): Canary[] {
  return text.split("\n").flatMap((line, i): Canary[] => {
    if (line.trim() === "") return []
    const [, name = "", digits, words] = /^(\S+)\s+(?:([0-9a-fA-F]+)|"([^"]*)")$/.exec(line.trim()) ?? []
    if (name === "") throw new Error(`canaries, line ${i + 1}: expected a name and hexadecimal digits or "text"`)
    return [{ name, bytes: digits === undefined ? new Uint8Array(Buffer.from(words ?? "")) : fromHex(digits) }]
  })
}

export function diskCommand(): Command {
  return new Command("disk")
    .description("List what somebody learns who gets all files of a deployment, and the memory of its processes.")
    .argument("<directories...>", "the deployment; further ones with what is kept elsewhere: logs, metrics, backups")
    .option("--core <file...>", "memory images: core files, or what /proc/<pid>/mem gave")
    .option(
      "--canaries <file>",
      'secrets that were planted, to be looked for everywhere: a name and hex or "text" a line',
    )
    .option("--json", "the report as one JSON object")
    .addHelpText(
      "after",
      `
Exit codes: 0 nothing but what is documented to remain, 1 more than that, 2 a mistake in the command line.
${examples("lindung audit disk deployment --core core.4711")}`,
    )
    .action(async (directories: string[], { core = [], canaries, json }: Options) => {
      const files = (await Promise.all(directories.map(filesOf))).flat()
      const report = await auditDisk(
        { files, memory: core.map(imageOf) },
        { inflate, rebuild, canaries: canaries === undefined ? [] : canariesOf(await readFile(canaries, "utf8")) },
      )
      const { findings, learnt } = report
      console.log(
        json
          ? JSON.stringify({ findings, learnt, remainder: REMAINDER }, undefined, 2)
          : describe(report, files.length),
      )
      if (findings.length > 0) process.exitCode = FOUND
    })
}

function describe({ findings, learnt }: DiskReport, files: number): string {
  const lines = [`${files} files`, "", "What can be learnt from them, and may:"]
  for (const { where, what } of learnt) lines.push(`  ${where}: ${what}`)
  lines.push("", "What remains learnable in any case (docs/data-protection.md):")
  for (const { who, learns } of REMAINDER) lines.push(`  ${who}: ${learns}`)
  for (const { code, where, what } of findings)
    lines.push("", `${code}: ${where}`, `  ${what}`, `  ${DISK_FINDINGS[code]}`)
  lines.push("", findings.length === 0 ? "Nothing more." : `MORE THAN THAT: ${findings.length} findings.`)
  return lines.join("\n")
}
