import { equal, time } from "../crypto/index.ts"
import {
  designByName,
  KEYS_PER_LIST,
  type ParameterSet,
  parseIngestKeys,
  parseLeaf,
  parseParameters,
  TILE_WIDTH,
} from "../protocol/index.ts"
import type { EnvelopeStore, LoggedFile, RecordStore, TreeStore } from "./store/store.ts"

/** 14 days of batches: those of published − 167 to published. */
export const KEPT_BUCKETS = (14 * time.SECONDS_PER_DAY) / time.SECONDS_PER_BUCKET
const BATCH = /^\/batches\/([a-z-]+)\/(\d+)(?:\.zip)?$/
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
  const index = Number(high.replace(/[x/]/g, "") + low)
  const nodes = Math.floor(oldSize / TILE_WIDTH ** (level === "entries" ? 0 : Number(level)))
  return index * TILE_WIDTH + Number(width) < nodes
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
  for (const path of await tree.list("/staged/")) await tree.remove(path)
  const leaves = await records.leaves()
  const oldSize = leaves.findIndex(leaf => parseLeaf(leaf).bucket > lastGone)
  for (const path of await tree.list("/tile/")) if (isStalePartial(path, oldSize)) await tree.remove(path)
}
