import type { ReadTx, Store } from "../ports.ts"
import { type Change, Overlay, textOf } from "./overlay.ts"

/** Entries under their keys, and the keys in order. */
class Table implements ReadTx {
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

/** A store that forgets everything when the process ends: for tests, simulations and the first ten minutes. */
export function memoryStore(): Store {
  let table = new Table()
  const readers = new Map<Table, number>()
  // Writes wait for each other, as the port demands.
  let last: Promise<unknown> = Promise.resolve()

  async function viewed<T>(f: (tx: ReadTx) => T | Promise<T>): Promise<T> {
    const view = table
    readers.set(view, (readers.get(view) ?? 0) + 1)
    try {
      return await f(view)
    } finally {
      const left = readers.get(view)! - 1
      if (left > 0) readers.set(view, left)
      else readers.delete(view)
    }
  }

  return {
    read: viewed,
    write(f) {
      const run = last.then(async () => {
        const overlay = new Overlay(table)
        const result = await f(overlay)
        const { changes } = overlay
        if (changes.length === 0) return result
        // Whoever is reading goes on seeing what was there when it began.
        if (readers.has(table)) table = table.copy()
        table.apply(changes)
        return result
      })
      last = run.catch(() => undefined)
      return run
    },
    async close() {
      await last
    },
  }
}
