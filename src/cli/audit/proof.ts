import { readFileSync } from "node:fs"
import { Command } from "commander"
import { base64 } from "../../crypto/index.ts"
import { encodeNoteKey, LindungError, parseNoteKey, verifyMisbehaviour } from "../../protocol/index.ts"
import { nativeEd25519 } from "../../server/index.ts"
import { examples } from "../output.ts"

const NOT_PROVEN = 1
const UNREADABLE = 3

interface Options {
  readonly key?: string
  readonly json?: boolean
}

export function proofCommand(): Command {
  return new Command("proof")
    .description("Verify offline that a log has contradicted itself: a file that a phone, a witness or a monitor kept.")
    .argument("<file>", "the proof of misbehaviour")
    .option("--key <key>", "the log's key as apps pin it: a proof against any other key is not accepted")
    .option("--json", "the verdict as one JSON object")
    .addHelpText(
      "after",
      `\nExit codes: 0 proven, 1 not a proof, 2 a mistake in the command line, 3 the file cannot be read.\n${examples("lindung audit proof mirror/misbehaviour-0123456789abcdef.lndm --key KEY")}`,
    )
    .action(proof)
}

function proof(path: string, { key, json }: Options): void {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(readFileSync(path))
  } catch (error) {
    console.error(`lindung: ${(error as Error).message}`)
    process.exitCode = UNREADABLE
    return
  }
  const pinned = key === undefined ? undefined : encodeNoteKey(parseNoteKey(key))
  try {
    const { kind, log, heads, says } = verifyMisbehaviour(bytes, nativeEd25519)
    const by = encodeNoteKey(log)
    if (pinned !== undefined && by !== pinned) throw new LindungError("signature", `the proof is against ${by}`)
    const facts = heads.map(({ size, bucket, root }) => ({ size, bucket, root: base64(root) }))
    if (json) console.log(JSON.stringify({ proven: true, kind, key: by, heads: facts, says }, undefined, 2))
    else {
      console.log(`PROVEN: whoever holds the key ${by} has signed what contradicts itself.`)
      console.log(says)
      for (const { size, bucket, root } of facts)
        console.log(`  head of ${size} leaves, to bucket ${bucket}, root ${root}`)
      if (pinned === undefined)
        console.log("Compare the key with the one that apps pin: anybody can sign with a key of his own.")
    }
  } catch (error) {
    if (!(error instanceof LindungError)) throw error
    if (json) console.log(JSON.stringify({ proven: false, code: error.code, why: error.message }, undefined, 2))
    else console.log(`Not a proof: ${error.message}`)
    process.exitCode = NOT_PROVEN
  }
}
