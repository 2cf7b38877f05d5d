import { concat, ecdsa, fromHex, hex, type Random } from "../../crypto/index.ts"
import { decodeExport, encodeExport, KeyTable, readExport, verifyExport, writeExport } from "../../protocol/export.ts"
import {
  archiveEntry,
  commitment,
  defaultParameters,
  designByName,
  encodeArchiveBatch,
  encodeExposureKey,
  encodeSlots,
  isArchiveOf,
  isDeadBy,
  isPublished,
  paddingSizes,
  parseArchiveEntry,
  parseBatch,
  parseExposureKey,
  type Report,
  redact,
  slotLeaf,
  spentTag,
  withKeys,
} from "../../protocol/index.ts"
import type { Check, Verifier } from "./check.ts"

interface GaenBatchFile {
  report: {
    first: number
    slots: string[]
    leaves: string[]
    r: string
    commitment: string
    spent_tag: string
    revealed: number[]
    random: string
    encoded: string
    running: { slot: number; reported_at: number; whole: string }
  }
  archive: {
    bucket: number
    keys: { secret: string; contagious_from_day: number }[]
    entries: string[]
    start: number
    end: number
    region: string
    key_id: string
    key_version: string
    secret_key: string
    public_key: string
    export_bin: string
    signature: string
    export_sig: string
    zip: string
  }
  batch: { parameters_hash: string; salt: string; file: string }
  dead: { start: number; period: number; bucket: number; is: boolean }[]
  padding: { first_day_age: number[]; mean_entries: number; sizes: number[] }
}

const DESIGN = designByName("gaen")!
const PERIOD_AT = 4
const INTERVAL_SECONDS = 600

/** A source that gives the bytes of a file, in order. */
function scripted(bytes: string): Random {
  let at = 0
  const all = fromHex(bytes)
  return {
    bytes(n) {
      at += n
      return all.slice(at - n, at)
    },
  }
}

function report({ report: c }: GaenBatchFile, check: Check): void {
  const slots = c.slots.map(slot => ({ revealed: true as const, bytes: fromHex(slot) }))
  const whole: Report = { design: DESIGN, first: c.first, r: fromHex(c.r), slots }
  check.equal(
    "leaves",
    slots.map(({ bytes }, j) => hex(slotLeaf(DESIGN, c.first + j, bytes))),
    c.leaves,
  )
  check.equal("commitment", hex(commitment(whole)), c.commitment)
  check.equal("spent tag", hex(spentTag(whole.r)), c.spent_tag)
  const sent = redact(whole, slot => !c.revealed.includes(slot - c.first))
  check.equal("commitment after redaction", hex(commitment(sent)), c.commitment)
  check.equal("slots as they are sent", hex(encodeSlots(sent, scripted(c.random))), c.encoded)
  const { slot, reported_at, whole: before } = c.running
  const key = parseExposureKey(fromHex(before).subarray(0, DESIGN.secretBytes))
  const rollingPeriod = Math.floor(reported_at / INTERVAL_SECONDS) - key.rollingStart + 1
  const cut = concat(encodeExposureKey({ ...key, rollingPeriod }), fromHex(before).subarray(DESIGN.secretBytes))
  check.equal("the running key, cut short", hex(cut), c.slots[slot])
  check.ok(
    "cutting changes the period alone",
    cut.every((byte, i) => byte === fromHex(before)[i] || i >> 1 === PERIOD_AT / 2),
  )
}

function archive({ archive: a }: GaenBatchFile, check: Check): void {
  const entries = a.keys.map(({ secret, contagious_from_day }) => archiveEntry(fromHex(secret), contagious_from_day))
  check.equal("entries", entries.map(hex), a.entries)
  const keys = KeyTable.from(
    entries.map(entry => ({ ...parseArchiveEntry(entry), reportType: "confirmed-test" as const })),
  )
  const secretKey = fromHex(a.secret_key)
  check.equal("public key", ecdsa.publicKeyToPem(ecdsa.ecdsaP256.publicKey(secretKey)), a.public_key)
  const made = writeExport({
    keys,
    start: a.start,
    end: a.end,
    region: a.region,
    signers: [
      {
        info: { keyId: a.key_id, keyVersion: a.key_version, algorithm: "" },
        sign: message => ecdsa.ecdsaP256.sign(message, secretKey),
      },
    ],
  })
  const own = readExport("made here", made[0]!)
  check.equal("export.bin", hex(own.bin), a.export_bin)
  check.equal("signature", hex(own.signatures[0]!.signature), a.signature)
  const given = readExport("given", fromHex(a.zip))
  check.equal("export.bin of the zip", hex(given.bin), a.export_bin)
  check.equal("export.bin, decoded and encoded", hex(encodeExport(decodeExport("given", given.bin))), a.export_bin)
  const publicKey = ecdsa.publicKeyFromPem(a.public_key)!
  const trusted = [{ publicKey, keyId: a.key_id, keyVersion: a.key_version }]
  check.equal("the zip verifies", hex(verifyExport(given, trusted).signature), a.signature)
}

function batch({ archive: a, batch: b }: GaenBatchFile, check: Check): void {
  const header = { design: DESIGN, bucket: a.bucket, parametersHash: fromHex(b.parameters_hash), salt: fromHex(b.salt) }
  const zip = fromHex(a.zip)
  check.equal("batch", hex(encodeArchiveBatch(header, a.keys.length, zip)), b.file)
  const parsed = parseBatch(fromHex(b.file))
  if (parsed.holds !== "archive") throw new Error("the batch names no archive")
  check.ok("the batch names the zip", isArchiveOf(parsed, zip))
  check.ok(
    "and no other",
    !isArchiveOf(
      parsed,
      zip.map(byte => byte ^ 1),
    ),
  )
  const whole = withKeys(parsed, readExport("given", zip))
  for (const { secret } of a.keys)
    check.ok(`holds ${secret}`, isPublished(whole, parseExposureKey(fromHex(secret)).rollingStart, fromHex(secret)))
}

const gaenBatch: Verifier = (data, check) => {
  const file = data as GaenBatchFile
  report(file, check)
  archive(file, check)
  batch(file, check)
  for (const { start, period, bucket, is } of file.dead)
    check.equal(
      `${period} intervals by bucket ${bucket}`,
      isDeadBy({ rollingStart: start, rollingPeriod: period }, bucket),
      is,
    )
  const { paddingProfile, minPaddingReports, ...lengths } = defaultParameters(0)
  check.equal("padding profile", paddingProfile.firstDayAge, file.padding.first_day_age)
  check.equal("padding sizes", paddingSizes("gaen", paddingProfile, minPaddingReports, lengths), file.padding.sizes)
}

/** By the file's `format`. */
export const gaenBatchVerifiers: Readonly<Record<string, Verifier>> = { "lindung-gaen-batch/1": gaenBatch }
