import { type Random, shuffle, type signature, time } from "../crypto/index.ts"
import {
  DESIGNS,
  type Design,
  designByName,
  envelopeBucket,
  envelopeBytes,
  LindungError,
  PATHS,
  type ParameterSet,
  parametersFor,
  parseParameterSets,
  signReceipt,
} from "../protocol/index.ts"
import type { After } from "./scheduler.ts"
import type { EnvelopeStore, TreeStore } from "./store/store.ts"

export type StoreEvent =
  | { readonly event: "store-failing"; readonly cause: unknown }
  | { readonly event: "store-recovered" }

export interface IngestPorts {
  readonly clock: () => number
  readonly random: Random
  readonly after: After
  readonly envelopes: EnvelopeStore
  /** The newest published bucket: it and all before it take nothing any more. */
  readonly published: number
  /** Read only: the parameter sets, as phones see them. */
  readonly tree: TreeStore
  readonly ed25519: signature.Ed25519
  /** Told when the store begins to fail, and when it takes envelopes again. */
  readonly onStore: (event: StoreEvent) => void
}

/**
 * Takes sealed envelopes. It sees lengths and buckets only: it has no key that opens one, and treats a report and a
 * cover in the same way because to it they are the same.
 */
export interface Ingest {
  /** The longest body that `accept` can take now. */
  longest(): Promise<number>
  /**
   * @param body a whole envelope; the ingest's from now on
   * @returns the receipt, once the envelope is durable
   * @throws LindungError wrong-length, wrong-bucket, format, or full: nothing is stored
   */
  accept(body: Uint8Array): Promise<Uint8Array>
  /** Refuses the bucket and all before it from now on, waits for writes in flight and seals it. */
  seal(bucket: number): Promise<number>
  /** Makes room for the buckets that are taken now. */
  prepare(): Promise<void>
  /** Whether the store took nothing when it was last asked. */
  readonly isFailing: boolean
  /** Resolves when all that was accepted is answered. */
  idle(): Promise<void>
}

/** How long envelopes wait for others, so that their order is lost (protocol §6). */
const GATHER_MILLISECONDS = 50
/** Beyond this much waiting for the store, more is refused. */
const MAX_WAITING_BYTES = 128 * 2 ** 20

interface Waiting {
  readonly bucket: number
  readonly body: Uint8Array
  readonly receipt: Uint8Array
  readonly answer: (receipt: Uint8Array) => void
  readonly refuse: (error: unknown) => void
}

