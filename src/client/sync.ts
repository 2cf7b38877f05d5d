import { base64, equal, hex, type Random, sha256, time } from "../crypto/index.ts"
import {
  type ArchiveBatch,
  type Batch,
  type Cancel,
  changedLengths,
  type Design,
  encodeParameters,
  firstRecentLeaf,
  INGEST_KEYS_BYTES,
  isAllowed,
  isArchiveOf,
  KEPT_BUCKETS,
  KEYS_PER_LIST,
  type Leaf,
  LindungError,
  noticeOf,
  PATHS,
  type ParameterSet,
  parametersFor,
  parametersHash,
  parseBatch,
  parseIngestKeys,
  parseParameterSets,
  type WholeBatch,
  withKeys,
} from "../protocol/index.ts"
import { noticePublished } from "./delivery.ts"
import { tell } from "./exposure.ts"
import { fetchHead, type Head, type Trust } from "./head.ts"
import { readHeard } from "./heard.ts"
import { note } from "./journal.ts"
import { applyBatch, type BatchMatcher, batchMatcher, type Matching } from "./match.ts"
import type { Http, ReadArchive, Store } from "./ports.ts"
import { restOf } from "./rest.ts"
import type { IsoDay, RiskRule } from "./risk/index.ts"
import { readState, rememberIngestKey, type State, updateState } from "./state.ts"
import { fetchFile } from "./transport.ts"

const MAX_FILE_BYTES = 1_048_576
/** Five times what 30,000 new positives a day make in two hours of the largest design. */
const MAX_BATCH_BYTES = 67_108_864
/** A head may be this many buckets old: one is being published, one may be late. */
const MAX_STALE_BUCKETS = 3

export interface SyncPorts {
  readonly http: Http
  readonly store: Store
  readonly random: Random
  readonly files: string
  readonly trust: Trust
  readonly design: Design
  readonly rule: RiskRule
  /** How many days a warning is shown. */
  readonly exposureDays: number
  readonly matching: Pick<Matching, "matcher" | "pace">
  readonly signal: Cancel
  /** Unix seconds. */
  readonly now: number
  /** Called before any batch is fetched. */
  readonly moveLogicalClock: (bucket: number) => Promise<void>
  /** Design 4: how its archives are read, and the keys that are trusted to sign them. */
  readonly readArchive: ReadArchive | undefined
  readonly exportKeys: readonly Uint8Array[]
}

/**
 * Takes every batch that is new, oldest first. What one batch changes goes into one write; a failure keeps the batches
 * before it.
 * @param progress called after each batch's write: how many are done, the secrets it held, the days it told
 */
export async function sync(
  ports: SyncPorts,
  progress: (done: number, keys: number, fresh: readonly IsoDay[]) => void,
): Promise<void> {
  const before = await ports.store.read(readState)
  const nowBucket = time.bucket(ports.now)
  const head = await fetchHead(ports.http, ports.files, ports.trust, before.head, nowBucket, ports.signal)
  const { checkpoint } = head
  if (nowBucket - 1 - checkpoint.bucket > MAX_STALE_BUCKETS)
    throw new LindungError("stale", `the newest batch is ${nowBucket - 1 - checkpoint.bucket} buckets old`)
  const wanted = batchLeaves(head, ports.design, before.cursor)
  const parameters = await fetchParameters(ports, head, before)
  const ingestKeys = await fetchIngestKeys(ports, head, before, nowBucket)
  // What is heard from now on was heard after all of these batches could be known.
  await ports.moveLogicalClock(checkpoint.bucket)
  await ports.store.write(tx =>
    updateState(tx, {
      head: { size: checkpoint.size, root: hex(checkpoint.root), bucket: checkpoint.bucket, note: base64(head.note) },
      parameters,
      ingestKeys,
    }),
  )
  if (wanted.length > 0) await takeBatches(ports, wanted, parameters, progress)
}

