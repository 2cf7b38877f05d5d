import { equal, hex, sha256, time } from "../crypto/index.ts"
import {
  type ArchiveBatch,
  type Batch,
  type Checkpoint,
  type DesignName,
  designByCode,
  firstSlot,
  isArchiveOf,
  KEPT_BUCKETS,
  LindungError,
  PATHS,
  type ParameterSet,
  parametersFor,
  parseBatch,
  SALT_BYTES,
  type SecretBatch,
  slotStart,
} from "../protocol/index.ts"
import type { LoggedSet } from "./announced.ts"
import { SUSPICIOUS } from "./chi-square.ts"
import { readAhead, type TreeFiles } from "./files.ts"
import type { Findings } from "./findings.ts"
import type { Logged } from "./leaves.ts"
import { ProfileCounts, type ProfileFit } from "./profile.ts"
import { Repeats } from "./repeats.ts"
import { SymbolCounts } from "./uniform.ts"

/** As a phone has it. */
const MAX_BATCH_BYTES = 67_108_864

export interface BatchChecks {
  readonly files: TreeFiles
  readonly head: Checkpoint
  readonly sets: readonly LoggedSet[]
  /** The hash of every parameter set that is logged, also of those whose file is gone. */
  readonly loggedSets: ReadonlySet<string>
  /** Old leaves are gone, and with them the hashes of old sets. */
  readonly isPruned: boolean
  /** The files are a mirror that keeps what the server has to delete. */
  readonly isMirror: boolean
  readonly findings: Findings
  readonly advance: (batches: number) => void
}

/** What the batches of a design have told. */
export interface DesignFacts {
  readonly design: DesignName
  readonly batches: number
  readonly entries: number
  /** Different numbers of entries, and how many bits such a number tells an observer on average. */
  readonly sizes: number
  readonly sizeBits: number
  /** Empty where there are too few batches to tell, and for filters, which show no slots. */
  readonly fits: readonly ProfileFit[]
}

/** Reads every batch once, and looks again only at those that may share a secret. */
export async function auditBatches(leaves: readonly Logged[], checks: BatchChecks): Promise<DesignFacts[]> {
  const { files, findings, advance } = checks
  const designs = new Map<number, DesignCounts>()
  const salts = new Salts(findings)
  const repeats = new Repeats()
  const taken: Logged[] = []
  for await (const [leaf, file] of readAhead(leaves.filter(isKnown), leaf => readFile(leaf, checks))) {
    advance(1)
    const batch = file && checkedBatch(leaf, file, checks)
    if (batch === undefined) continue
    const where = pathOf(leaf)
    salts.add(batch.salt, where)
    const set = setOf(leaf, checks)
    const counts = designs.get(leaf.design) ?? new DesignCounts(batch)
    designs.set(leaf.design, counts)
    if (set !== undefined) auditShape(batch, set, where, findings)
    counts.add(batch, set)
    if (batch.holds === "archive") await auditArchive(batch, checks)
    if (batch.holds !== "secrets") continue
    taken.push(leaf)
    for (const { secrets } of batch.groups)
      for (let at = 0; at < secrets.length; at += batch.design.secretBytes) repeats.add(secrets, at)
  }
  salts.finish()
  await auditRepeats(taken, repeats, files, findings)
  return [...designs].sort(([a], [b]) => a - b).map(([, counts]) => counts.finish(findings))
}

const isKnown = ({ design }: Logged): boolean => designByCode(design) !== undefined
const pathOf = ({ design, bucket }: Logged): string => PATHS.batch(designByCode(design)!.name, bucket)

/** The file of a leaf where there has to be one; of others, only whether it is gone. */
async function readFile(leaf: Logged, checks: BatchChecks): Promise<Uint8Array | undefined> {
  const { files, head, isMirror, findings } = checks
  const path = pathOf(leaf)
  const isKept = leaf.bucket > head.bucket - KEPT_BUCKETS
  if (!isKept && !isMirror) {
    if ((await files.read(path, 0)) !== undefined)
      findings.add("batch-kept", path, `its fourteen days ended with bucket ${leaf.bucket + KEPT_BUCKETS - 1}`)
    return undefined
  }
  if (leaf.length > MAX_BATCH_BYTES) {
    findings.add("batch-too-long", path, `${leaf.length} bytes; a batch has at most ${MAX_BATCH_BYTES}`)
    return undefined
  }
  const file = await files.read(path, leaf.length)
  if (file === undefined) {
    if (isKept) findings.add("batch-missing", path, "404")
    return undefined
  }
  if (file.length === leaf.length && equal(sha256(file), leaf.hash)) return file
  findings.add("batch-altered", path, `not the file of leaf ${leaf.position}`)
  return undefined
}

