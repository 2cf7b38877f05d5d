import { type FileHandle, open } from "node:fs/promises"
import { crc32 } from "node:zlib"
import { type Random, uniform } from "../../crypto/index.ts"

export const HEAD_BYTES = 8
const CHUNK_BYTES = 1 << 20

/** A segment to which this process writes. */
export interface OpenSegment {
  readonly file: FileHandle
  /** Bytes of each envelope; undefined while there is none. */
  envelopeBytes: number | undefined
  frames: number
}

/** An envelope as it stands in a segment: u32 length ‖ u32 CRC-32 ‖ envelope. */
export const frameOf = (envelope: Uint8Array): Buffer => Buffer.concat([head(envelope), envelope])

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
export async function insert(
  segment: OpenSegment,
  frames: readonly Buffer[],
  start: number,
  random: Random,
): Promise<void> {
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
export async function framesByLength(path: string): Promise<number> {
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
export async function* envelopesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
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
