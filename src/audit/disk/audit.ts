import { hex } from "../../crypto/index.ts"
import { KEPT_BUCKETS, parseAuthorityKeys, parseEntries, TILE_WIDTH } from "../../protocol/index.ts"
import { type Canary, type Inflate, inflated, Search } from "./canaries.ts"
import { auditDatabase, type Rebuild } from "./database.ts"
import { DiskReport } from "./findings.ts"
import { type FileKind, INVENTORY, type Inventory } from "./inventory.ts"
import { auditLogLines, auditMetrics } from "./lines.ts"
import { auditMemory, type MemoryImage } from "./memory.ts"
import { auditCodes, auditRecords, type PublishedTree, publishedBucket } from "./records.ts"
import { readSegment } from "./segment.ts"
import { readWal, withWal } from "./sqlite-file.ts"
import { text } from "./sqlite-page.ts"

/** One file as it lies there. */
export interface DiskFile {
  /** Below the directory that was seized, with slashes. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  /** Time of the last change, unix seconds. */
  readonly changed: number
  read(): Promise<Uint8Array>
}

export interface Seized {
  readonly files: readonly DiskFile[]
  readonly memory?: readonly MemoryImage[]
}

export interface DiskAuditOptions {
  readonly inventory?: Inventory
  readonly canaries?: readonly Canary[]
  readonly rebuild?: Rebuild
  /** Without it, compressed data are not looked into. */
  readonly inflate?: Inflate
}

const READERS = { owner: 0o077, group: 0o007, everybody: 0 }
const BUCKET_SECONDS = 7200

/**
 * What somebody learns who gets all disks and memory images of a deployment: findings are what must not be there, and
 * `learnt` is what may (docs/data-protection.md).
 */
export async function auditDisk(seized: Seized, options: DiskAuditOptions = {}): Promise<DiskReport> {
  const { inventory = INVENTORY, canaries = [], inflate, rebuild } = options
  const report = new DiskReport()
  const byPath = new Map(seized.files.map(file => [file.path, file]))
  const tree = await publishedTree(seized.files, report)
  const published = publishedBucket(tree.checkpoint)
  const search = new Search(canaries)
  for (const file of [...seized.files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const kind = inventory.files.find(one => one.path.test(file.path))
    if (kind === undefined) report.finding("unlisted-file", file.path, "not in the inventory")
    else auditAttributes(file, kind, report)
    const bytes = await file.read()
    if (kind !== undefined)
      await auditContent(file, bytes, kind, { byPath, tree, published, inventory, rebuild }, report)
    if (canaries.length === 0) continue
    for (const { name, encoding, at } of search.in(bytes))
      report.finding("canary", file.path, `${name} (${encoding}) at ${at}`)
    for (const { name, encoding } of search.in(latin(file.path)))
      report.finding("canary", file.path, `${name} (${encoding}) in its name`)
    if (inflate !== undefined)
      for (const inner of inflated(bytes, inflate))
        for (const { name, encoding } of search.in(inner))
          report.finding("canary", file.path, `${name} (${encoding}), compressed`)
  }
  const keys = seized.memory === undefined ? [] : await authorityKeys(byPath, report)
  for (const image of seized.memory ?? []) await auditMemory(image, canaries, keys, report)
  return report
}

const latin = (path: string): Uint8Array => Uint8Array.from(path, letter => letter.charCodeAt(0) & 255)

function auditAttributes({ path, mode, changed }: DiskFile, kind: FileKind, report: DiskReport): void {
  if ((mode & READERS[kind.readers]) !== 0)
    report.finding("readable-by-others", path, `mode ${(mode & 0o777).toString(8)}`)
  if (kind.time === "bucket" && changed % BUCKET_SECONDS !== 0) report.finding("file-time", path, `${changed} s`)
}

interface Around {
  readonly byPath: ReadonlyMap<string, DiskFile>
  readonly tree: PublishedTree
  readonly published: number | undefined
  readonly inventory: Inventory
  readonly rebuild: Rebuild | undefined
}

async function auditContent(
  file: DiskFile,
  bytes: Uint8Array,
  kind: FileKind,
  around: Around,
  report: DiskReport,
): Promise<void> {
  const { path } = file
  switch (kind.format) {
    case "segment":
      return auditSegment(path, bytes, around.published, report)
    case "number":
      if (!/^\d{1,10}$/.test(text(bytes).trim())) report.finding("unreadable", path, "expected a number")
      return
    case "sqlite":
      return auditSqlite(path, bytes, around, report)
    case "wal": {
      const { transactions, frames } = readWal(bytes)
      if (bytes.length > 0) report.finding("write-ahead-log", path, `${transactions} transactions in ${frames} pages`)
      return
    }
    case "journal":
      if (bytes.length > 0) report.finding("rollback-journal", path, `${bytes.length} bytes`)
      return
    case "tree":
      return auditPublic(path, around.published, report)
    case "log":
      return auditLogLines(path, bytes, around.inventory, report)
    case "metrics":
      return auditMetrics(path, bytes, around.inventory, report)
    case "settings":
      report.learns(
        path,
        "long-term keys: who has them can sign for the service; no envelope of a published bucket opens",
      )
      return
    case "index":
      return
  }
}

function auditSegment(path: string, bytes: Uint8Array, published: number | undefined, report: DiskReport): void {
  const named = Number(/(\d+)\/\d+\.seg$/.exec(path)?.[1])
  const segment = readSegment(bytes)
  if (segment === undefined || segment.buckets.some(bucket => bucket !== named)) {
    report.finding("unreadable", path, "not envelopes of this bucket in frames of one length")
    return
  }
  if (published !== undefined && named <= published) report.finding("kept-envelopes", path, `bucket ${named}`)
  if (segment.frames > 0)
    report.learns(
      path,
      `${segment.frames} envelopes came for bucket ${named}, reports and covers together, in no order`,
    )
}

async function auditSqlite(
  path: string,
  bytes: Uint8Array,
  { byPath, tree, inventory, rebuild }: Around,
  report: DiskReport,
): Promise<void> {
  const wal = await byPath.get(`${path}-wal`)?.read()
  const whole = wal === undefined || wal.length < 32 ? bytes : orUnreadable(path, report, () => withWal(bytes, wal))
  if (whole === undefined) return
  const name = path.slice(path.lastIndexOf("/") + 1)
  const database = auditDatabase(path, name, whole, { inventory, rebuild }, report)
  if (database === undefined) return
  if (name === "records.sqlite") orUnreadable(path, report, () => auditRecords(path, database, tree, report))
  if (name === "codes.sqlite") orUnreadable(path, report, () => auditCodes(path, database, report))
}

/** What was seized may be anything: what cannot be read is a finding, and ends nothing. */
function orUnreadable<T>(path: string, report: DiskReport, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    report.finding("unreadable", path, error instanceof Error ? error.message : String(error))
    return undefined
  }
}