/** The set in force for a bucket; undefined where it was superseded so long ago that its file is gone. */
const setOf = ({ bucket }: Logged, { sets }: BatchChecks): ParameterSet | undefined =>
  parametersFor(
    bucket,
    sets.map(({ set }) => set),
  )

/** A batch that is the one its leaf and its parameter set ask for. */
function checkedBatch(leaf: Logged, file: Uint8Array, checks: BatchChecks): Batch | undefined {
  const { sets, loggedSets, isPruned, findings } = checks
  const path = pathOf(leaf)
  let batch: Batch
  try {
    batch = parseBatch(file)
  } catch (error) {
    if (!(error instanceof LindungError)) throw error
    findings.add("batch-malformed", path, error.message)
    return undefined
  }
  if (batch.design.code !== leaf.design || batch.bucket !== leaf.bucket) {
    findings.add("batch-header", path, `says ${batch.design.name}, bucket ${batch.bucket}`)
    return undefined
  }
  const set = setOf(leaf, checks)
  const expected = sets.find(one => one.set === set)?.hash
  const made = hex(batch.parametersHash)
  if (expected === undefined ? !isPruned && !loggedSets.has(made) : made !== expected) {
    findings.add("batch-parameters", path, "made under a parameter set that is not in force for its bucket")
    return undefined
  }
  return batch
}

/** What its parameter set says of a batch: its size, its slots, its filter. */
function auditShape(batch: Batch, parameters: ParameterSet, where: string, findings: Findings): void {
  const sizes = parameters.paddingSizes[batch.design.name] ?? []
  const largest = sizes.at(-1) ?? 0
  if (batch.entries > largest)
    findings.add("batch-beyond-sizes", where, `${batch.entries} entries; the largest size is ${largest}`)
  else if (!sizes.includes(batch.entries))
    findings.add("batch-size", where, `${batch.entries} entries, which is not on the list of sizes`)
  if (batch.holds === "secrets") auditSlots(batch, parameters, where, findings)
  else if (batch.holds === "filter" && batch.filter.fingerprintBits !== parameters.fingerprintBits)
    findings.add(
      "filter-fingerprint",
      where,
      `fingerprints of ${batch.filter.fingerprintBits} bits, not ${parameters.fingerprintBits}`,
    )
}

/**
 * A secret may be published from the moment at which no phone broadcasts it: phones drop that of the running slot when
 * they report it, and none has reported a slot that begins after the bucket.
 */
function auditSlots(
  { design, bucket, groups }: SecretBatch,
  parameters: ParameterSet,
  where: string,
  findings: Findings,
): void {
  const end = time.bucketStart(bucket) + time.SECONDS_PER_BUCKET
  const oldest = firstSlot(design, time.day(end - 1), parameters)
  for (const { slot } of groups) {
    if (slotStart(design, slot, parameters) >= end)
      findings.add("secret-live", where, `secrets of slot ${slot}, which begins after the bucket`)
    if (slot < oldest) findings.add("secret-old", where, `secrets of slot ${slot}; the oldest is ${oldest}`)
  }
}

/** The archive of design 4 is a file of its own; what stands in it is for `lindung export show` and `verify`. */
async function auditArchive(batch: ArchiveBatch, { files, head, findings }: BatchChecks): Promise<void> {
  const path = PATHS.archive(batch.design.name, batch.bucket)
  const zip = await files.read(path, batch.archive.length)
  if (zip !== undefined && !isArchiveOf(batch, zip)) findings.add("batch-altered", path, "not the archive of its batch")
  if (zip === undefined && batch.bucket > head.bucket - KEPT_BUCKETS) findings.add("batch-missing", path, "404")
}

