import { concat, hex, type Random, sha256, u32 } from "../crypto/index.ts"
import { rankOf, thin } from "./crowd.ts"
import { entries, freshBetween, freshKey, parseFresh } from "./layout.ts"
import type { WriteTx } from "./ports.ts"
import { append, encodeScans, SCAN_BYTES } from "./record.ts"
import type { Scan } from "./risk/index.ts"

/** Identifiers that are kept of two hours. */
export const BUCKET_CAP = 2048
/** Scans that are kept of one identifier in two hours: one in 30 seconds. */
const MAX_SCANS = 240
const KEY_BYTES = 32
const MAX = 2 ** 32 - 1

/** What is kept of an identifier of a scan: the coarse time it was heard at, and what stands for it. */
export interface Kept {
  readonly heard: number
  readonly id: Uint8Array
  readonly scan: Scan
  /**
   * The scan before, where it is known that the identifier was heard in that one, too. It counts where the identifier
   * had to give way then; its attenuation is taken from this scan.
   */
  readonly earlier?: Scan
}

/** The temporary marks of what was heard: its bucket, and the logical clock then. */
export interface Marks {
  readonly bucket: number
  readonly after: number
  /** The coarse time before which nothing of this bucket was heard. */
  readonly firstHeard: number
}

interface Entry {
  rank: number
  readonly draw: number
  scans: number
  /** Where it lies in the store: the logical clock may have moved while it was near. */
  readonly keys: Map<number, Uint8Array>
  /** What this write adds. */
  fresh: Scan[]
}

/**
 * What is kept of two hours is bounded, in memory and in the store: identifiers that were heard in two scans or more
 * stay before those of one, and among equals a uniform draw decides. Whoever makes up a million identifiers fills the
 * places of those that were heard once.
 */
export class Reservoir {
  readonly #random: Random
  #bucket: number | undefined
  #key = new Uint8Array(KEY_BYTES)
  readonly #held = new Map<string, Entry>()

  constructor(random: Random) {
    this.#random = random
  }

  /** The store is not what it was: a write has failed, or something was deleted. */
  forget(): void {
    this.#bucket = undefined
    this.#held.clear()
  }

  /**
   * Adds what a finished scan heard to the store, and deletes what gives way to it.
   * @returns how many identifiers gave way
   */
  async write(tx: WriteTx, kept: readonly Kept[], marks: Marks): Promise<number> {
    const { bucket, after } = marks
    if (bucket !== this.#bucket) await this.#begin(tx, marks)
    for (const one of kept) this.#add(one)
    const out = thin(this.#held, BUCKET_CAP)
    for (const [, { keys }] of out) for (const key of keys.values()) tx.del(key)
    for (const { heard, id } of kept) {
      const entry = this.#held.get(nameOf(heard, id))
      if (entry === undefined || entry.fresh.length === 0) continue
      const key = freshKey(heard, id, bucket, after)
      entry.keys.set(after, key)
      await append(tx, key, encodeScans(entry.fresh))
      entry.fresh = []
    }
    return out.length
  }

  #add({ heard, id, scan, earlier }: Kept): void {
    const name = nameOf(heard, id)
    const known = this.#held.get(name)
    if (known === undefined) {
      const fresh = earlier === undefined ? [scan] : [earlier, scan]
      const draw = this.#draw(id)
      const rank = rankOf(fresh.length > 1, draw)
      this.#held.set(name, { rank, draw, scans: fresh.length, keys: new Map(), fresh })
    } else if (known.scans < MAX_SCANS) {
      known.scans++
      known.rank = rankOf(true, known.draw)
      known.fresh.push(scan)
    }
  }

  /** Another bucket, or a fresh start: what the store has of it counts. */
  async #begin(tx: WriteTx, { bucket, firstHeard }: Marks): Promise<void> {
    const isFirst = this.#bucket === undefined
    this.#held.clear()
    this.#key = new Uint8Array(this.#random.bytes(KEY_BYTES))
    this.#bucket = bucket
    // Clocks that never go back enter a bucket once.
    if (!isFirst) return
    for (const [key, value] of await entries(tx, freshBetween(firstHeard, MAX))) {
      const { heard, id, bucket: of, after } = parseFresh(key)
      if (of !== bucket) continue
      const name = nameOf(heard, id)
      const entry = this.#held.get(name) ?? { rank: 0, draw: this.#draw(id), scans: 0, keys: new Map(), fresh: [] }
      entry.scans += value.length / SCAN_BYTES
      entry.rank = rankOf(entry.scans > 1, entry.draw)
      entry.keys.set(after, key)
      this.#held.set(name, entry)
    }
  }

  #draw(id: Uint8Array): number {
    const hash = sha256(this.#key, new Uint8Array(id))
    return new DataView(hash.buffer, hash.byteOffset).getUint32(0)
  }
}

const nameOf = (heard: number, id: Uint8Array): string => hex(concat(u32(heard), new Uint8Array(id)))
