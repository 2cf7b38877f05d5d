import { concat, equal, hex, type Random, sha256, type signature, time } from "../crypto/index.ts"
import {
  changedLengths,
  type DesignName,
  designByName,
  encodeAuthorityKeys,
  encodeLeaf,
  encodeParameters,
  ingestKeyFor,
  type Leaf,
  LindungError,
  leafOf,
  noticeOf,
  PATHS,
  type ParameterSet,
  parametersFor,
  parseAuthorityKeys,
  parseIngestKeys,
  parseLeaf,
  parseParameters,
  RECENT_LEAVES,
} from "../protocol/index.ts"
import { exportingOf, exportKeysFile } from "./archive.ts"
import { serveFiles, stageFiles } from "./batch-files.ts"
import type { PublisherConfig } from "./config.ts"
import { listDue } from "./ingest-keys.ts"
import { openLog } from "./log.ts"
import type { Strongroom } from "./opening.ts"
import { retain } from "./retention.ts"
import { withNoise } from "./spent.ts"
import type { EnvelopeStore, LoggedFile, RecordStore, TreeStore } from "./store/store.ts"
import type { Witnesses } from "./witnesses.ts"

export interface PublisherPorts {
  readonly clock: () => number
  readonly random: Random
  readonly envelopes: EnvelopeStore
  readonly records: RecordStore
  readonly tree: TreeStore
  readonly ed25519: signature.Ed25519
  readonly strongroom: Strongroom
  readonly witnesses: Witnesses
}

/** What may be told of a published bucket. How many reports it holds is not among it. */
export interface Published {
  readonly bucket: number
  /** Envelopes of both kinds. */
  readonly envelopes: number
  /** Envelopes acknowledged but not found again: the store has lost them. */
  readonly lost: number
  /** Envelopes that did not open or parse, and reports that did not check. Absent where a crash has taken the number. */
  readonly dropped?: number
  readonly batches: readonly { readonly design: DesignName; readonly bytes: number }[]
}

export interface Publisher {
  /** The bucket to publish next. */
  readonly next: number
  /** False while the newest bucket is published in the records but not yet, or not wholly, in the tree. */
  readonly isSettled: boolean
  /**
   * Finishes what was interrupted after the point of no return.
   * @returns the bucket that is finished by that and that nobody has been told of
   */
  resume(): Promise<Published | undefined>
  /**
   * Publishes the next bucket, which must be sealed.
   * @throws LindungError state for any other bucket, or one that is not sealed
   */
  publish(bucket: number): Promise<Published>
}

const nameOf = (leaf: Leaf, parameters: ParameterSet): DesignName => {
  const found = parameters.designs.find(name => designByName(name)?.code === leaf.design)
  if (found === undefined) throw new LindungError("storage-corrupt", `records: a staged batch of design ${leaf.design}`)
  return found
}

/** Each file once, where it was logged last. */
const distinct = (files: readonly Uint8Array[]): Uint8Array[] =>
  files.filter((file, i) => !files.some((later, k) => k > i && equal(file, later)))

