import { equal, hex, sha256 } from "../crypto/index.ts"
import {
  type Checkpoint,
  changedLengths,
  DESIGNS,
  firstRecentLeaf,
  INGEST_KEYS_BYTES,
  KEYS_LEFT_BUCKETS,
  KEYS_PER_LIST,
  LindungError,
  noticeOf,
  PATHS,
  type ParameterSet,
  parametersFor,
  parseAuthorityKeys,
  parseIngestKeys,
  parseParameters,
  splitParameterSets,
} from "../protocol/index.ts"
import type { TreeFiles } from "./files.ts"
import type { Findings } from "./findings.ts"
import type { Logged } from "./leaves.ts"

const MAX_SETS_BYTES = 1_048_576
const MAX_LISTS = 4
const MAX_AUTHORITY_BYTES = 6 + 16 * 32
/** An honest server logs a list no sooner than this many buckets after the one before it, whatever its designs. */
const BETWEEN_LISTS = KEYS_PER_LIST - KEYS_LEFT_BUCKETS - Math.max(...DESIGNS.map(({ bucketsAhead }) => bucketsAhead))

export interface Announced {
  readonly files: TreeFiles
  readonly head: Checkpoint
  readonly logged: readonly Logged[]
  readonly findings: Findings
}

/** A set that is served and logged. */
export interface LoggedSet {
  readonly set: ParameterSet
  readonly hash: string
}

/** What a parser says of hostile input, or what it read. */
function attempt<Parsed>(parse: () => Parsed): { readonly parsed: Parsed } | { readonly why: string } {
  try {
    return { parsed: parse() }
  } catch (error) {
    if (error instanceof LindungError) return { why: error.message }
    throw error
  }
}

/** The hashes of a type's leaves, each where it stands first. */
function firstLeaves(logged: readonly Logged[], type: Logged["type"]): Map<string, Logged> {
  const first = new Map<string, Logged>()
  for (const leaf of logged) {
    const name = hex(leaf.hash)
    if (leaf.type === type && !first.has(name)) first.set(name, leaf)
  }
  return first
}

/** The parameter sets: served, logged, announced in time, one for each bucket, none hidden. */
export async function auditParameters({ files, head, logged, findings }: Announced): Promise<LoggedSet[]> {
  const where = PATHS.parameters
  const file = await files.read(where, MAX_SETS_BYTES)
  if (file === undefined || file.length === 0) {
    findings.add("parameters-missing", where, "no set is served")
    return []
  }
  if (file.length > MAX_SETS_BYTES) {
    findings.add("parameters-malformed", where, `longer than ${MAX_SETS_BYTES} bytes`)
    return []
  }
  const leaves = firstLeaves(logged, "parameters")
  const sets: LoggedSet[] = []
  const served = new Set<string>()
  for (const line of splitParameterSets(file)) {
    const read = attempt(() => parseParameters(line))
    if ("why" in read) {
      findings.add("parameters-malformed", where, read.why)
      continue
    }
    const set = read.parsed
    const hash = hex(sha256(line))
    served.add(hash)
    if (!leaves.has(hash)) findings.add("parameters-unlogged", where, `the set from bucket ${set.validFromBucket} on`)
    else if (sets.some(other => other.set.validFromBucket === set.validFromBucket))
      findings.add("parameters-conflict", where, `two sets from bucket ${set.validFromBucket} on`)
    else sets.push({ set, hash })
  }
  for (const { validFromBucket } of changedLengths(sets.map(one => one.set)))
    findings.add("parameters-malformed", where, `the set from bucket ${validFromBucket} on has other epochs or windows`)
  const isWhole = logged[0]?.position === 0
  for (const one of sets) auditNotice(one, sets, leaves, isWhole, findings)
  const oldest = Math.min(...sets.map(({ hash }) => leaves.get(hash)!.position))
  for (const [hash, { position }] of leaves)
    if (position > oldest && !served.has(hash))
      findings.add("parameters-hidden", `leaf ${position}`, "a set that is logged and not served")
  auditRecent("parameters", [...served], { head, logged, findings })
  const open = head.bucket + 1
  if (
    sets.length > 0 &&
    parametersFor(
      open,
      sets.map(({ set }) => set),
    ) === undefined
  )
    findings.add("parameters-missing", where, `no set is in force for bucket ${open}`)
  return sets
}

/** Phones look at the newest leaves only, so that what is in force is to be logged again (docs/specification/log.md, 2). */
function auditRecent(
  type: Logged["type"],
  hashes: readonly string[],
  { head, logged, findings }: Omit<Announced, "files">,
): void {
  const recent = firstRecentLeaf(head.size)
  for (const hash of hashes) {
    const newest = logged.filter(leaf => leaf.type === type && hex(leaf.hash) === hash).at(-1)
    if (newest !== undefined && newest.position < recent)
      findings.add("announcement-old", `leaf ${newest.position}`, `phones begin to look at leaf ${recent}`)
  }
}

