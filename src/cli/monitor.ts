import { readFileSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Command } from "commander"
import { auditLog } from "../audit/index.ts"
import { hex, sha256 } from "../crypto/index.ts"
import { type NoteKey, PATHS, parseNoteKey, parseWitnessKey, type WitnessPolicy } from "../protocol/index.ts"
import { fileTree, nativeEd25519 } from "../server/index.ts"
import { follow, type MonitorPorts, type Round } from "../witness/index.ts"
import { httpFiles } from "./audit/tree-files.ts"
import { examples, progressBar } from "./output.ts"

const LONGEST_SECONDS = 86_400
const VIOLATION = 1
const UNREADABLE = 3

interface Options {
  readonly dir: string
  readonly key?: string
  readonly config?: string
  readonly every: string
  readonly once?: boolean
  readonly json?: boolean
}

interface Trust {
  readonly key: NoteKey
  readonly policy: WitnessPolicy
}

/** What apps pin: the log's key, and the witnesses if there are any. */
function trustIn({ key, config }: Options): Trust {
  const none = { witnesses: [], quorum: 0 }
  if (key !== undefined) return { key: parseNoteKey(key), policy: none }
  if (config === undefined)
    throw new Error("give the log's key, by --key or --config: what is signed by an unknown key says nothing")
  const server = JSON.parse(readFileSync(config, "utf8"))?.server
  if (typeof server?.logKey !== "string") throw new Error(`${config}: expected a server.logKey`)
  const { keys = [], quorum = 0 } = server.witnesses ?? {}
  return { key: parseNoteKey(server.logKey), policy: { witnesses: keys.map(parseWitnessKey), quorum } }
}

function bars(): NonNullable<MonitorPorts["progress"]> {
  const open = new Map<string, ReturnType<typeof progressBar>>()
  return (what, done, total) => {
    if (done === 1) open.set(what, progressBar(what, total))
    open.get(what)?.advance()
  }
}

/** A round, and what an auditor finds in the mirror afterwards. */
async function look(url: string, { key, policy }: Trust, directory: string): Promise<Round> {
  const mirror = await fileTree(directory)
  const files = httpFiles(url)
  const clock = () => Date.now() / 1000
  try {
    const since = await mirror.read(PATHS.checkpoint)
    const fetch = (path: string, maxBytes: number) => files.read(path, maxBytes)
    const round = await follow(key, policy, { fetch, mirror, clock, ed25519: nativeEd25519, progress: bars() })
    if (!round.isNew || round.violations.length > 0) return round
    const { findings } = await auditLog({
      files: { read: async path => copy(await mirror.read(path)) },
      logKey: key,
      now: clock(),
      ed25519: nativeEd25519,
      ...(since !== undefined && { since: new Uint8Array(since) }),
    })
    const violations = findings
      .filter(({ severity }) => severity === "violation")
      .map(({ code, where, what }) => ({ code: "log-inconsistent" as const, where, what: `${code}: ${what}` }))
    return { ...round, violations }
  } finally {
    files.close()
  }
}

const copy = (file: Uint8Array | undefined): Uint8Array | undefined => file && new Uint8Array(file)

/** Keeps the proofs of a round, and says what it found. @returns whether anything was violated */
async function report({ head, isNew, batches, violations }: Round, { dir, json }: Options): Promise<boolean> {
  const told: Record<string, string>[] = []
  for (const { code, where, what, proof } of violations) {
    const file = proof && join(dir, `misbehaviour-${hex(sha256(proof)).slice(0, 16)}.lndm`)
    if (proof !== undefined && file !== undefined) await writeFile(file, proof)
    told.push({ code, where, what, ...(file !== undefined && { proof: file }) })
  }
  const { size, bucket } = head ?? { size: 0, bucket: 0 }
  if (json)
    console.log(JSON.stringify({ at: new Date().toISOString(), size, bucket, isNew, batches, violations: told }))
  else if (isNew || told.length > 0) {
    if (head !== undefined) console.log(`${head.origin}: ${size} leaves, to bucket ${bucket}; ${batches} batches taken`)
    for (const { code, where, what, proof } of told)
      console.log(`VIOLATION ${code}: ${where}: ${what}${proof === undefined ? "" : `\n  proof: ${proof}`}`)
  }
  return told.length > 0
}

async function monitor(url: string, options: Options): Promise<void> {
  const every = Number(options.every)
  // A timer of Node's takes no more than 24 days, and makes 1 ms of what is longer.
  if (!(every >= 1 && every <= LONGEST_SECONDS))
    throw new Error(`--every ${options.every}: expected 1 to ${LONGEST_SECONDS} seconds`)
  const trust = trustIn(options)
  await mkdir(options.dir, { recursive: true })
  for (;;) {
    try {
      if (await report(await look(url.replace(/\/$/, ""), trust, options.dir), options)) {
        process.exitCode = VIOLATION
        return
      }
    } catch (error) {
      console.error(`lindung: ${error instanceof Error ? error.message : String(error)}`)
      if (options.once) process.exitCode = UNREADABLE
    }
    if (options.once) return
    await sleep(every * 1000)
  }
}

export function monitorCommand(): Command {
  return new Command("monitor")
    .argument("<url>", "the key server, or what serves its files")
    .requiredOption("--dir <directory>", "where the mirror is kept; the next run goes on there")
    .option("--key <key>", "the log's key as apps pin it")
    .option("--config <file>", "an app-config.json, for the keys of the log and its witnesses")
    .option("--every <seconds>", "how often to look", "600")
    .option("--once", "look once and end")
    .option("--json", "a line of JSON for each look")
    .addHelpText(
      "after",
      `
Exit codes: 0 nothing wrong (with --once), 1 a violation, 2 a mistake in the command line, 3 not to be read (with --once).
${examples(
  "lindung monitor https://keys.example --config app-config.json --dir mirror",
  "lindung audit mirror/public --config app-config.json",
)}`,
    )
    .action(monitor)
}
