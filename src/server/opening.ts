import { equal, hex, type Random, sealedBox, type signature } from "../crypto/index.ts"
import {
  type Design,
  type DesignName,
  designByName,
  LindungError,
  type Opened,
  openEnvelope,
  type ParameterSet,
} from "../protocol/index.ts"
import { type Admitted, admit } from "./admission.ts"
import type { Exporting } from "./archive.ts"
import { Entries, type Made, makeBatch } from "./batcher.ts"
import { newList, unwrap } from "./ingest-keys.ts"
import { breathe } from "./scheduler.ts"
import type { EnvelopeStore, WrappedKey } from "./store/store.ts"

/** What it takes to open a bucket, beside its envelopes. */
export interface OpeningJob {
  readonly bucket: number
  readonly parameters: ParameterSet
  readonly authorityKeys: readonly Uint8Array[]
  /** The bucket's private key as the records have it; without it, nothing opens. */
  readonly wrapped: Uint8Array | undefined
  readonly wrappingKey: Uint8Array
  /** The key that was announced. */
  readonly publicKey: Uint8Array | undefined
  /** Who signs archives, where a design publishes them. */
  readonly exporting: Exporting | undefined
}

/** What is left of a bucket's envelopes. */
export interface OpenedBucket {
  /** The padded batch of each design, and how many entries it has. */
  readonly batches: readonly { readonly design: DesignName; readonly entries: number; readonly made: Made }[]
  /** Of the reports that are in them. */
  readonly tags: readonly Uint8Array[]
  readonly envelopes: number
  readonly dropped: number
}

/**
 * Where the private keys of buckets are made and used. Obligation: when a call has resolved, nothing that it handled is
 * left but what it gave; an implementation in a process of its own ends it with each call, because memory of a
 * garbage-collected program cannot be wiped.
 */
export interface Strongroom {
  /** Keys for a list of buckets: the public file, and the private keys as they are stored. */
  newKeys(firstBucket: number, wrappingKey: Uint8Array): Promise<{ file: Uint8Array; keys: WrappedKey[] }>
  /**
   * @param spent those of some tags that an earlier bucket has
   * @throws LindungError key-lost, storage-corrupt when the key is not the announced one
   */
  open(job: OpeningJob, spent: (tags: readonly Uint8Array[]) => Promise<Uint8Array[]>): Promise<OpenedBucket>
}

/** Envelopes opened before others may use the event loop: about three milliseconds. */
const AT_A_TIME = 16

/** In this very process: for tests, simulations, and inside the process that ends. */
export function strongroom(ports: {
  readonly random: Random
  readonly envelopes: Pick<EnvelopeStore, "read">
  readonly ed25519: signature.Ed25519
  readonly x25519: sealedBox.X25519
}): Strongroom {
  const { random, envelopes, ed25519, x25519 } = ports
  return {
    async newKeys(firstBucket, wrappingKey) {
      return newList(firstBucket, wrappingKey, random, x25519)
    },
    async open(job, spent) {
      const { bucket, parameters, authorityKeys } = job
      const keys = bucketKeys(job, x25519)
      const reports = new Map<string, Admitted>()
      let seen = 0
      let dropped = 0
      for await (const envelope of envelopes.read(bucket)) {
        if (seen++ % AT_A_TIME === 0) await breathe()
        const opened = keys && openOrDrop(envelope, bucket, keys, parameters, x25519)
        if (opened?.kind === "cover") continue
        const admitted = opened && admit(opened, { bucket, parameters, authorityKeys, ed25519 })
        if (admitted === undefined) dropped++
        else if (!reports.has(hex(admitted.tag))) reports.set(hex(admitted.tag), admitted)
      }
      keys?.secretKey.fill(0)
      for (const tag of await spent([...reports.values()].map(({ tag }) => tag))) reports.delete(hex(tag))
      const batches = parameters.designs.map(name => {
        const design = designByName(name)!
        const entries = entriesOf(design, [...reports.values()])
        const made = makeBatch({ design, bucket, parameters, random, exporting: job.exporting }, entries)
        return { design: name, entries: entries.size, made }
      })
      return { batches, tags: [...reports.values()].map(({ tag }) => tag), envelopes: seen, dropped }
    },
  }
}

function entriesOf(design: Design, reports: readonly Admitted[]): Entries {
  const entries = new Entries()
  for (const { report, entries: own } of reports)
    if (report.design === design) for (const { slot, entry } of own) entries.add(slot, entry)
  return entries
}

interface BucketKeys {
  readonly publicKey: Uint8Array
  readonly secretKey: Uint8Array
}

function bucketKeys(job: OpeningJob, x25519: sealedBox.X25519): BucketKeys | undefined {
  const { bucket, wrapped, wrappingKey, publicKey } = job
  if (wrapped === undefined) return undefined
  const secretKey = unwrap(wrapped, bucket, wrappingKey)
  const keys = sealedBox.keyPair(secretKey, x25519)
  secretKey.fill(0)
  if (publicKey === undefined || !equal(publicKey, keys.publicKey))
    throw new LindungError("storage-corrupt", `records: the key of bucket ${bucket} is not the one that was announced`)
  return keys
}

function openOrDrop(
  envelope: Uint8Array,
  bucket: number,
  keys: BucketKeys,
  parameters: ParameterSet,
  x25519: sealedBox.X25519,
): Opened | undefined {
  try {
    return openEnvelope(envelope, bucket, keys, parameters, x25519)
  } catch (error) {
    if (error instanceof LindungError) return undefined
    throw error
  }
}