async function takeBatches(
  ports: SyncPorts,
  wanted: readonly Leaf[],
  parameters: readonly ParameterSet[],
  progress: (done: number, keys: number, fresh: readonly IsoDay[]) => void,
): Promise<void> {
  const { store, random, design, rule, exposureDays, now, signal } = ports
  // What is heard while this goes on was heard after all of these batches, and cannot match.
  const rest = restOf(ports.matching.pace, signal)
  const heard = await store.read(tx => readHeard(tx, design, rest))
  let made: { readonly under: ParameterSet; readonly matcher: BatchMatcher } | undefined
  let taken = 0
  let refused: LindungError | undefined
  try {
    for (const leaf of wanted) {
      const fetched = await fetchBatch(ports, leaf, parameters)
      const under = parametersFor(leaf.bucket, parameters)!
      const batch = fetched.holds === "archive" ? await fetchKeys(ports, fetched, under) : fetched
      if (batch instanceof LindungError) {
        // Everybody was served this file, and will be: whatever it is meant to hold, trying again does not help.
        await store.write(async tx => {
          await applyBatch(tx, fetched, heard, [], under)
          await updateState(tx, { cursor: leaf.bucket })
          await note(tx, now, "batch-refused", String(leaf.bucket))
        })
        refused ??= batch
        continue
      }
      if (made?.under !== under) {
        await made?.matcher.close()
        made = { under, matcher: await batchMatcher({ ...ports.matching, design, heard, lengths: under }) }
      }
      const { matcher } = made
      const places = await matcher.match(batch, () => signal.aborted)
      if (places === undefined || signal.aborted) throw new LindungError("aborted", "the caller gave up")
      const fresh = await store.write(async tx => {
        await applyBatch(tx, batch, heard, places, under, matcher.contacts, rest)
        await updateState(tx, { cursor: leaf.bucket })
        await noticePublished(tx, batch, under, random)
        return tell(tx, rule, now, exposureDays)
      })
      progress(++taken, batch.entries, fresh)
    }
    if (refused !== undefined) throw refused
  } finally {
    await made?.matcher.close()
  }
}

/** Older files are gone, and older observations too: from max(cursor + 1, newest − 167) to the newest, without a gap (protocol §9). */
function batchLeaves({ checkpoint, leaves }: Head, design: Design, cursor: number | undefined): Leaf[] {
  const from = Math.max((cursor ?? -1) + 1, checkpoint.bucket - KEPT_BUCKETS + 1)
  const batches = leaves.filter(
    leaf =>
      leaf.type === "batch" && leaf.design === design.code && leaf.bucket >= from && leaf.bucket <= checkpoint.bucket,
  )
  for (const [i, leaf] of batches.entries()) {
    // A young log begins after `from`; a phone that has a cursor knows where it must go on.
    const expected = i > 0 ? batches[i - 1]!.bucket + 1 : cursor === undefined ? leaf.bucket : from
    if (leaf.bucket !== expected)
      throw new LindungError("log-inconsistent", `expected the batch of bucket ${expected}, found ${leaf.bucket}`)
  }
  const newest = batches.at(-1)?.bucket
  if (from <= checkpoint.bucket && cursor !== undefined && newest !== checkpoint.bucket)
    throw new LindungError("log-inconsistent", `the batch of bucket ${checkpoint.bucket} is not in the log`)
  return batches
}

async function fetchLogged(ports: SyncPorts, url: string, leaf: Leaf): Promise<Uint8Array> {
  if (leaf.length > MAX_BATCH_BYTES) throw new LindungError("format", `${url}: ${leaf.length} bytes are too many`)
  const file = await fetchFile(ports.http, url, leaf.length, ports.signal)
  if (file.length !== leaf.length)
    throw new LindungError("format", `${url}: expected ${leaf.length} bytes, got ${file.length}`)
  if (equal(sha256(file), leaf.hash)) return file
  // Damage shows in the format; a whole batch that is another one than was logged is worse.
  parseBatch(file)
  throw new LindungError("not-in-log", `${url}: not the file that was logged`)
}

async function fetchBatch(ports: SyncPorts, leaf: Leaf, sets: readonly ParameterSet[]): Promise<Batch> {
  const url = ports.files + PATHS.batch(ports.design.name, leaf.bucket)
  const batch = parseBatch(await fetchLogged(ports, url, leaf))
  const parameters = parametersFor(leaf.bucket, sets)
  if (batch.design !== ports.design || batch.bucket !== leaf.bucket)
    throw new LindungError("format", `${url}: the batch of another bucket or design`)
  if (parameters === undefined || !equal(parametersHash(parameters), batch.parametersHash))
    throw new LindungError("not-in-log", `${url}: made under a parameter set that is not in force`)
  if (!isAllowed(batch, parameters)) throw new LindungError("format", `${url}: not what its parameter set allows`)
  return batch
}

/**
 * The keys of the archive that a batch names; or why they are refused, when the archive is the one that was logged.
 * @throws LindungError when it is another one, or does not come: it may be there the next time
 */
