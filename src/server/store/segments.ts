import { open, readdir, readFile, rm, stat, utimes } from "node:fs/promises"
import { join } from "node:path"
import { type Random, time } from "../../crypto/index.ts"
import { createFile, isMissing, makeDirectory, type Readers, syncDirectory, writeDurably } from "./durable.ts"
import { envelopesOf, frameOf, framesByLength, HEAD_BYTES, insert, type OpenSegment } from "./segment-file.ts"
import type { EnvelopeStore } from "./store.ts"

/*
 * <directory>/<bucket>/<n>.seg   frames of one length: u32 length ‖ u32 CRC-32 ‖ envelope
 * <directory>/<bucket>/SEALED    the count, in decimal; written when the bucket is closed
 *
 * A segment is at all times in an order drawn at random: a new frame takes the place of one drawn among all, itself
 * included, and that one goes to the end (Fisher and Yates, inside out). The end is flushed before anything is written
 * over, so that every frame is somewhere whatever happens; after a crash one may be there twice, which the publisher
 * finds out as it finds out every report that was sent twice.
 *
 * A process never writes to the segment that another one, or a failed write, left: it starts a new one. A torn frame
 * hides nothing, as all have one length, which a frame that is written over has before and after. All times of files and directories are set to
 * the bucket's start; the time of the last change of an open segment's inode, which no program can set, remains until
 * the bucket is closed.
 */
const SEGMENT = /^(\d+)\.seg$/
const SEALED = "SEALED"

class SegmentEnvelopes implements EnvelopeStore {
  readonly #directory: string
  readonly #random: Random
  readonly #readers: Readers
  /** Those of a bucket to which this process writes, one for each length of envelopes. */
  readonly #open = new Map<number, OpenSegment[]>()
  readonly #counts = new Map<number, number>()
  /** Buckets of which another process, or a failed write, left something that this one has not counted frame by frame. */
  readonly #found = new Set<number>()
  /** The last write of each bucket: writes to one file follow each other. */
  readonly #busy = new Map<number, Promise<unknown>>()

  constructor(directory: string, random: Random, readers: Readers) {
    this.#directory = directory
    this.#random = random
    this.#readers = readers
  }

