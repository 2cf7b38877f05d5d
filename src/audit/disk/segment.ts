import { u32At } from "./sqlite-page.ts"

const HEAD_BYTES = 8
const ENVELOPE_VERSION = 1

/** What a segment of envelopes shows to who has no key. */
export interface Segment {
  readonly frames: number
  /** Bytes of each envelope. */
  readonly envelopeBytes: number
  /** Bytes that are no frame: the end of a write that a crash cut off. */
  readonly rest: number
  /** Buckets that the envelopes name. */
  readonly buckets: readonly number[]
}

/**
 * frames of one length: u32 length ‖ u32 CRC-32 ‖ envelope, and an envelope begins u8 1 ‖ u32 bucket.
 * @returns undefined for anything else
 */
export function readSegment(file: Uint8Array): Segment | undefined {
  if (file.length === 0) return { frames: 0, envelopeBytes: 0, rest: 0, buckets: [] }
  if (file.length < HEAD_BYTES) return undefined
  const envelopeBytes = u32At(file, 0)
  const step = HEAD_BYTES + envelopeBytes
  const buckets = new Set<number>()
  let frames = 0
  let at = 0
  for (; at + step <= file.length; at += step) {
    if (u32At(file, at) !== envelopeBytes || file[at + HEAD_BYTES] !== ENVELOPE_VERSION) return undefined
    buckets.add(u32At(file, at + HEAD_BYTES + 1))
    frames++
  }
  return { frames, envelopeBytes, rest: file.length - at, buckets: [...buckets] }
}
