import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Command, InvalidArgumentError } from "commander"
import {
  auditLog,
  type DesignFacts,
  FINDINGS,
  type LogAudit,
  type LogReport,
  type ProfileFit,
  type TreeFiles,
} from "../../audit/index.ts"
import { type NoteKey, parseNoteKey, parseWitnessKey } from "../../protocol/index.ts"
import { nativeEd25519 } from "../../server/index.ts"
import { examples, progressBar, table } from "../output.ts"
import { directoryFiles, httpFiles } from "./tree-files.ts"

const VIOLATION = 1
const UNREADABLE = 3
/** Where a deployment keeps its tree. */
const DEPLOYED_TREE = join("data", "server", "public")

interface Options {
  readonly key?: string
  readonly config?: string
  readonly since?: string
  readonly witness?: readonly NoteKey[]
  readonly at?: number
  readonly mirror?: boolean
  readonly json?: boolean
}

export function logCommand(): Command {
  return new Command("log")
    .description("Check a log and its batches: everything that can be seen in the static tree.")
    .argument("<tree>", "URL of a key server or CDN, directory of a mirror, or directory of a deployment")
    .option("--key <key>", "the log's key as apps pin it: name+id+base64")
    .option("--config <file>", "an app-config.json, for its logKey; found by itself in a deployment's directory")
    .option("--since <file>", "a checkpoint of this log from earlier, which it has to continue")
    .option("--witness <key>", "a witness that should have cosigned, as name+id+base64; repeat for several", witness)
    .option("--at <when>", "unix seconds or an ISO time: judge as of then, for a mirror that stands still", instant)
    .option("--mirror", "old batches are kept here on purpose: check them, and do not call them kept too long")
    .option("--json", "the report as one JSON object")
    .addHelpText(
      "after",
      `
Exit codes: 0 no violation, 1 a violation, 2 a mistake in the command line, 3 the tree could not be read.
${examples(
  "lindung audit data/run-1 --at 2020-07-31T16:30Z",
  "lindung audit https://keys.example --config app-config.json --json",
)}`,
    )
    .action(audit)
}

async function audit(tree: string, options: Options): Promise<void> {
  const isUrl = /^https?:\/\//.test(tree)
  const logKey = keyOf(isUrl ? undefined : join(tree, "app-config.json"), options)
  const files = isUrl ? httpFiles(tree) : { ...directoryFiles(treeIn(tree)), close: () => {} }
  const since = options.since === undefined ? {} : { since: new Uint8Array(readFileSync(options.since)) }
  try {
    const report = await read(files, {
      ...since,
      logKey,
      now: options.at ?? Date.now() / 1000,
      isMirror: options.mirror === true,
      witnesses: options.witness ?? [],
    })
    if (options.json) console.log(JSON.stringify(report, undefined, 2))
    else console.log(describe(report))
    if (report.findings.some(({ severity }) => severity === "violation")) process.exitCode = VIOLATION
  } catch (error) {
    console.error(`lindung: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = UNREADABLE
  } finally {
    files.close()
  }
}

function read(files: TreeFiles, checks: Omit<LogAudit, "files" | "ed25519" | "progress">): Promise<LogReport> {
  const bars = new Map<string, ReturnType<typeof progressBar>>()
  return auditLog({
    ...checks,
    files,
    ed25519: nativeEd25519,
    progress(what, steps, total) {
      const bar = bars.get(what) ?? progressBar(what, total)
      bars.set(what, bar)
      bar.advance(steps)
    },
  })
}

function keyOf(besideTree: string | undefined, { key, config }: Options): NoteKey {
  if (key !== undefined) return parseNoteKey(key)
  const file = config ?? (besideTree !== undefined && existsSync(besideTree) ? besideTree : undefined)
  if (file === undefined)
    throw new Error("give the log's key, by --key or --config: what is signed by an unknown key says nothing")
  const text = JSON.parse(readFileSync(file, "utf8"))?.server?.logKey
  if (typeof text !== "string") throw new Error(`${file}: expected a server.logKey`)
  return parseNoteKey(text)
}

const treeIn = (directory: string): string =>
  existsSync(join(directory, DEPLOYED_TREE)) ? join(directory, DEPLOYED_TREE) : directory

const witness = (text: string, before: readonly NoteKey[] = []): NoteKey[] => [...before, parseWitnessKey(text)]

function instant(text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : Date.parse(text) / 1000
  if (!Number.isInteger(seconds) || seconds < 0 || seconds >= 2 ** 32)
    throw new InvalidArgumentError("expected unix seconds or an ISO time such as 2020-11-01T00:00Z")
  return seconds
}

function describe({ head, designs, findings, counts }: LogReport): string {
  const lines = [head === null ? "no head to believe" : `${head.origin}: ${head.size} leaves, to bucket ${head.bucket}`]
  if (designs.length > 0) lines.push("", table([COLUMNS, ...designs.map(row)]))
  const fits = designs.flatMap(({ design, fits }) => fits.map(fit => [design, fit] as const))
  if (fits.length > 0) lines.push("", table([FIT_COLUMNS, ...fits.map(([design, fit]) => fitRow(design, fit))]))
  for (const { code, severity, where, what } of findings)
    lines.push("", `${severity} ${code}: ${where}`, `  ${what}`, `  ${FINDINGS[code].means}`)
  for (const [code, count] of Object.entries(counts)) {
    const named = findings.filter(finding => finding.code === code).length
    if (count > named) lines.push("", `${count - named} more of ${code}`)
  }
  const violations = findings.filter(({ severity }) => severity === "violation").length
  lines.push("", violations === 0 ? "No violation." : "VIOLATIONS: phones should not trust this log.")
  return lines.join("\n")
}

const COLUMNS = ["design", "batches", "entries", "sizes", "bits a size tells"]
const row = ({ design, batches, entries, sizes, sizeBits }: DesignFacts): (string | number)[] => [
  design,
  batches,
  entries,
  sizes,
  Number(sizeBits.toFixed(2)),
]

const FIT_COLUMNS = ["padding", "by", "chi-square", "degrees", "dispersion", "deviations", "moved"]
const fitRow = (design: string, fit: ProfileFit): (string | number)[] => [
  design,
  fit.over,
  Number(fit.chiSquare.toFixed(1)),
  fit.degrees,
  Number(fit.dispersion.toFixed(2)),
  Number(fit.deviations.toFixed(2)),
  `${(100 * fit.distance).toFixed(2)} %`,
]