  async prepare(bucket: number): Promise<void> {
    await this.#inTurn(bucket, async () => {
      const isReady = this.#open.has(bucket) || (await this.sealed(bucket)) !== undefined
      if (!isReady) await this.#begin(bucket)
    })
  }

  async append(bucket: number, envelopes: readonly Uint8Array[]): Promise<void> {
    const frames = envelopes.map(frameOf)
    await this.#inTurn(bucket, async () => {
      if ((await this.sealed(bucket)) !== undefined) throw new Error(`envelopes: bucket ${bucket} is sealed`)
      const count = await this.count(bucket)
      try {
        for (const bytes of new Set(envelopes.map(envelope => envelope.length))) {
          const segment = await this.#segment(bucket, bytes)
          const same = frames.filter(frame => frame.length === HEAD_BYTES + bytes)
          await insert(segment, same, time.bucketStart(bucket), this.#random)
        }
      } catch (error) {
        await this.#leave(bucket)
        this.#counts.delete(bucket)
        throw error
      }
      this.#counts.set(bucket, count + envelopes.length)
    })
  }

  async count(bucket: number): Promise<number> {
    const known = this.#counts.get(bucket)
    if (known !== undefined) return known
    const segments = await this.#segments(bucket)
    const frames = await Promise.all(segments.map(n => framesByLength(this.#path(bucket, `${n}.seg`))))
    const count = frames.reduce((sum, each) => sum + each, 0)
    this.#counts.set(bucket, count)
    if (count > 0) this.#found.add(bucket)
    return count
  }

  /** Envelopes that can be read: after a crash or a failure a few less than `count` says. */
  async #readable(bucket: number): Promise<number> {
    let count = 0
    for await (const _ of this.read(bucket)) count++
    return count
  }

  async seal(bucket: number): Promise<number> {
    return this.#inTurn(bucket, async () => {
      const already = await this.sealed(bucket)
      if (already !== undefined) return already
      await this.#leave(bucket)
      const known = await this.count(bucket)
      const count = this.#found.has(bucket) ? await this.#readable(bucket) : known
      await makeDirectory(this.#path(bucket), this.#readers)
      await writeDurably(this.#path(bucket, SEALED), Buffer.from(`${count}\n`), this.#readers)
      return count
    })
  }

  async sealed(bucket: number): Promise<number | undefined> {
    try {
      return Number(await readFile(this.#path(bucket, SEALED), "ascii"))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async *read(bucket: number): AsyncGenerator<Uint8Array> {
    for (const n of await this.#segments(bucket)) {
      const file = await open(this.#path(bucket, `${n}.seg`), "r")
      try {
        yield* envelopesOf(file)
      } finally {
        await file.close()
      }
    }
  }

  async remove(bucket: number): Promise<void> {
    await this.#inTurn(bucket, async () => {
      await this.#leave(bucket)
      this.#counts.delete(bucket)
      this.#found.delete(bucket)
      await rm(this.#path(bucket), { recursive: true, force: true })
      await syncDirectory(this.#directory)
    })
    this.#busy.delete(bucket)
  }

  async buckets(): Promise<number[]> {
    const names = await readdir(this.#directory)
    return names
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b)
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#busy.values())
    for (const bucket of [...this.#open.keys()]) await this.#leave(bucket)
  }

  #path(bucket: number, ...rest: string[]): string {
    return join(this.#directory, String(bucket), ...rest)
  }

  async #segments(bucket: number): Promise<number[]> {
    try {
      const names = await readdir(this.#path(bucket))
      return names
        .flatMap(name => SEGMENT.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => a - b)
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  /** The segment of this process for envelopes of one length. */
  async #segment(bucket: number, envelopeBytes: number): Promise<OpenSegment> {
    const known = this.#open.get(bucket)?.find(one => (one.envelopeBytes ?? envelopeBytes) === envelopeBytes)
    const segment = known ?? (await this.#begin(bucket))
    segment.envelopeBytes = envelopeBytes
    return segment
  }

  async #begin(bucket: number): Promise<OpenSegment> {
    await makeDirectory(this.#path(bucket), this.#readers)
    const found = await this.#segments(bucket)
    const file = await createFile(this.#path(bucket, `${(found.at(-1) ?? 0) + 1}.seg`), "wx+", this.#readers)
    try {
      const start = time.bucketStart(bucket)
      // A process that was killed while it wrote had no time to set them.
      for (const n of found) await utimes(this.#path(bucket, `${n}.seg`), start, start)
      await file.utimes(start, start)
      await file.sync()
      for (const path of [this.#path(bucket), this.#directory]) await utimes(path, start, start)
      await syncDirectory(this.#path(bucket))
    } catch (error) {
      // A disk that goes on failing would use up the descriptors.
      await file.close().catch(() => undefined)
      throw error
    }
    const segment: OpenSegment = { file, envelopeBytes: undefined, frames: 0 }
    this.#open.set(bucket, [...(this.#open.get(bucket) ?? []), segment])
    return segment
  }

  /** Writes no more to the open segments. */
  async #leave(bucket: number): Promise<void> {
    const segments = this.#open.get(bucket) ?? []
    this.#open.delete(bucket)
    for (const { file } of segments) await file.close().catch(() => undefined)
  }

  async #inTurn<T>(bucket: number, work: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(bucket)
    const turn = (async () => {
      await before?.catch(() => undefined)
      return work()
    })()
    this.#busy.set(
      bucket,
      turn.catch(() => undefined),
    )
    return turn
  }
}

const GROUP_BITS = 0o070

/**
 * Envelopes in files, in random order, two flushes a gathering.
 * @param directory created when missing. Where its group may use it, that of the publisher's user, the group may read
 *   and delete what is put in it
 */
export async function segmentEnvelopes(directory: string, random: Random): Promise<EnvelopeStore> {
  await makeDirectory(directory)
  const readers = (await stat(directory)).mode & GROUP_BITS ? "group" : "owner"
  return new SegmentEnvelopes(directory, random, readers)
}
