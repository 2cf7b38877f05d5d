import { fromAscii } from "../../crypto/index.ts"
import type { ReadTx, WriteTx } from "../ports.ts"

/** Bytes as text of one character each: keys sort as text as they do as bytes. */
export const textOf = (key: Uint8Array): string => fromAscii(key)

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** A copy. */
const valueIn = (kept: Kept): Uint8Array | undefined =>
  typeof kept === "string" ? bytesOf(kept) : kept && new Uint8Array(kept)

/** What a write has changed and not yet committed; undefined stands for a deletion. */
export interface Change {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/** Values, short ones as text: a batch changes thousands, and an array of a few bytes takes ten times as many. */
type Kept = string | Uint8Array | undefined
/** Three scans. Whatever has a secret in it is longer, and is kept as bytes: nobody can wipe a text. */
export const SHORT_BYTES = 24

/** A write transaction in memory over committed data: reads see it, and nothing is changed before it is committed. */
export class Overlay implements WriteTx {
  readonly #under: ReadTx
  readonly #changes = new Map<string, Kept>()

  constructor(under: ReadTx) {
    this.#under = under
  }

  get isEmpty(): boolean {
    return this.#changes.size === 0
  }

  /** Ascending by key. */
  *changes(): Iterable<Change> {
    for (const text of [...this.#changes.keys()].sort())
      yield { key: bytesOf(text), value: valueIn(this.#changes.get(text)) }
  }

  get(key: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const text = textOf(key)
    const value = this.#changes.get(text)
    return value === undefined && !this.#changes.has(text) ? this.#under.get(key) : valueIn(value)
  }

  async *range(from: Uint8Array, to: Uint8Array): AsyncIterable<[Uint8Array, Uint8Array]> {
    const [low, high] = [textOf(from), textOf(to)]
    // A copy, so that what is put while somebody iterates does not move what comes.
    const changed = [...this.#changes].filter(([text]) => low <= text && text < high).sort(byText)
    let next = 0
    for await (const entry of this.#under.range(from, to)) {
      const text = textOf(entry[0])
      for (; next < changed.length && changed[next]![0] < text; next++) yield* put(changed[next]!)
      if (changed[next]?.[0] === text) yield* put(changed[next++]!)
      else yield entry
    }
    for (; next < changed.length; next++) yield* put(changed[next]!)
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#changes.set(textOf(key), value.length <= SHORT_BYTES ? textOf(value) : new Uint8Array(value))
  }

  del(key: Uint8Array): void {
    this.#changes.set(textOf(key), undefined)
  }
}

const byText = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

function* put([text, kept]: readonly [string, Kept]): Iterable<[Uint8Array, Uint8Array]> {
  const value = valueIn(kept)
  if (value !== undefined) yield [bytesOf(text), value]
}
