import type { ReadTx } from "../ports.ts"
import { type Change, textOf } from "./overlay.ts"

/** Keys in a run: what one change moves is at most this much, however large the table is. */
const RUN = 512

/** Entries in memory, under their keys in order. */
export class Table implements ReadTx {
  /** Ascending, none empty but the only one. */
  #runs: string[][] = [[]]
  #entries = new Map<string, readonly [key: Uint8Array, value: Uint8Array]>()

  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.#entries.get(textOf(key))?.[1]
    return value && new Uint8Array(value)
  }

  *range(from: Uint8Array, to: Uint8Array): Iterable<[Uint8Array, Uint8Array]> {
    for (const text of this.#texts(textOf(from), textOf(to))) {
      const [key, value] = this.#entries.get(text)!
      yield [new Uint8Array(key), new Uint8Array(value)]
    }
  }

  count(from: Uint8Array, to: Uint8Array): number {
    let count = 0
    for (const _ of this.#texts(textOf(from), textOf(to))) count++
    return count
  }

  *#texts(low: string, high: string): Iterable<string> {
    let r = this.#runOf(low)
    let i = place(this.#runs[r]!, low)
    for (; r < this.#runs.length; r++, i = 0)
      for (const run = this.#runs[r]!; i < run.length; i++) {
        if (run[i]! >= high) return
        yield run[i]!
      }
  }

  /** The run that has a key, or would have it: the last that does not begin after it. */
  #runOf(text: string): number {
    let [low, high] = [0, this.#runs.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#runs[middle]![0] ?? "") <= text) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  apply(changes: Iterable<Change>): void {
    for (const { key, value } of changes) {
      const text = textOf(key)
      const isKnown = this.#entries.has(text)
      if (value !== undefined) {
        this.#entries.set(text, [key, value])
        if (!isKnown) this.#insert(text)
      } else if (isKnown) {
        this.#entries.delete(text)
        this.#remove(text)
      }
    }
  }

  #insert(text: string): void {
    const r = this.#runOf(text)
    const run = this.#runs[r]!
    run.splice(place(run, text), 0, text)
    if (run.length > 2 * RUN) this.#runs.splice(r + 1, 0, run.splice(RUN))
  }

  #remove(text: string): void {
    const r = this.#runOf(text)
    const run = this.#runs[r]!
    run.splice(place(run, text), 1)
    if (run.length === 0 && this.#runs.length > 1) this.#runs.splice(r, 1)
  }

  copy(): Table {
    const copy = new Table()
    copy.#runs = this.#runs.map(run => [...run])
    copy.#entries = new Map(this.#entries)
    return copy
  }
}

/** Where a key is in a run, or would be. */
function place(run: readonly string[], text: string): number {
  let [low, high] = [0, run.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (run[middle]! < text) low = middle + 1
    else high = middle
  }
  return low
}