function auditPublic(path: string, published: number | undefined, report: DiskReport): void {
  const bucket = Number(/\/batches\/[a-z-]+\/(\d+)/.exec(path)?.[1] ?? Number.NaN)
  if (published !== undefined && bucket <= published - KEPT_BUCKETS)
    report.finding("kept-too-long", path, `bucket ${bucket}`)
}

/** Checkpoint and leaves of the newest tiles. */
async function publishedTree(files: readonly DiskFile[], report: DiskReport): Promise<PublishedTree> {
  const checkpoint = await files.find(({ path }) => path.endsWith("public/checkpoint"))?.read()
  const leaves: string[] = []
  for (const { path, read } of files) {
    const [, groups = "", low = "", width = `${TILE_WIDTH}`] =
      /public\/tile\/entries\/((?:x\d{3}\/)*)(\d{3})(?:\.p\/(\d+))?$/.exec(path) ?? []
    if (low === "") continue
    const first = TILE_WIDTH * Number(groups.replace(/[x/]/g, "") + low)
    const tile = await read()
    for (const [i, leaf] of (orUnreadable(path, report, () => parseEntries(tile, Number(width))) ?? []).entries())
      leaves[first + i] = hex(leaf)
  }
  return { ...(checkpoint === undefined ? {} : { checkpoint }), leaves }
}

async function authorityKeys(
  byPath: ReadonlyMap<string, DiskFile>,
  report: DiskReport,
): Promise<readonly Uint8Array[]> {
  const file = [...byPath.values()].find(({ path }) => path.endsWith("public/v1/authority-keys"))
  if (file === undefined) return []
  const bytes = await file.read()
  return orUnreadable(file.path, report, () => parseAuthorityKeys(bytes)) ?? []
}
