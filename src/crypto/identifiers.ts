import { aesCtr } from "./aes.ts"
import { type Bytes, hex } from "./bytes.ts"

/** What a phone broadcasts in one epoch. */
export type EphId = Bytes<"ephId">
export const EPHID_BYTES = 16

/** PRG(K) cut into identifiers: EphID_1 ‖ … ‖ EphID_n = AES-256-CTR(K, 0¹⁶) over 16·n zero bytes  (WP 2.1, 2.3) */
export function expand(key: Uint8Array, count: number): EphId[] {
  const stream = aesCtr(key, new Uint8Array(EPHID_BYTES), new Uint8Array(EPHID_BYTES * count))
  return Array.from({ length: count }, (_, i) => stream.slice(EPHID_BYTES * i, EPHID_BYTES * (i + 1)) as EphId)
}

/** A published secret and an observation that its identifiers explain, by their places in the two lists. */
export interface Candidate {
  readonly key: number
  readonly observation: number
}

/** Observations by their time of validity (day, window …) and then by what was heard. */
export class Heard {
  readonly #byTime = new Map<number, Map<string, number[]>>()

  add(time: number, identifier: Uint8Array, observation: number): void {
    const atTime = this.#byTime.get(time) ?? new Map<string, number[]>()
    this.#byTime.set(time, atTime)
    const key = hex(identifier)
    const places = atTime.get(key)
    if (places === undefined) atTime.set(key, [observation])
    else places.push(observation)
  }

  /** Whether anything at all was heard then: where nothing was, a key need not be expanded. */
  has(time: number): boolean {
    return this.#byTime.has(time)
  }

  find(time: number, identifier: Uint8Array): readonly number[] {
    return this.#byTime.get(time)?.get(hex(identifier)) ?? []
  }
}