/** The random bytes of the headers: different, and as random as can be told. */
class Salts {
  readonly #seen = new Map<string, string>()
  /** By half bytes: a log has few batches. */
  readonly #halves = new SymbolCounts(2 * SALT_BYTES, 16)
  readonly #findings: Findings

  constructor(findings: Findings) {
    this.#findings = findings
  }

  add(salt: Uint8Array, where: string): void {
    const before = this.#seen.get(hex(salt))
    if (before !== undefined) this.#findings.add("salt-repeated", where, `the random bytes of ${before}`)
    this.#seen.set(hex(salt), where)
    this.#halves.add(Uint8Array.from(hex(salt), digit => Number.parseInt(digit, 16)))
  }

  finish(): void {
    const worst = this.#halves.worst()
    if (worst !== undefined && worst.deviations > SUSPICIOUS)
      this.#findings.add("salt-biased", "/batches", biased("half byte", worst))
  }
}

const biased = (what: string, { place, deviations }: { readonly place: number; readonly deviations: number }): string =>
  `${what} ${place} is ${deviations.toFixed(1)} standard deviations from uniform`

/** What is counted over all batches of a design. */
class DesignCounts {
  readonly #design: Batch["design"]
  readonly #bytes: SymbolCounts
  readonly #profile = new ProfileCounts()
  readonly #sizes = new Map<number, number>()
  #batches = 0
  #entries = 0

  constructor({ design }: Batch) {
    this.#design = design
    this.#bytes = new SymbolCounts(design.secretBytes, 256)
  }

  add(batch: Batch, parameters: ParameterSet | undefined): void {
    this.#batches++
    this.#entries += batch.entries
    this.#sizes.set(batch.entries, (this.#sizes.get(batch.entries) ?? 0) + 1)
    if (batch.holds !== "secrets") return
    for (const { secrets } of batch.groups) this.#bytes.add(secrets)
    if (parameters !== undefined) this.#profile.add(batch, parameters)
  }

  finish(findings: Findings): DesignFacts {
    const { name } = this.#design
    const where = `/batches/${name}`
    const worst = this.#bytes.worst()
    if (worst !== undefined && worst.deviations > SUSPICIOUS)
      findings.add("secret-biased", where, biased("byte", worst))
    const fits = this.#profile.results()
    for (const { over, isSuspicious, deviations, distance } of fits)
      if (isSuspicious)
        findings.add(
          "padding-profile",
          where,
          `${over}: ${(100 * distance).toFixed(1)} % of the entries lie elsewhere, ${deviations.toFixed(1)} standard deviations`,
        )
    const shares = [...this.#sizes.values()].map(count => count / this.#batches)
    return {
      design: name,
      batches: this.#batches,
      entries: this.#entries,
      sizes: this.#sizes.size,
      sizeBits: shares.reduce((bits, share) => bits - share * Math.log2(share), 0),
      fits,
    }
  }
}

/** So many secrets that agree in 64 bits are no chance; those found by then are told. */
const MAX_PLACES = 100_000

/** Reads those batches again that hold a suspect, and compares in full. */
async function auditRepeats(
  leaves: readonly Logged[],
  repeats: Repeats,
  files: TreeFiles,
  findings: Findings,
): Promise<void> {
  const suspects = repeats.suspects()
  if (suspects.size === 0) return
  const places = new Map<string, string>()
  for await (const [leaf, file] of readAhead(leaves, one => files.read(pathOf(one), one.length))) {
    // A file that is another one now is not the one that was checked.
    if (file === undefined || !equal(sha256(file), leaf.hash)) continue
    const batch = parseBatch(file)
    if (batch.holds !== "secrets") continue
    const bytes = batch.design.secretBytes
    for (const { slot, secrets } of batch.groups)
      for (let at = 0; at < secrets.length; at += bytes) {
        if (!suspects.has(secrets, at)) continue
        const secret = hex(secrets.subarray(at, at + bytes))
        const here = `${pathOf(leaf)} slot ${slot}`
        const before = places.get(secret)
        if (before !== undefined) findings.add("secret-repeated", here, `a secret that stands in ${before} too`)
        else if (places.size < MAX_PLACES) places.set(secret, here)
      }
  }
}
