import { compare, fromAscii } from "../../crypto/index.ts"
import type { ReadTx, WriteTx } from "../ports.ts"

/** A key as text of one character a byte: it sorts as the bytes do. */
export const textOf = (key: Uint8Array): string => fromAscii(key)

/** What a write has changed and not yet committed; undefined stands for a deletion. */
export interface Change {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/** A write transaction in memory over committed data: reads see it, and nothing is changed before it is committed. */
export class Overlay implements WriteTx {
  readonly #under: ReadTx
  readonly #changes = new Map<string, Change>()

  constructor(under: ReadTx) {
    this.#under = under
  }

  /** Ascending by key. */
  get changes(): readonly Change[] {
    return [...this.#changes.values()].sort((a, b) => compare(a.key, b.key))
  }

  get(key: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const change = this.#changes.get(textOf(key))
    if (change === undefined) return this.#under.get(key)
    return change.value && new Uint8Array(change.value)
  }

  async *range(from: Uint8Array, to: Uint8Array): AsyncIterable<[Uint8Array, Uint8Array]> {
    const [low, high] = [textOf(from), textOf(to)]
    // A copy, so that what is put while somebody iterates does not move what comes.
    const changed = [...this.#changes].filter(([text]) => low <= text && text < high).sort(byText)
    let next = 0
    for await (const entry of this.#under.range(from, to)) {
      const text = textOf(entry[0])
      for (; next < changed.length && changed[next]![0] < text; next++) yield* put(changed[next]![1])
      if (changed[next]?.[0] === text) yield* put(changed[next++]![1])
      else yield entry
    }
    for (; next < changed.length; next++) yield* put(changed[next]![1])
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#changes.set(textOf(key), { key: new Uint8Array(key), value: new Uint8Array(value) })
  }

  del(key: Uint8Array): void {
    this.#changes.set(textOf(key), { key: new Uint8Array(key), value: undefined })
  }
}

const byText = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

function* put({ key, value }: Change): Iterable<[Uint8Array, Uint8Array]> {
  if (value !== undefined) yield [new Uint8Array(key), new Uint8Array(value)]
}
