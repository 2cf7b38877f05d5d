import { type FileHandle, open, readdir, readFile, rm, stat, utimes } from "node:fs/promises"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { type Random, time, uniform } from "../../crypto/index.ts"
import { createFile, isMissing, makeDirectory, type Readers, syncDirectory, writeDurably } from "./durable.ts"
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
const HEAD_BYTES = 8
const SEGMENT = /^(\d+)\.seg$/
const SEALED = "SEALED"
const CHUNK_BYTES = 1 << 20

interface Open {
  readonly file: FileHandle
  /** Bytes of each envelope; undefined while there is none. */
  envelopeBytes: number | undefined
  frames: number
}

class SegmentEnvelopes implements EnvelopeStore {
  readonly #directory: string
  readonly #random: Random
  readonly #readers: Readers
  /** Those of a bucket to which this process writes, one for each length of envelopes. */
  readonly #open = new Map<number, Open[]>()
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
    const frames = envelopes.map(envelope => Buffer.concat([head(envelope), envelope]))
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
        yield* frames(file)
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
  async #segment(bucket: number, envelopeBytes: number): Promise<Open> {
    const known = this.#open.get(bucket)?.find(one => (one.envelopeBytes ?? envelopeBytes) === envelopeBytes)
    const segment = known ?? (await this.#begin(bucket))
    segment.envelopeBytes = envelopeBytes
    return segment
  }

  async #begin(bucket: number): Promise<Open> {
    await makeDirectory(this.#path(bucket), this.#readers)
    const last = (await this.#segments(bucket)).at(-1) ?? 0
    const file = await createFile(this.#path(bucket, `${last + 1}.seg`), "wx+", this.#readers)
    try {
      const start = time.bucketStart(bucket)
      await file.utimes(start, start)
      await file.sync()
      for (const path of [this.#path(bucket), this.#directory]) await utimes(path, start, start)
      await syncDirectory(this.#path(bucket))
    } catch (error) {
      // A disk that goes on failing would use up the descriptors.
      await file.close().catch(() => undefined)
      throw error
    }
    const segment: Open = { file, envelopeBytes: undefined, frames: 0 }
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

function head(envelope: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES)
  bytes.writeUInt32BE(envelope.length, 0)
  bytes.writeUInt32BE(crc32(envelope), 4)
  return bytes
}

async function writeAt(file: FileHandle, bytes: Uint8Array, place: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, place + at)
    at += bytesWritten
  }
}

/** Puts frames into a segment, each to a place drawn at random. Durable when it resolves. */
async function insert(segment: Open, frames: readonly Buffer[], start: number, random: Random): Promise<void> {
  const { file, frames: before } = segment
  const step = frames[0]!.length
  /** What comes where: a new frame, or the one that was at another place. */
  const layout = new Map<number, Buffer | number>()
  for (const [i, frame] of frames.entries()) {
    const end = before + i
    const place = uniform(random, end + 1)
    if (place < end) layout.set(end, layout.get(place) ?? place)
    layout.set(place, frame)
  }
  const frameFor = async (place: number): Promise<Buffer> => {
    const from = layout.get(place)
    if (typeof from !== "number") return from!
    const moved = Buffer.alloc(step)
    await file.read(moved, 0, step, from * step)
    return moved
  }
  const tail = await Promise.all(frames.map((_, i) => frameFor(before + i)))
  await writeAt(file, Buffer.concat(tail), before * step)
  const over = [...layout].filter(([place]) => place < before)
  if (over.length > 0) await file.sync()
  for (const [place, frame] of over) await writeAt(file, frame as Buffer, place * step)
  await file.utimes(start, start)
  await file.sync()
  segment.frames += frames.length
}

/**
 * How many frames a segment has room for, torn ones too: after a restart the first upload waits for this, and to read a
 * bucket of gigabytes takes seconds.
 */
async function framesByLength(path: string): Promise<number> {
  const file = await open(path, "r")
  try {
    const first = Buffer.alloc(HEAD_BYTES)
    await file.read(first, 0, HEAD_BYTES, 0)
    const length = first.readUInt32BE(0)
    return length === 0 ? 0 : Math.floor((await file.stat()).size / (HEAD_BYTES + length))
  } finally {
    await file.close()
  }
}

/** The whole frames of a segment. */
async function* frames(file: FileHandle): AsyncGenerator<Uint8Array> {
  const first = Buffer.alloc(HEAD_BYTES)
  await file.read(first, 0, HEAD_BYTES, 0)
  const length = first.readUInt32BE(0)
  const step = HEAD_BYTES + length
  if (length === 0 || step > CHUNK_BYTES) return
  const chunk = Buffer.alloc(CHUNK_BYTES - (CHUNK_BYTES % step))
  for (let at = 0; ; at += chunk.length) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at)
    for (let frame = 0; frame + step <= bytesRead; frame += step) {
      const envelope = new Uint8Array(chunk.subarray(frame + HEAD_BYTES, frame + step))
      if (chunk.readUInt32BE(frame) === length && crc32(envelope) === chunk.readUInt32BE(frame + 4)) yield envelope
    }
    if (bytesRead < chunk.length) return
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