/** Brings the log up to date with the records and the configuration, and finishes what a crash interrupted. */
export async function openPublisher(config: PublisherConfig, ports: PublisherPorts): Promise<Publisher> {
  const { clock, random, envelopes, records, tree, ed25519, strongroom, witnesses } = ports
  const now = (): number => time.bucket(clock())
  const exporting = exportingOf(config)
  await records.begin(now() - 1)
  const { logName: name, logSeed: seed, alsoLogSeeds: alsoSeeds } = config
  const log = await openLog({ records, tree, name, seed, alsoSeeds, ed25519, witnesses })
  /** Leaves that this publisher has decided upon; one more on record is somebody else's, and ends its work. */
  let size = log.size
  let published = await publishedBucket()
  /** False from the point of no return until files, tiles, checkpoint and deletions are through. */
  let isSettled = false
  /** Of a published bucket, until somebody is told. */
  let untold: Published | undefined

  async function publishedBucket(): Promise<number> {
    const bucket = await records.published()
    if (bucket === undefined) throw new LindungError("storage-corrupt", "records: the newest published bucket is gone")
    return bucket
  }

  async function logFile(type: LoggedFile["type"], bytes: Uint8Array, keys: Parameters<RecordStore["append"]>[2] = []) {
    await records.append(encodeLeaf(leafOf(type, now(), 0, bytes)), { type, bytes }, keys, size)
    size++
  }

  const ofType = async (type: LoggedFile["type"]): Promise<Uint8Array[]> =>
    distinct((await records.files()).filter(file => file.type === type).map(file => file.bytes))

  /**
   * Phones look at the newest leaves only. What is still in force and was logged long ago gets a new leaf, or a phone
   * that is installed later would not find it in the log.
   */
  async function renewLeaves(): Promise<void> {
    const newest = new Map((await records.files()).map(file => [`${file.type} ${hex(sha256(file.bytes))}`, file]))
    for (const { type, bytes, position } of newest.values())
      if (type !== "ingest-keys" && size - position > RECENT_LEAVES / 2) await logFile(type, bytes)
  }

  /** Logs what the configuration has and the log has not, and a new key list when one is due. */
  async function announce(): Promise<void> {
    const sets = (await ofType("parameters")).map(parseParameters)
    for (const set of config.parameters) {
      const bytes = encodeParameters(set)
      if (sets.some(known => equal(encodeParameters(known), bytes))) continue
      if (sets.length > 0) {
        const notice = noticeOf(set, [...sets, ...config.parameters])
        const isLate = set.validFromBucket < now() + notice
        // Sets that were superseded long ago are not kept, and need no new leaf.
        if (isLate && set.validFromBucket < Math.max(...sets.map(known => known.validFromBucket))) continue
        if (changedLengths([...sets, set]).length > 0)
          throw new LindungError(
            "config",
            `parameters: the set from bucket ${set.validFromBucket} on has other epochs or windows than the log began with`,
          )
        if (isLate)
          throw new LindungError(
            "config",
            `parameters: a set from bucket ${set.validFromBucket} on must be announced by ${set.validFromBucket - notice}, and this is ${now()}`,
          )
      }
      await logFile("parameters", bytes)
      sets.push(set)
    }
    const keys = encodeAuthorityKeys(config.authorityKeys)
    const newest = (await ofType("authority-keys")).at(-1)
    if (newest === undefined || !equal(newest, keys)) await logFile("authority-keys", keys)
    const ahead = config.parameters.flatMap(set => set.designs.map(name => designByName(name)?.bucketsAhead ?? 0))
    const due = listDue(now(), (await ofType("ingest-keys")).map(parseIngestKeys), Math.max(...ahead))
    if (due === undefined) return
    const list = await strongroom.newKeys(due, config.wrappingKey)
    await logFile("ingest-keys", list.file, list.keys)
  }

  const writeIfNew = async (path: string, bytes: Uint8Array): Promise<void> => {
    const before = await tree.read(path)
    if (before === undefined || !equal(before, bytes)) await tree.write(path, bytes)
  }

  /** Files first, then tiles, then the checkpoint: whatever a checkpoint covers is there to be fetched. */
  async function settle(): Promise<void> {
    await announce()
    await renewLeaves()
    const newline = Uint8Array.of(0x0a)
    const sets = await ofType("parameters")
    await writeIfNew(PATHS.parameters, concat(...sets.flatMap((set, i) => (i === 0 ? [set] : [newline, set]))))
    await writeIfNew(PATHS.ingestKeys, concat(...(await ofType("ingest-keys"))))
    await writeIfNew(PATHS.authorityKeys, (await ofType("authority-keys")).at(-1)!)
    if (exporting !== undefined) await writeIfNew(PATHS.exportKeys, exportKeysFile(exporting))
    await log.reload()
    await log.publish(published)
    await retain(published, { envelopes, records, tree })
  }

  async function parametersOf(bucket: number): Promise<ParameterSet> {
    const sets = (await ofType("parameters")).map(parseParameters)
    return parametersFor(bucket, sets) ?? sets[0]!
  }

  /** Opens and checks a bucket's envelopes, and makes its batches durable where nobody is served them yet. */
  async function stage(bucket: number, count: number): Promise<Omit<Published, "batches">> {
    const lists = (await ofType("ingest-keys")).map(parseIngestKeys)
    const job = {
      bucket,
      parameters: await parametersOf(bucket),
      authorityKeys: parseAuthorityKeys((await ofType("authority-keys")).at(-1)!),
      wrapped: await records.bucketKey(bucket),
      wrappingKey: config.wrappingKey,
      publicKey: lists.map(list => ingestKeyFor(list, bucket)).find(key => key !== undefined),
      exporting,
    }
    const { batches, tags, envelopes: seen, dropped } = await strongroom.open(job, records.spent)
    const leaves: Uint8Array[] = []
    const paths: string[] = []
    for (const { design, made } of batches) {
      const leaf = leafOf("batch", bucket, designByName(design)!.code, made.file)
      paths.push(...(await stageFiles(tree, design, bucket, leaf.hash, made)))
      leaves.push(encodeLeaf(leaf))
    }
    const sizes = batches.map(({ design, entries }) => ({ design: designByName(design)!, entries }))
    try {
      await records.stage(bucket, leaves, withNoise(tags, sizes, random))
    } catch (error) {
      // Another publisher was first. What two drafts of a batch have in common is what is not padding.
      if (error instanceof LindungError && error.code === "state") for (const path of paths) await tree.remove(path)
      throw error
    }
    return { bucket, envelopes: seen, lost: Math.max(0, count - seen), dropped }
  }

  /** What can still be told of a bucket by a process that did not open it, as long as its envelopes are there. */
  async function found(bucket: number): Promise<Omit<Published, "batches"> | undefined> {
    const count = await envelopes.sealed(bucket)
    if (count === undefined) return undefined
    const seen = await envelopes.count(bucket)
    return { bucket, envelopes: seen, lost: Math.max(0, count - seen) }
  }

  /** Moves what is staged to where it is served; nothing that was moved before. */
  async function serve(bucket: number, leaves: readonly Leaf[]): Promise<Published["batches"]> {
    const parameters = await parametersOf(bucket)
    const batches: { design: DesignName; bytes: number }[] = []
    for (const leaf of leaves) {
      const design = nameOf(leaf, parameters)
      batches.push({ design, bytes: await serveFiles(tree, design, bucket, leaf.hash) })
    }
    return batches
  }

  /** From the point of no return on: the staged bytes are the batch, however often the process dies. */
  async function finish(bucket: number, facts: Omit<Published, "batches"> | undefined): Promise<void> {
    const leaves = (await records.staged(bucket)).map(parseLeaf)
    const batches = await serve(bucket, leaves)
    await records.publish(bucket)
    size += leaves.length
    published = bucket
    isSettled = false
    untold = facts && { ...facts, batches }
    await settleOnce()
  }

  /** Published in the records by a process that ended before it was through: envelopes are deleted near the end. */
  async function finishSettling(): Promise<void> {
    const facts = await found(published)
    if (facts !== undefined) {
      const leaves = (await records.leaves()).map(parseLeaf)
      const batches = leaves.filter(({ type, bucket }) => type === "batch" && bucket === published)
      untold = { ...facts, batches: await serve(published, batches) }
    }
    await settleOnce()
  }

  async function settleOnce(): Promise<void> {
    if (isSettled) return
    await settle()
    isSettled = true
  }

  async function resume(): Promise<Published | undefined> {
    await settleOnce()
    const told = untold
    untold = undefined
    return told
  }

  try {
    const next = published + 1
    if ((await records.staged(next)).length > 0) await finish(next, await found(next))
    else await finishSettling()
  } catch (error) {
    // Uploads go on without witnesses; the head follows when they are back.
    if (!(error instanceof LindungError) || error.code !== "not-witnessed") throw error
  }

  return {
    get next() {
      return published + 1
    },
    get isSettled() {
      return isSettled
    },
    resume,
    async publish(bucket) {
      if (bucket !== published + 1)
        throw new LindungError("state", `bucket ${published + 1} is the next to publish, not ${bucket}`)
      const count = await envelopes.sealed(bucket)
      if (count === undefined) throw new LindungError("state", `bucket ${bucket} is not sealed`)
      const isStaged = (await records.staged(bucket)).length > 0
      await finish(bucket, isStaged ? await found(bucket) : await stage(bucket, count))
      return (await resume())!
    },
  }
}
