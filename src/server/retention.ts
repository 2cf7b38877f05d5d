import { equal, time } from "../crypto/index.ts"
import {
  designByName,
  firstRecentLeaf,
  KEPT_BUCKETS,
  KEYS_PER_LIST,
  type ParameterSet,
  parseIngestKeys,
  parseLeaf,
  parseParameters,
  TILE_WIDTH,
} from "../protocol/index.ts"
import type { EnvelopeStore, LoggedFile, RecordStore, TreeStore } from "./store/store.ts"

const BATCH = /^\/batches\/([a-z-]+)\/(\d+)(?:\.zip)?$/
const STAGED = /^\/staged\/[a-z-]+\/(\d+)/
/** Leaves of a year stay readable, for whoever looks once a year; of older ones the hashes stay. */
const LEAVES_KEPT_BUCKETS = (366 * time.SECONDS_PER_DAY) / time.SECONDS_PER_BUCKET
const BUNDLE = /^\/tile\/entries\/((?:x\d{3}\/)*\d{3})$/
const PARTIAL = /^\/tile\/(entries|\d+)\/((?:x\d{3}\/)*)(\d{3})\.p\/(\d+)$/

/** The logged files that are not in force any more, nor will be. */
export function outdated(files: readonly LoggedFile[], published: number): number[] {
  const sets = files.filter(file => file.type === "parameters").map(file => parseParameters(file.bytes))
  const isAgain = (bytes: Uint8Array, at: number): boolean =>
    files.some((later, k) => k > at && equal(later.bytes, bytes))
  return files
    .filter((file, i) => {
      if (isAgain(file.bytes, i)) return true
      if (file.type === "parameters") return isSuperseded(parseParameters(file.bytes), sets, published)
      if (file.type === "ingest-keys") return parseIngestKeys(file.bytes).firstBucket + KEYS_PER_LIST <= published + 1
      return files.some((later, k) => k > i && later.type === file.type)
    })
    .map(file => file.position)
}

const isSuperseded = (set: ParameterSet, sets: readonly ParameterSet[], published: number): boolean =>
  sets.some(other => other.validFromBucket > set.validFromBucket && other.validFromBucket <= published - KEPT_BUCKETS)

/** Partial tiles that no checkpoint of the last fourteen days needs. */
function isStalePartial(path: string, oldSize: number): boolean {
  const [, level = "", high = "", low = "", width = ""] = PARTIAL.exec(path) ?? []
  if (low === "") return false
  const index = indexIn(high + low)
  const nodes = Math.floor(oldSize / TILE_WIDTH ** (level === "entries" ? 0 : Number(level)))
  return index * TILE_WIDTH + Number(width) < nodes
}

const indexIn = (path: string): number => Number(path.replace(/[x/]/g, ""))

/**
 * C2SP's minimum index: leaves before it need not be served any more. Nothing that a phone fetches, also under a head of
 * fourteen days ago, is before it.
 */
function minimumIndex(leaves: readonly Uint8Array[], oldSize: number, published: number): number {
  const kept = leaves.findIndex(leaf => parseLeaf(leaf).bucket > published - LEAVES_KEPT_BUCKETS)
  return Math.min(kept < 0 ? leaves.length : kept, firstRecentLeaf(Math.max(0, oldSize)))
}

/**
 * Deletes what the fourteen days are over for, and all that publishing a bucket leaves behind: keys of published
 * buckets first, so that no copy of an envelope can be opened any more, then the envelopes. Safe to repeat.
 */
export async function retain(
  published: number,
  stores: { envelopes: EnvelopeStore; records: RecordStore; tree: TreeStore },
): Promise<void> {
  const { envelopes, records, tree } = stores
  const lastGone = published - KEPT_BUCKETS
  const files = outdated(await records.files(), published)
  await records.forget({ keysThrough: published, tagsThrough: lastGone, files })
  for (const bucket of await envelopes.buckets()) if (bucket <= published) await envelopes.remove(bucket)
  for (const path of await tree.list("/batches/")) {
    const [, design = "", bucket = ""] = BATCH.exec(path) ?? []
    const isKept = designByName(design) !== undefined && Number(bucket) > lastGone
    if (!isKept) await tree.remove(path)
  }
  // What is staged for a later bucket may be another publisher's, and on its way into the log.
  for (const path of await tree.list("/staged/")) {
    const [, bucket = "0"] = STAGED.exec(path) ?? []
    if (Number(bucket) <= published) await tree.remove(path)
  }
  const leaves = await records.leaves()
  const oldSize = leaves.findIndex(leaf => parseLeaf(leaf).bucket > lastGone)
  const minimum = minimumIndex(leaves, oldSize, published)
  for (const path of await tree.list("/tile/")) {
    const [, bundle] = BUNDLE.exec(path) ?? []
    const isPruned = bundle !== undefined && (indexIn(bundle) + 1) * TILE_WIDTH <= minimum
    if (isPruned || isStalePartial(path, oldSize)) await tree.remove(path)
  }
}