export function openIngest(receiptSeed: Uint8Array, ports: IngestPorts): Ingest {
  const { clock, random, after, envelopes, tree, ed25519, onStore } = ports
  let gathering: Waiting[] = []
  let waitingBytes = 0
  let writing: Promise<void> | undefined
  let gathered: Promise<void> | undefined
  let closedThrough = ports.published
  let isFailing = false
  let known: { bucket: number; sets: Promise<readonly ParameterSet[]> } | undefined
  /** Envelopes of a bucket that are stored or waiting; after a failed append, without those that waited then. */
  const counts = new Map<number, Promise<{ taken: number }>>()

  const setsNow = (current: number): Promise<readonly ParameterSet[]> => {
    if (known?.bucket === current) return known.sets
    const fresh = { bucket: current, sets: readSets() }
    known = fresh
    fresh.sets.catch(() => {
      if (known === fresh) known = undefined
    })
    return fresh.sets
  }

  async function readSets(): Promise<readonly ParameterSet[]> {
    const file = await tree.read(PATHS.parameters)
    if (file === undefined) throw new LindungError("server", "the parameters are not published yet")
    return parseParameterSets(file)
  }

  const designsIn = (set: ParameterSet): Design[] => set.designs.flatMap(name => designByName(name) ?? [])

  const lengthsIn = (set: ParameterSet): number[] => designsIn(set).map(design => envelopeBytes(design, set))

  /** Those of the bucket's own parameter set; the first set also holds for what came before it. */
  const setFor = (bucket: number, sets: readonly ParameterSet[]): ParameterSet =>
    parametersFor(bucket, sets) ?? sets[0]!

  const countOf = (bucket: number): Promise<{ taken: number }> => {
    const already = counts.get(bucket)
    if (already !== undefined) return already
    const counting = envelopes.count(bucket).then(
      taken => ({ taken }),
      cause => {
        counts.delete(bucket)
        throw unavailable(cause)
      },
    )
    counts.set(bucket, counting)
    return counting
  }

  function unavailable(cause: unknown): LindungError {
    if (!isFailing) onStore({ event: "store-failing", cause })
    isFailing = true
    return new LindungError("full", "the store takes no envelopes", { cause })
  }

  /** The buckets that envelopes of some design are taken for. */
  const openTo = (designs: readonly Design[], current: number): number[] =>
    designs
      .flatMap(({ bucketsAhead }) => [current + bucketsAhead, current + bucketsAhead + 1])
      .filter((bucket, i, all) => bucket > closedThrough && all.indexOf(bucket) === i)

  async function accept(body: Uint8Array): Promise<Uint8Array> {
    const sets = await setsNow(time.bucket(clock()))
    const bucket = envelopeBucket(body)
    const set = setFor(bucket, sets)
    // All that can be told of what is inside: a length belongs to a design.
    const designs = designsIn(set).filter(design => envelopeBytes(design, set) === body.length)
    if (designs.length === 0) throw new LindungError("wrong-length", `${body.length} bytes`)
    // Only an open bucket is counted, and the clock may have gone on while it was.
    const isOpen = () => openTo(designs, time.bucket(clock())).includes(bucket)
    if (!isOpen()) throw new LindungError("wrong-bucket", `${bucket}`)
    const count = await countOf(bucket)
    if (!isOpen()) throw new LindungError("wrong-bucket", `${bucket}`)
    if (count.taken >= set.maxEnvelopes) throw new LindungError("full", `bucket ${bucket}`)
    if (waitingBytes + body.length > MAX_WAITING_BYTES) throw new LindungError("full", "too much is waiting")
    count.taken++
    waitingBytes += body.length
    const receipt = signReceipt(body, bucket, receiptSeed, ed25519)
    return new Promise((answer, refuse) => {
      gathering.push({ bucket, body, receipt, answer, refuse })
      gathered ??= gather()
    })
  }

  /** One gathering: 50 ms, or longer while the store is busy with the one before. */
  async function gather(): Promise<void> {
    await new Promise<void>(resolve => after(GATHER_MILLISECONDS, resolve))
    await writing
    const batch = gathering
    gathering = []
    gathered = undefined
    writing = write(batch)
      .catch(cause => {
        for (const { bucket, refuse } of batch) {
          counts.delete(bucket)
          refuse(new LindungError("server", "the gathering was lost", { cause }))
        }
      })
      .finally(() => {
        for (const { body } of batch) waitingBytes -= body.length
      })
    await writing
  }

  async function write(arrived: readonly Waiting[]): Promise<void> {
    const batch = shuffle(arrived, random)
    const failures = new Map<number, unknown>()
    for (const bucket of new Set(batch.map(waiting => waiting.bucket))) {
      const bodies = batch.filter(waiting => waiting.bucket === bucket).map(waiting => waiting.body)
      await envelopes.append(bucket, bodies).catch(cause => failures.set(bucket, unavailable(cause)))
    }
    if (failures.size === 0 && isFailing) {
      isFailing = false
      onStore({ event: "store-recovered" })
    }
    for (const { bucket, receipt, answer, refuse } of batch) {
      const failure = failures.get(bucket)
      if (failure === undefined) answer(receipt)
      else refuse(failure)
    }
    // What a failed append left behind is counted again, for it may be there.
    for (const bucket of failures.keys()) counts.delete(bucket)
  }

  const idle = async (): Promise<void> => gathered ?? writing

  return {
    accept,
    get isFailing() {
      return isFailing
    },
    async longest() {
      const current = time.bucket(clock())
      const sets = await setsNow(current)
      // Of closed buckets too: what is sent for them is refused as such, and not for its length.
      const ahead = DESIGNS.flatMap(({ bucketsAhead }) => [current + bucketsAhead, current + bucketsAhead + 1])
      return Math.max(...ahead.flatMap(bucket => lengthsIn(setFor(bucket, sets))))
    },
    async seal(bucket) {
      closedThrough = Math.max(closedThrough, bucket)
      await idle()
      counts.delete(bucket)
      return envelopes.seal(bucket)
    },
    async prepare() {
      const current = time.bucket(clock())
      const sets = await setsNow(current)
      const designs = sets.flatMap(designsIn)
      for (const bucket of openTo(designs, current)) await envelopes.prepare(bucket)
    },
    idle,
  }
}
