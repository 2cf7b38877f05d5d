import { readFileSync } from "node:fs"
import { Command } from "commander"
import { examples, progressBar, table } from "./output.ts"
import { advertisementVerifiers } from "./vectors/advertisements.ts"
import { type Failure, Tally, type Verifier } from "./vectors/check.ts"
import { filterVerifiers } from "./vectors/filters.ts"
import { gaenBatchVerifiers } from "./vectors/gaen-batch.ts"
import { oracleVerifiers } from "./vectors/oracles.ts"
import { primitiveVerifiers } from "./vectors/primitives.ts"
import { protocolVerifiers } from "./vectors/protocol.ts"
import { publishedVerifiers } from "./vectors/published.ts"
import { scenarioVerifiers } from "./vectors/scenarios.ts"
import { scheduleVerifiers } from "./vectors/schedules.ts"
import { tlogVerifiers } from "./vectors/tlog.ts"

/** Every schema this program knows, by the file's `format` or, for other systems' rules, its `oracle`. */
const VERIFIERS: Readonly<Record<string, Verifier>> = {
  ...scheduleVerifiers,
  ...publishedVerifiers,
  ...scenarioVerifiers,
  ...primitiveVerifiers,
  ...filterVerifiers,
  ...protocolVerifiers,
  ...gaenBatchVerifiers,
  ...tlogVerifiers,
  ...advertisementVerifiers,
  ...oracleVerifiers,
}

export interface Verdict {
  readonly file: string
  readonly schema: string
  readonly checks: number
  readonly failures: readonly Failure[]
}

/** Checks one vector file, whatever it claims. Never throws: what goes wrong is a failure of the file. */
export function verifyFile(path: string): Verdict {
  const tally = new Tally()
  let schema = "?"
  try {
    const file: unknown = JSON.parse(readFileSync(path, "utf8"))
    schema = schemaOf(file)
    const verifier = VERIFIERS[schema]
    if (verifier === undefined)
      tally.ok("schema", false, `unknown schema; known are ${Object.keys(VERIFIERS).join(", ")}`)
    else verifier(file, tally)
    if (tally.checks === 0) tally.ok("content", false, "the file claims nothing")
  } catch (error) {
    tally.ok("file", false, error instanceof Error ? error.message : String(error))
  }
  return { file: path, schema, checks: tally.checks, failures: tally.failures }
}

function schemaOf(file: unknown): string {
  const { format, oracle } = (file ?? {}) as { format?: unknown; oracle?: unknown }
  const name = format ?? oracle
  return typeof name === "string" ? name : "?"
}

function verify(files: string[], { json, quiet }: { json?: boolean; quiet?: boolean }): void {
  const bar = progressBar("checking", files.length)
  const verdicts = files.map(file => {
    const verdict = verifyFile(file)
    bar.advance()
    return verdict
  })
  const failed = verdicts.reduce((sum, verdict) => sum + verdict.failures.length, 0)
  if (json) console.log(JSON.stringify(verdicts, null, 2))
  else {
    for (const { file, failures } of verdicts)
      for (const { name, detail } of failures) console.log(`FAILED ${file}: ${name}: ${detail}`)
    if (!quiet)
      console.log(
        table(verdicts.map(({ file, checks, failures }) => [file, `${checks} checks, ${failures.length} failed`])),
      )
    const checks = verdicts.reduce((sum, verdict) => sum + verdict.checks, 0)
    console.log(`${files.length} files, ${checks} checks, ${failed} failed`)
  }
  process.exitCode = failed === 0 ? 0 : 1
}

export function vectorsCommand(): Command {
  return new Command("vectors")
    .addHelpText("after", examples("lindung vectors verify vectors/*.json"))
    .addCommand(
      new Command("verify")
        .description("Recompute everything the files claim. Exit code 1 when a check fails or a schema is unknown.")
        .argument("<file...>", "vector files (JSON)")
        .option("--json", "print the verdicts as JSON")
        .option("--quiet", "print failures and the sum only")
        .addHelpText("after", examples("lindung vectors verify vectors/*.json vectors/oracles/*.json"))
        .action(verify),
    )
}
