import { hex, sha256 } from "../../crypto/index.ts"
import { KEPT_BUCKETS, parseLeaf } from "../../protocol/index.ts"
import { rowsOf, tally } from "./database.ts"
import type { DiskReport } from "./findings.ts"
import type { SqliteFile } from "./sqlite-file.ts"
import { text, type Value } from "./sqlite-page.ts"

/** Numbers of tags are powers of two from here on, so that they hardly depend on how many people reported. */
const FEWEST_TAGS = 4

const bytesOf = (value: Value | undefined): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array())

/** The published tree as far as it is needed to recompute what the records hold. */
export interface PublishedTree {
  readonly checkpoint?: Uint8Array
  /** Leaves of the tiles, joined. */
  readonly leaves: readonly string[]
}

/** Whether the publisher's records hold what is published and nothing that is over. */
export function auditRecords(where: string, database: SqliteFile, tree: PublishedTree, report: DiskReport): void {
  const published = Number(rowsOf(database, "progress")[0]?.["published"] ?? 0)
  const head = publishedBucket(tree.checkpoint)
  if (head !== undefined && head !== published)
    report.finding("not-published", `${where} progress`, `bucket ${published}, and the checkpoint has ${head}`)
  const logged = new Set<string>()
  for (const row of rowsOf(database, "leaf")) {
    const leaf = bytesOf(row["leaf"])
    logged.add(hex(parseLeaf(leaf).hash))
    if (tree.leaves[Number(row["position"])] !== hex(leaf))
      report.finding("not-published", `${where} leaf`, `position ${row["position"]}`)
  }
  for (const row of rowsOf(database, "file"))
    if (!logged.has(hex(sha256(bytesOf(row["bytes"])))))
      report.finding("not-published", `${where} file`, `position ${row["position"]} is not in the log`)
  const staged = rowsOf(database, "staged").length
  if (staged > 0) report.learns(`${where} staged`, `${staged} batches that are about to be published`)
  auditKeys(where, database, published, report)
  auditTags(where, database, published, report)
}

function auditKeys(where: string, database: SqliteFile, published: number, report: DiskReport): void {
  const buckets = rowsOf(database, "bucket_key").map(row => Number(row["bucket"]))
  for (const bucket of buckets)
    if (bucket <= published) report.finding("kept-key", `${where} bucket_key`, `bucket ${bucket}`)
  if (buckets.length > 0)
    report.learns(
      `${where} bucket_key`,
      `${buckets.length} wrapped keys, of buckets ${Math.min(...buckets)} to ${Math.max(...buckets)}: with the wrapping key, who has them opens envelopes of these buckets, and of none before`,
    )
}

function auditTags(where: string, database: SqliteFile, published: number, report: DiskReport): void {
  const rows = rowsOf(database, "spent")
  for (const [bucket, count] of tally(rows, "bucket")) {
    if (Number(bucket) <= published - KEPT_BUCKETS)
      report.finding("kept-too-long", `${where} spent`, `bucket ${bucket}`)
    if (count < FEWEST_TAGS || !Number.isInteger(Math.log2(count)))
      report.finding("report-count", `${where} spent`, `${count} tags of bucket ${bucket}`)
  }
  if (rows.length > 0) report.learns(`${where} spent`, `${rows.length} tags of reports and noise, by bucket`)
}

/** The rows that the authority has of real codes: what anybody who holds its disk learns. */
export function auditCodes(where: string, database: SqliteFile, report: DiskReport): void {
  const real = rowsOf(database, "codes").filter(row => row["mechanism"] !== 0)
  const spent = real.filter(row => bytesOf(row["commitment"]).some(byte => byte !== 0))
  const acts = rowsOf(database, "audit").length
  if (acts > 0) report.learns(where, `${acts} acts of staff, each with its minute, and who did it`)
  if (real.length === 0) return
  report.learns(where, `${real.length} codes are known, ${spent.length} of them were used`)
  for (const [day, count] of tally(real, "contagious_from_day"))
    report.learns(where, `${count} of them say that the patient was contagious from day ${day} on`)
  for (const [hour, count] of tally(real, "expires_hour"))
    report.learns(where, `${count} of them were issued in the hour that gives an end at hour ${hour}`)
}

/** The newest bucket that a checkpoint's note names; undefined when there is none. */
export function publishedBucket(note: Uint8Array | undefined): number | undefined {
  const bucket = note && /^bucket (\d{1,10})$/m.exec(text(note))?.[1]
  return bucket === undefined ? undefined : Number(bucket)
}
