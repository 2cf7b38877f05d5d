import type { ReadTx } from "../ports.ts"
import { type Change, textOf } from "./overlay.ts"

/** Entries under their keys, and the keys in order. */
export class Table implements ReadTx {
  #keys: string[] = []
  #entries = new Map<string, readonly [key: Uint8Array, value: Uint8Array]>()

  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.#entries.get(textOf(key))?.[1]
    return value && new Uint8Array(value)
  }

  *range(from: Uint8Array, to: Uint8Array): Iterable<[Uint8Array, Uint8Array]> {
    const [first, end] = [this.#place(textOf(from)), this.#place(textOf(to))]
    for (let i = first; i < end; i++) {
      const [key, value] = this.#entries.get(this.#keys[i]!)!
      yield [new Uint8Array(key), new Uint8Array(value)]
    }
  }

  /** Where a key is, or would be. */
  #place(text: string): number {
    let [low, high] = [0, this.#keys.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#keys[middle]! < text) low = middle + 1
      else high = middle
    }
    return low
  }

  apply(changes: readonly Change[]): void {
    let [added, removed] = [0, 0]
    for (const { key, value } of changes) {
      const text = textOf(key)
      if (value !== undefined && !this.#entries.has(text)) added++
      if (value === undefined && this.#entries.has(text)) removed++
    }
    // A few keys are moved one by one; many are sorted anew.
    const isFew = added + removed <= 32
    for (const { key, value } of changes) {
      const text = textOf(key)
      const isKnown = this.#entries.has(text)
      if (value !== undefined) this.#entries.set(text, [key, value])
      else this.#entries.delete(text)
      if (!isFew || isKnown === (value !== undefined)) continue
      if (value !== undefined) this.#keys.splice(this.#place(text), 0, text)
      else this.#keys.splice(this.#place(text), 1)
    }
    if (!isFew) this.#keys = [...this.#entries.keys()].sort()
  }

  copy(): Table {
    const copy = new Table()
    copy.#keys = [...this.#keys]
    copy.#entries = new Map(this.#entries)
    return copy
  }
}
