import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { EnvelopeStore } from "../../src/server/index.ts"
import { discard, FIRST_BUCKET, scratch } from "./deployment.ts"

const ENVELOPE_BYTES = 40
const STEP = 8 + ENVELOPE_BYTES

/**
 * Envelopes that arrive one by one, and the share of pairs that lie on the disk in their order of arrival: a half for one
 * that says nothing.
 * @returns the share, and its distance from a half in standard deviations
 */
export async function concordance(
  arrivals: number,
  open: (directory: string) => Promise<Pick<EnvelopeStore, "append" | "close">>,
): Promise<{ concordant: number; deviations: number }> {
  const directory = scratch()
  try {
    const store = await open(directory)
    for (let i = 0; i < arrivals; i++) {
      const envelope = new Uint8Array(ENVELOPE_BYTES)
      new DataView(envelope.buffer).setUint32(0, i)
      await store.append(FIRST_BUCKET, [envelope])
    }
    await store.close()
    const file = readFileSync(join(directory, String(FIRST_BUCKET), "1.seg"))
    const order = Array.from({ length: file.length / STEP }, (_, i) => file.readUInt32BE(i * STEP + 8))
    let inOrder = 0
    for (let i = 0; i < order.length; i++)
      for (let k = i + 1; k < order.length; k++) if (order[i]! < order[k]!) inOrder++
    const n = order.length
    const pairs = (n * (n - 1)) / 2
    // Kendall: the number of concordant pairs of a random order has this variance.
    const deviation = Math.sqrt((n * (n - 1) * (2 * n + 5)) / 72)
    return { concordant: inOrder / pairs, deviations: (inOrder - pairs / 2) / deviation }
  } finally {
    discard(directory)
  }
}