async function fetchKeys(
  ports: SyncPorts,
  batch: ArchiveBatch,
  under: ParameterSet,
): Promise<WholeBatch | LindungError> {
  const url = ports.files + PATHS.archive(ports.design.name, batch.bucket)
  const zip = await fetchFile(ports.http, url, batch.archive.length, ports.signal)
  if (!isArchiveOf(batch, zip)) throw new LindungError("not-in-log", `${url}: not the archive that was logged`)
  try {
    const whole = withKeys(batch, ports.readArchive!(url, zip, ports.exportKeys), url)
    if (isAllowed(whole, under)) return whole
    return new LindungError("format", `${url}: export.bin.keys: not what its parameter set allows`)
  } catch (error) {
    if (error instanceof LindungError) return error
    throw error
  }
}

/** The first leaf of a file among those that still matter. */
const loggedAt = (head: Head, type: Leaf["type"], file: Uint8Array): Leaf | undefined =>
  head.leaves.find(leaf => leaf.type === type && leaf.length === file.length && equal(leaf.hash, sha256(file)))

/** A phone that was away for months has not seen when a set was announced first. */
const sawAllSince = (before: State, head: Head): boolean =>
  before.head !== undefined && before.head.size >= firstRecentLeaf(head.checkpoint.size)

function requireNotice(set: ParameterSet, announced: number, sets: readonly ParameterSet[]): void {
  const notice = noticeOf(set, sets)
  if (set.validFromBucket < announced + notice)
    throw new LindungError(
      "log-inconsistent",
      `a parameter set was announced ${set.validFromBucket - announced} buckets before it holds, fewer than ${notice}`,
    )
}

/** The sets that the server shows and the log holds, beside those that were known before. */
async function fetchParameters(ports: SyncPorts, head: Head, before: State): Promise<ParameterSet[]> {
  const url = ports.files + PATHS.parameters
  const file = await fetchFile(ports.http, url, MAX_FILE_BYTES, ports.signal)
  const known = new Map(before.parameters.map(set => [set.validFromBucket, set]))
  const fresh: { readonly set: ParameterSet; readonly announced: number }[] = []
  for (const set of parseParameterSets(file)) {
    const bytes = encodeParameters(set)
    const earlier = known.get(set.validFromBucket)
    if (earlier !== undefined) {
      if (!equal(encodeParameters(earlier), bytes))
        throw new LindungError("log-inconsistent", `two parameter sets from bucket ${set.validFromBucket}`)
      continue
    }
    const leaf = loggedAt(head, "parameters", bytes)
    if (leaf === undefined) throw new LindungError("not-in-log", `${url}: a parameter set that is not logged`)
    fresh.push({ set, announced: leaf.bucket })
    known.set(set.validFromBucket, set)
  }
  const sets = [...known.values()].sort((a, b) => a.validFromBucket - b.validFromBucket)
  const [changed] = changedLengths(sets)
  if (changed !== undefined)
    throw new LindungError(
      "format",
      `${url}: the set from bucket ${changed.validFromBucket} on has other epochs or windows than the first`,
    )
  // Against those that were announced with it too: a phone that was away learns of several at once.
  if (sawAllSince(before, head)) for (const { set, announced } of fresh) requireNotice(set, announced, sets)
  return sets
}

/** The ingest keys of this bucket and later; a second key for a bucket already listed is refused. */
async function fetchIngestKeys(
  ports: SyncPorts,
  head: Head,
  before: State,
  nowBucket: number,
): Promise<Record<string, string>> {
  const url = ports.files + PATHS.ingestKeys
  const file = await fetchFile(ports.http, url, 4 * INGEST_KEYS_BYTES, ports.signal)
  let keys = Object.fromEntries(
    Object.entries(before.ingestKeys).filter(([bucket]) => Number(bucket) >= nowBucket - KEYS_PER_LIST),
  )
  for (let at = 0; at < file.length; at += INGEST_KEYS_BYTES) {
    const list = file.subarray(at, at + INGEST_KEYS_BYTES)
    const { firstBucket, keys: listed } = parseIngestKeys(list)
    if (!loggedAt(head, "ingest-keys", list)) throw new LindungError("not-in-log", `${url}: a list that is not logged`)
    for (const [i, key] of listed.entries()) keys = rememberIngestKey(keys, firstBucket + i, key)
  }
  return keys
}
