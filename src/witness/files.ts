import { equal, sha256 } from "../crypto/index.ts"
import {
  type Checkpoint,
  DESIGNS,
  INGEST_KEYS_BYTES,
  isArchiveOf,
  KEPT_BUCKETS,
  type Leaf,
  LindungError,
  PATHS,
  parseBatch,
  parseLeaf,
  splitParameterSets,
} from "../protocol/index.ts"
import { broken, type MonitorPorts } from "./violation.ts"

const MAX_BATCH_BYTES = 67_108_864
const MAX_FILE_BYTES = 1_048_576

type Report = (error: LindungError, where: string) => void

/** Runs a check of one file; what it finds is reported, and the other files are looked at all the same. */
async function checked(where: string, report: Report, check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (error) {
    if (!(error instanceof LindungError) || error.code === "network") throw error
    report(error, where)
  }
}

/**
 * Takes the files that the leaves are of into the mirror: batches of the last fourteen days that it has not, and the
 * lists in force. A file is taken only when it is the one that was logged.
 * @returns how many batches were taken
 */
export async function mirrorFiles(
  { bucket: newest }: Checkpoint,
  leaves: ReadonlyMap<number, Uint8Array>,
  ports: MonitorPorts,
  report: Report,
): Promise<number> {
  const parsed = [...leaves.values()].map(parseLeaf)
  const wanted: { leaf: Leaf; path: string }[] = []
  for (const leaf of parsed) {
    const design = DESIGNS.find(({ code }) => code === leaf.design)
    if (leaf.type !== "batch" || leaf.bucket <= newest - KEPT_BUCKETS) continue
    if (design === undefined) report(broken("format", `no design has the code ${leaf.design}`), `bucket ${leaf.bucket}`)
    else {
      const path = PATHS.batch(design.name, leaf.bucket)
      if ((await ports.mirror.read(path)) === undefined) wanted.push({ leaf, path })
    }
  }
  let taken = 0
  for (const [done, { leaf, path }] of wanted.entries()) {
    await checked(path, report, async () => {
      await mirrorBatch(leaf, path, ports)
      taken++
    })
    ports.progress?.("batches", done + 1, wanted.length)
  }
  await mirrorLists(parsed, ports, report)
  return taken
}

async function mirrorBatch(leaf: Leaf, path: string, { fetch, mirror }: MonitorPorts): Promise<void> {
  if (leaf.length > MAX_BATCH_BYTES) throw broken("format", `${leaf.length} bytes are too many`)
  const file = await fetch(path, leaf.length)
  if (file === undefined) throw broken("not-in-log", "a logged batch is not there")
  requireLogged(file, [leaf])
  const batch = parseBatch(file)
  if (batch.bucket !== leaf.bucket || batch.design.code !== leaf.design)
    throw broken("format", "the batch of another bucket or design")
  if (batch.holds === "archive") {
    const archivePath = PATHS.archive(batch.design.name, batch.bucket)
    const archive = await fetch(archivePath, batch.archive.length)
    if (archive === undefined || !isArchiveOf(batch, archive))
      throw broken("not-in-log", "its archive is not the one named")
    await mirror.write(archivePath, archive)
  }
  await mirror.write(path, file)
}

function requireLogged(file: Uint8Array, leaves: readonly Leaf[]): void {
  const hash = sha256(file)
  if (!leaves.some(leaf => leaf.length === file.length && equal(leaf.hash, hash)))
    throw broken("not-in-log", "not the file that was logged")
}

/** How each of the lists is cut into the files that are logged. */
const LISTS = [
  [PATHS.parameters, "parameters", splitParameterSets],
  [PATHS.ingestKeys, "ingest-keys", ingestLists],
  [PATHS.authorityKeys, "authority-keys", (file: Uint8Array) => [file]],
] as const

async function mirrorLists(leaves: readonly Leaf[], { fetch, mirror }: MonitorPorts, report: Report): Promise<void> {
  for (const [path, type, cut] of LISTS)
    await checked(path, report, async () => {
      const file = await fetch(path, MAX_FILE_BYTES)
      if (file === undefined) throw broken("not-in-log", "it is not there")
      const ofType = leaves.filter(leaf => leaf.type === type)
      for (const part of cut(file)) requireLogged(part, ofType)
      await mirror.write(path, file)
    })
}

function ingestLists(file: Uint8Array): Uint8Array[] {
  const count = Math.ceil(file.length / INGEST_KEYS_BYTES)
  return Array.from({ length: count }, (_, i) => file.subarray(i * INGEST_KEYS_BYTES, (i + 1) * INGEST_KEYS_BYTES))
}
