import { createPrivateKey, randomBytes } from "node:crypto"
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { Command } from "commander"
import { match } from "../client/gaen/index.ts"
import { ecdsa, fromHex, hex } from "../crypto/index.ts"
import {
  drawExportPadding,
  ECDSA_SHA256,
  EXPORT_LIMITS,
  EXPORT_PADDING,
  ExportError,
  type ExportSigner,
  MAX_KEYS_PER_FILE,
  readExport,
  type TrustedKey,
  verifyExport,
  writeExport,
} from "../protocol/export.ts"
import { keyLine, keysOf, readHeard, readKeys } from "./export-lines.ts"
import { archiveFacts, describeArchive, readArchive } from "./export-show.ts"
import { examples, progressBar } from "./output.ts"

/** Exit code where the work was done and the answer is no; 2 means that it could not be done. */
const NO = 1

export function exportCommand(): Command {
  return new Command("export")
    .addHelpText("after", examples("lindung export show nl.zip", "lindung export verify nl.zip --key nl.pem"))
    .addCommand(showCommand())
    .addCommand(verifyCommand())
    .addCommand(matchCommand())
    .addCommand(writeCommand())
    .addCommand(padCommand())
}

function showCommand(): Command {
  return new Command("show")
    .description(
      "What an archive contains, and what in it naive readers get wrong. Signatures are listed, not checked.",
    )
    .argument("<zip>", "an archive, or a bare export.bin")
    .option("--json", "the same as one JSON object")
    .option("--keys", "one JSON line for each key instead, as `write` takes them")
    .addHelpText("after", examples("lindung export show nl.zip", "lindung export show nl.zip --keys | head -3"))
    .action((zip: string, options: { json?: boolean; keys?: boolean }) =>
      refuse(() => {
        const archive = readArchive(basename(zip), readFileSync(zip))
        if (options.keys) for (const line of keysOf(archive)) console.log(line)
        else if (options.json) console.log(JSON.stringify(archiveFacts(archive), undefined, 2))
        else console.log(describeArchive(archive))
      }),
    )
}

function verifyCommand(): Command {
  return new Command("verify")
    .description(
      "Exit code 0 only when a signature by the key verifies over the archive's raw bytes; 1 when none does.",
    )
    .argument("<zip>", "an archive")
    .requiredOption("--key <pem>", "the public key (P-256, BEGIN PUBLIC KEY); repeat for several", collect)
    .option("--key-id <id>", "count only signatures that name this key id")
    .option("--key-version <version>", "count only signatures that name this key version")
    .addHelpText("after", examples("lindung export verify nl.zip --key nl.pem --key-id 204 --key-version v12"))
    .action((zip: string, options: { key: string[]; keyId?: string; keyVersion?: string }) =>
      refuse(() => {
        const archive = readExport(basename(zip), readFileSync(zip))
        const { info } = verifyExport(archive, trustedKeys(options.key, options))
        console.log(`${archive.file}: verified by key "${info.keyId}" ${info.keyVersion}, ${archive.keys.length} keys`)
      }),
    )
}

function matchCommand(): Command {
  return new Command("match")
    .description("Which published keys explain what was heard: one JSON line {key, id, at, interval} for each match.")
    .argument("<zip...>", "archives")
    .requiredOption("--heard <file>", 'JSON lines {"id": 32 hex digits, "at": unix seconds}')
    .option("--key <pem>", "take only archives that this key signed; repeat for several", collect)
    .option("--heard-before <when>", 'unix seconds, or "end": leave out what was heard when a file was public')
    .addHelpText(
      "after",
      `
"interval" is the ten minutes for which the identifier was made; a match may be up to two hours away from it.
An archive that cannot be read or does not verify is named on the error stream and the others are still matched;
the exit code is then 1.
${examples("lindung export match nl/*.zip --heard heard.jsonl --key nl.pem --heard-before end")}`,
    )
    .action((zips: string[], options: { heard: string; key?: string[]; heardBefore?: string }) => {
      const heard = readHeard(options.heard)
      const trusted = trustedKeys(options.key ?? [], {})
      const before = options.heardBefore
      const limit = before === undefined || before === "end" ? undefined : instant("--heard-before", before)
      const bar = progressBar("matching", zips.length)
      for (const zip of zips) {
        refuse(() => {
          const archive = readExport(basename(zip), readFileSync(zip))
          if (trusted.length > 0) verifyExport(archive, trusted)
          const heardBefore = before === "end" ? archive.end : limit
          for (const table of [archive.keys, archive.revisedKeys])
            for (const { key, heard: place, interval } of match(
              table,
              heard,
              heardBefore === undefined ? {} : { heardBefore },
            ))
              console.log(
                JSON.stringify({
                  key: hex(table.tek(key)),
                  id: hex(heard[place]!.rpi),
                  at: heard[place]!.at,
                  interval,
                }),
              )
        })
        bar.advance()
      }
    })
}

interface WriteOptions {
  keys: string
  start: string
  end: string
  region: string
  sign: string[]
  out: string
  maxKeys: string
  minKeys: string
}

