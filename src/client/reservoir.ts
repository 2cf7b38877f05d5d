import { fromAscii, type Random, sha256 } from "../crypto/index.ts"
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

/** A finished scan, as it will lie in the store. */
export interface Gathered {
  readonly kept: readonly Kept[]
  readonly marks: Marks
}

interface Entry {
  readonly heard: number
  readonly id: Uint8Array
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
  /** Those with scans that this write adds. */
  readonly #waiting = new Set<Entry>()

  constructor(random: Random) {
    this.#random = random
  }

  /** The store is not what it was: a write has failed, or something was deleted. */
  forget(): void {
    this.#bucket = undefined
    this.#held.clear()
    this.#waiting.clear()
  }

  /**
   * Adds what finished scans heard to the store, and deletes what gives way to it.
   * @param gathered in the order in which they were
   * @returns how many identifiers gave way
   */
  async write(tx: WriteTx, gathered: readonly Gathered[]): Promise<number> {
    let gaveWay = 0
    let before: Marks | undefined
    for (const { kept, marks } of gathered) {
      if (before !== undefined && (before.bucket !== marks.bucket || before.after !== marks.after))
        await this.#put(tx, before)
      before = marks
      if (marks.bucket !== this.#bucket) await this.#begin(tx, marks)
      for (const one of kept) this.#add(one)
      const out = thin(this.#held, BUCKET_CAP)
      for (const [, entry] of out) {
        this.#waiting.delete(entry)
        for (const key of entry.keys.values()) tx.del(key)
      }
      gaveWay += out.length
    }
    if (before !== undefined) await this.#put(tx, before)
    return gaveWay
  }

  /** Each identifier once, however many of the scans have heard it. */
  async #put(tx: WriteTx, { bucket, after }: Marks): Promise<void> {
    for (const entry of this.#waiting) {
      const key = entry.keys.get(after) ?? freshKey(entry.heard, entry.id, bucket, after)
      entry.keys.set(after, key)
      await append(tx, key, encodeScans(entry.fresh))
      entry.fresh = []
    }
    this.#waiting.clear()
  }

  #add({ heard, id, scan, earlier }: Kept): void {
    const name = nameOf(heard, id)
    const known = this.#held.get(name)
    if (known === undefined) {
      const fresh = earlier === undefined ? [scan] : [earlier, scan]
      const draw = this.#draw(id)
      const rank = rankOf(fresh.length > 1, draw)
      const entry = { heard, id, rank, draw, scans: fresh.length, keys: new Map(), fresh }
      this.#held.set(name, entry)
      this.#waiting.add(entry)
    } else if (known.scans < MAX_SCANS) {
      known.scans++
      known.rank = rankOf(true, known.draw)
      known.fresh.push(scan)
      this.#waiting.add(known)
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
      const fresh = { heard, id, rank: 0, draw: this.#draw(id), scans: 0, keys: new Map(), fresh: [] }
      const entry = this.#held.get(name) ?? fresh
      entry.scans += value.length / SCAN_BYTES
      entry.rank = rankOf(entry.scans > 1, entry.draw)
      entry.keys.set(after, key)
      this.#held.set(name, entry)
    }
  }

  #draw(id: Uint8Array): number {
    const hash = sha256(this.#key, id)
    return new DataView(hash.buffer, hash.byteOffset).getUint32(0)
  }
}

const nameOf = (heard: number, id: Uint8Array): string => `${heard} ${fromAscii(id)}`
