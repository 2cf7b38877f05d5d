import { gaen } from "../crypto/index.ts"
import {
  decodeExport,
  EXPORT_HEADER,
  type ExportArchive,
  type KeyTable,
  readExport,
  type SignatureInfo,
} from "../protocol/export.ts"

/** A zip, or the export.bin of one: that has no signatures. */
export function readArchive(file: string, input: Uint8Array): ExportArchive {
  if (!EXPORT_HEADER.every((byte, i) => input[i] === byte)) return readExport(file, input)
  return { file, bin: input, signatures: [], ...decodeExport(file, input) }
}

const SECONDS_PER_INTERVAL = 600

/** What in these keys breaks readers that expect the tidy case. */
function keyFacts(keys: KeyTable, end: number) {
  const rows = Array.from({ length: keys.length }, (_, row) => row)
  const count = (test: (row: number) => boolean): number => rows.filter(test).length
  const tally = (value: (row: number) => string | number | undefined): Record<string, number> => {
    const out: Record<string, number> = {}
    for (const row of rows) {
      const name = String(value(row) ?? "not given")
      out[name] = (out[name] ?? 0) + 1
    }
    return out
  }
  const oldest = rows.reduce((least, row) => Math.min(least, keys.rollingStarts[row]!), Number.POSITIVE_INFINITY)
  return {
    keys: keys.length,
    repeats: keys.length - keys.distinct().length,
    validBeyondEnd: count(row => (keys.rollingStarts[row]! + keys.rollingPeriods[row]!) * SECONDS_PER_INTERVAL > end),
    oddStarts: count(row => keys.rollingStarts[row]! % gaen.ROLLING_PERIOD !== 0),
    oldestStartsDaysBeforeEnd: keys.length === 0 ? null : Math.round((end / SECONDS_PER_INTERVAL - oldest) / 14.4) / 10,
    rollingPeriods: tally(row => keys.rollingPeriods[row]),
    reportTypes: tally(row => keys.reportType(row)),
    daysSinceOnset: tally(row => keys.daysSinceOnset(row)),
    transmissionRisks: tally(row => keys.transmissionRisk(row)),
  }
}

export function archiveFacts(archive: ExportArchive) {
  const { file, bin, start, end, region, batchNumber, batchSize, signatures, keys, revisedKeys } = archive
  return {
    file,
    unpackedBytes: bin.length,
    region,
    start,
    end,
    batch: `${batchNumber}/${batchSize}`,
    signatures: signatures.map(({ info, signature }) => ({ ...info, bytes: signature.length })),
    signatureInfos: archive.signatureInfos,
    ...keyFacts(keys, end),
    revised: keyFacts(revisedKeys, end),
  }
}

const iso = (unix: number): string => new Date(unix * 1000).toISOString().replace(".000Z", "Z")
const named = ({ keyId, keyVersion, algorithm }: SignatureInfo): string =>
  `"${keyId}" ${keyVersion} ${algorithm}`.trim()
const counts = (tally: Record<string, number>): string => {
  const entries = Object.entries(tally).sort(([, a], [, b]) => b - a)
  const shown = entries.slice(0, 6).map(([name, n]) => `${name} × ${n}`)
  return [...shown, ...(entries.length > 6 ? [`${entries.length - 6} more`] : [])].join(", ") || "none"
}

/** For people: one fact a line. */
export function describeArchive(archive: ExportArchive): string {
  const facts = archiveFacts(archive)
  const lines: [string, string | number][] = [
    ["file", `${facts.file}, ${facts.unpackedBytes} bytes unpacked`],
    ["region", facts.region || "not given"],
    ["keys arrived", `${iso(facts.start)} to ${iso(facts.end)}`],
    ["batch", facts.batch],
    ...archive.signatures.map(({ info, signature }): [string, string] => [
      "signature",
      `${named(info)}, ${signature.length} bytes`,
    ]),
    ["keys", facts.keys],
    ["revised keys", facts.revised.keys],
    ["repeats in the file", facts.repeats],
    ["valid beyond the file's end", facts.validBeyondEnd],
    ["not starting at midnight UTC", facts.oddStarts],
    [
      "oldest key starts",
      facts.oldestStartsDaysBeforeEnd === null ? "-" : `${facts.oldestStartsDaysBeforeEnd} days before the end`,
    ],
    ["rolling periods", counts(facts.rollingPeriods)],
    ["report types", counts(facts.reportTypes)],
    ["days since onset", counts(facts.daysSinceOnset)],
    ["transmission risks", counts(facts.transmissionRisks)],
  ]
  if (archive.signatures.length === 0) lines.splice(4, 0, ["signature", "none"])
  return lines.map(([name, value]) => `${`${name}:`.padEnd(30)}${value}`).join("\n")
}