function writeCommand(): Command {
  return new Command("write")
    .description("Writes signed archives. The same keys, times and signers give the same bytes.")
    .requiredOption("--keys <file>", "JSON lines, as `show --keys` prints them")
    .requiredOption("--start <when>", "unix seconds or an ISO time: when the first of these keys may have arrived")
    .requiredOption("--end <when>", "unix seconds or an ISO time: when the last may have")
    .requiredOption("--region <region>", 'country or region, such as "NL" or "222"')
    .requiredOption("--sign <pem:id:version>", "private key, key id and version; repeat, newest first", collect)
    .requiredOption("--out <folder>", "where START-END-NUMBER.zip are put")
    .option("--max-keys <n>", "split files with more keys", String(MAX_KEYS_PER_FILE))
    .option("--min-keys <n>", "refuse to write a file with fewer; see `pad`", "0")
    .addHelpText(
      "after",
      `
A line is {"tek": 32 hex digits, "rollingStart": interval, "rollingPeriod": 1 to 144} and may have
"reportType" (confirmed-test, confirmed-clinical-diagnosis, self-report, recursive, revoked, unknown),
"daysSinceOnset", "transmissionRisk" (0 to 8) and "revised": true.
${examples(
  "openssl ecparam -name prime256v1 -genkey -noout -out signing.pem",
  "openssl ec -in signing.pem -pubout -out public.pem",
  "lindung export write --keys keys.jsonl --start 2020-11-01T00:00Z --end 2020-11-01T02:00Z \\\n      --region 310 --sign signing.pem:310:v1 --out exports",
  "lindung export verify exports/1604188800-1604196000-00001.zip --key public.pem",
)}`,
    )
    .action((options: WriteOptions) => {
      const { keys, revisedKeys } = readKeys(options.keys)
      const start = instant("--start", options.start)
      const end = instant("--end", options.end)
      const zips = writeExport({
        keys,
        revisedKeys,
        start,
        end,
        region: options.region,
        signers: options.sign.map(signer),
        maxKeysPerFile: whole("--max-keys", options.maxKeys),
        minKeysPerFile: whole("--min-keys", options.minKeys),
      })
      mkdirSync(options.out, { recursive: true })
      zips.forEach((zip, i) => {
        if (zip.length > EXPORT_LIMITS.packedBytes)
          throw new RangeError("--max-keys: a file would be larger than phones read; choose a smaller number")
        const path = join(options.out, `${start}-${end}-${String(i + 1).padStart(5, "0")}.zip`)
        // Under another name first: a server that serves the folder never serves half a file.
        writeFileSync(`${path}.part`, zip)
        renameSync(`${path}.part`, path)
        console.log(path)
      })
    })
}

function padCommand(): Command {
  return new Command("pad")
    .description("Appends made-up keys to a file of keys, until it has as many as asked for.")
    .argument("<file>", "JSON lines, as `write` takes them")
    .requiredOption("--to <n>", "keys in the file afterwards")
    .requiredOption("--reported-from <when>", "unix seconds or an ISO time: when the reports of this file were made")
    .requiredOption("--reported-to <when>", "the end of that time")
    .addHelpText(
      "after",
      `
Padding goes into the same file as the real keys, once and unmarked: if it were drawn anew for each export,
two exports of the same keys would tell which are real.
${examples("lindung export pad keys.jsonl --to 1000 --reported-from 2020-11-01T00:00Z --reported-to 2020-11-01T02:00Z")}`,
    )
    .action((file: string, options: { to: string; reportedFrom: string; reportedTo: string }) => {
      const { keys, revisedKeys } = readKeys(file)
      const missing = Math.max(0, whole("--to", options.to) - keys.length - revisedKeys.length)
      const reported = {
        from: instant("--reported-from", options.reportedFrom),
        to: instant("--reported-to", options.reportedTo),
      }
      const padding = drawExportPadding(missing, EXPORT_PADDING, reported, { bytes: n => randomBytes(n) })
      const lines = Array.from({ length: padding.length }, (_, row) => `${keyLine(padding.row(row), false)}\n`)
      appendFileSync(file, lines.join(""))
      console.log(`${missing} keys appended to ${file}`)
    })
}

/** A refused archive is an answer, not a failure of the command: its error is told, and the exit code says no. */
function refuse(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof ExportError)) throw error
    console.error(`refused: ${error.message}`)
    process.exitCode = NO
  }
}

function trustedKeys(files: readonly string[], names: { keyId?: string; keyVersion?: string }): TrustedKey[] {
  return files.map(file => {
    const publicKey = ecdsa.publicKeyFromPem(readFileSync(file, "utf8"))
    if (publicKey === undefined) throw new Error(`${file}: expected a P-256 public key in PEM (BEGIN PUBLIC KEY)`)
    const { keyId, keyVersion } = names
    return { publicKey, ...(keyId === undefined ? {} : { keyId }), ...(keyVersion === undefined ? {} : { keyVersion }) }
  })
}

/** Signs by the portable implementation, whose signatures are deterministic; OpenSSL's are not. */
function signer(text: string): ExportSigner {
  const [, file, keyId, keyVersion] = /^(.+):([^:]+):([^:]+)$/.exec(text) ?? []
  if (file === undefined || keyId === undefined || keyVersion === undefined)
    throw new Error(`--sign: expected PEM:ID:VERSION, such as signing.pem:310:v1, got ${text}`)
  const jwk = createPrivateKey(readFileSync(file)).export({ format: "jwk" })
  if (jwk.crv !== "P-256" || jwk.d === undefined) throw new Error(`${file}: expected a P-256 private key`)
  const secret = fromHex(Buffer.from(jwk.d, "base64url").toString("hex").padStart(64, "0"))
  return {
    info: { keyId, keyVersion, algorithm: ECDSA_SHA256 },
    sign: message => ecdsa.ecdsaP256.sign(message, secret),
  }
}

function instant(option: string, text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : Date.parse(text) / 1000
  if (!Number.isInteger(seconds) || seconds < 0 || seconds >= 2 ** 32)
    throw new Error(`${option}: expected unix seconds or an ISO time such as 2020-11-01T00:00Z, got ${text}`)
  return seconds
}

function whole(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option}: expected a whole number, got ${text}`)
  return Number(text)
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value]