function auditNotice(
  { set, hash }: LoggedSet,
  sets: readonly LoggedSet[],
  leaves: ReadonlyMap<string, Logged>,
  isWhole: boolean,
  findings: Findings,
): void {
  const { bucket, position } = leaves.get(hash)!
  const [first] = leaves.keys()
  // The first set of a log needs no notice. Where old leaves are gone, a set in force was only logged again.
  if (isWhole ? hash === first : set.validFromBucket <= bucket) return
  const notice = noticeOf(
    set,
    sets.map(one => one.set),
  )
  if (set.validFromBucket < bucket + notice)
    findings.add(
      "parameters-notice",
      `leaf ${position}`,
      `logged in bucket ${bucket}, in force from ${set.validFromBucket}; ${notice} buckets are needed`,
    )
}

/** The ingest key lists: served, logged, one key a bucket and one bucket a key, no bucket without. */
export async function auditIngestKeys({ files, head, logged, findings }: Announced): Promise<void> {
  const where = PATHS.ingestKeys
  const file = await files.read(where, MAX_LISTS * INGEST_KEYS_BYTES)
  const leaves = firstLeaves(logged, "ingest-keys")
  const byBucket = new Map<number, string>()
  const byKey = new Map<string, number>()
  const served = new Set<string>()
  for (let at = 0; file !== undefined && at < file.length; at += INGEST_KEYS_BYTES) {
    const list = file.subarray(at, at + INGEST_KEYS_BYTES)
    const read = attempt(() => parseIngestKeys(list))
    if ("why" in read || at >= MAX_LISTS * INGEST_KEYS_BYTES) {
      findings.add("ingest-keys-malformed", where, "why" in read ? read.why : `more than ${MAX_LISTS} lists`)
      return
    }
    const hash = hex(sha256(list))
    served.add(hash)
    if (!leaves.has(hash))
      findings.add("ingest-keys-unlogged", where, `the list from bucket ${read.parsed.firstBucket} on`)
    for (const [i, bytes] of read.parsed.keys.entries()) {
      const bucket = read.parsed.firstBucket + i
      const key = hex(bytes)
      if ((byBucket.get(bucket) ?? key) !== key)
        findings.add("ingest-key-second", where, `bucket ${bucket} has two keys`)
      if ((byKey.get(key) ?? bucket) !== bucket)
        findings.add("ingest-key-reused", where, `buckets ${byKey.get(key)} and ${bucket} have one key`)
      byBucket.set(bucket, key)
      byKey.set(key, bucket)
    }
  }
  // Phones seal to the bucket that is open, and to the next where an upload is late.
  for (const open of [head.bucket + 1, head.bucket + 2])
    if (!byBucket.has(open)) findings.add("ingest-keys-gap", where, `bucket ${open} has no key`)
  auditListLeaves({ head, logged, findings }, served)
}

function auditListLeaves({ head, logged, findings }: Omit<Announced, "files">, served: ReadonlySet<string>): void {
  let before: Logged | undefined
  for (const leaf of logged) {
    if (leaf.type !== "ingest-keys") continue
    // A list begins where it is logged or later, so that this one still has keys of open buckets.
    if (leaf.bucket + KEYS_PER_LIST > head.bucket + 1 && !served.has(hex(leaf.hash)))
      findings.add("ingest-keys-hidden", `leaf ${leaf.position}`, "a list that is logged and not served")
    if (before !== undefined && leaf.bucket - before.bucket < BETWEEN_LISTS)
      findings.add(
        "ingest-keys-frequent",
        `leaf ${leaf.position}`,
        `${leaf.bucket - before.bucket} buckets after the list before it`,
      )
    before = leaf
  }
}

/** The list of the authority's keys: the newest that is logged. Each change of it is told. */
export async function auditAuthorityKeys({ files, head, logged, findings }: Announced): Promise<void> {
  const where = PATHS.authorityKeys
  const lists = logged.filter(({ type }) => type === "authority-keys")
  const file = await files.read(where, MAX_AUTHORITY_BYTES)
  if (file === undefined) {
    findings.add("authority-keys-missing", where, "404")
    return
  }
  const read = attempt(() => parseAuthorityKeys(file))
  const hash = sha256(file)
  const newest = lists.at(-1)
  auditRecent("authority-keys", [hex(hash)], { head, logged, findings })
  if ("why" in read) findings.add("authority-keys-malformed", where, read.why)
  else if (!lists.some(leaf => equal(leaf.hash, hash)))
    findings.add("authority-keys-unlogged", where, `${read.parsed.length} keys`)
  else if (newest !== undefined && !equal(newest.hash, hash))
    findings.add("authority-keys-outdated", where, `leaf ${newest.position} has another list`)
  else
    for (const [i, leaf] of lists.entries())
      if (i > 0 && !equal(lists[i - 1]!.hash, leaf.hash))
        findings.add("authority-keys-changed", `leaf ${leaf.position}`, `another list from bucket ${leaf.bucket} on`)
}
