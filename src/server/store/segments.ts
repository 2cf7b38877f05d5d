import { type FileHandle, open, readdir, readFile, rm, utimes } from "node:fs/promises"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { time } from "../../crypto/index.ts"
import { isMissing, makeDirectory, syncDirectory, writeDurably } from "./durable.ts"
import type { EnvelopeStore } from "./store.ts"

/*
 * <directory>/<bucket>/<n>.seg   frames, one after the other: u32 length ‖ u32 CRC-32 ‖ envelope
 * <directory>/<bucket>/SEALED    the count, in decimal; written when the bucket is closed
 *
 * A process never writes behind the end that another one, or a failed write, left: it starts a new segment, so that a
 * torn tail hides nothing. Frames do not show where one gathering ends. All times of files and directories are set to
 * the bucket's start; the time of the last change of an open segment's inode, which no program can set, remains until
 * the bucket is closed.
 */
const HEAD_BYTES = 8
const SEGMENT = /^(\d+)\.seg$/
const SEALED = "SEALED"
const CHUNK_BYTES = 1 << 20

interface Open {
  readonly file: FileHandle
  length: number
}

class SegmentEnvelopes implements EnvelopeStore {
  readonly #directory: string
  readonly #open = new Map<number, Open>()
  readonly #counts = new Map<number, number>()
  /** The last write of each bucket: writes to one file follow each other. */
  readonly #busy = new Map<number, Promise<unknown>>()

  constructor(directory: string) {
    this.#directory = directory
  }

  async prepare(bucket: number): Promise<void> {
    await this.#inTurn(bucket, async () => {
      if ((await this.sealed(bucket)) === undefined) await this.#segment(bucket)
    })
  }

  async append(bucket: number, envelopes: readonly Uint8Array[]): Promise<void> {
    const frames = Buffer.concat(envelopes.flatMap(envelope => [head(envelope), envelope]))
    await this.#inTurn(bucket, async () => {
      if ((await this.sealed(bucket)) !== undefined) throw new Error(`envelopes: bucket ${bucket} is sealed`)
      const count = await this.count(bucket)
      const segment = await this.#segment(bucket)
      try {
        for (let at = 0; at < frames.length; ) {
          const { bytesWritten } = await segment.file.write(frames, at, frames.length - at, segment.length + at)
          at += bytesWritten
        }
        const start = time.bucketStart(bucket)
        await segment.file.utimes(start, start)
        await segment.file.sync()
      } catch (error) {
        await this.#leave(bucket)
        this.#counts.delete(bucket)
        throw error
      }
      segment.length += frames.length
      this.#counts.set(bucket, count + envelopes.length)
    })
  }

  async count(bucket: number): Promise<number> {
    const known = this.#counts.get(bucket)
    if (known !== undefined) return known
    let count = 0
    for await (const _ of this.read(bucket)) count++
    this.#counts.set(bucket, count)
    return count
  }

  async seal(bucket: number): Promise<number> {
    return this.#inTurn(bucket, async () => {
      const already = await this.sealed(bucket)
      if (already !== undefined) return already
      await this.#leave(bucket)
      const count = await this.count(bucket)
      await makeDirectory(this.#path(bucket))
      await writeDurably(this.#path(bucket, SEALED), Buffer.from(`${count}\n`))
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

  /** The segment that this process appends to. */
  async #segment(bucket: number): Promise<Open> {
    const known = this.#open.get(bucket)
    if (known !== undefined) return known
    await makeDirectory(this.#path(bucket))
    const last = (await this.#segments(bucket)).at(-1) ?? 0
    const file = await open(this.#path(bucket, `${last + 1}.seg`), "wx", 0o600)
    const start = time.bucketStart(bucket)
    await file.utimes(start, start)
    await file.sync()
    for (const path of [this.#path(bucket), this.#directory]) await utimes(path, start, start)
    await syncDirectory(this.#path(bucket))
    const segment = { file, length: 0 }
    this.#open.set(bucket, segment)
    return segment
  }

  /** Writes no more to the open segment. */
  async #leave(bucket: number): Promise<void> {
    const segment = this.#open.get(bucket)
    this.#open.delete(bucket)
    await segment?.file.close().catch(() => undefined)
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

/** The frames of a segment up to its end or to the first one that is not whole. */
async function* frames(file: FileHandle): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(CHUNK_BYTES)
  let held = 0
  for (;;) {
    const { bytesRead } = await file.read(chunk, held, chunk.length - held, null)
    held += bytesRead
    let at = 0
    for (;;) {
      if (held - at < HEAD_BYTES) break
      const length = chunk.readUInt32BE(at)
      if (length === 0 || length > CHUNK_BYTES - HEAD_BYTES) return
      const end = at + HEAD_BYTES + length
      if (end > held) break
      const envelope = new Uint8Array(chunk.subarray(at + HEAD_BYTES, end))
      if (crc32(envelope) !== chunk.readUInt32BE(at + 4)) return
      yield envelope
      at = end
    }
    chunk.copyWithin(0, at, held)
    held -= at
    if (bytesRead === 0) return
  }
}

/** Envelopes in append-only files, one flush a gathering. @param directory created when missing */
export async function segmentEnvelopes(directory: string): Promise<EnvelopeStore> {
  await makeDirectory(directory)
  return new SegmentEnvelopes(directory)
}
