import { chiSquare, deviations } from "./chi-square.ts"

/** Below five expected in a category, chi-square says little (Cochran 1954). */
const LEAST_EXPECTED = 5

/** Counts what stands at each place of many strings of one length, all of which should be uniform. */
export class SymbolCounts {
  readonly #length: number
  readonly #values: number
  readonly #counts: Uint32Array
  #strings = 0

  /** @param values how many different symbols there are: 0 to values − 1 */
  constructor(length: number, values: number) {
    this.#length = length
    this.#values = values
    this.#counts = new Uint32Array(values * length)
  }

  /** @param strings one after the other */
  add(strings: Uint8Array): void {
    const counts = this.#counts
    const length = this.#length
    const values = this.#values
    for (let at = 0; at < strings.length; at += length)
      for (let i = 0; i < length; i++) counts[values * i + strings[at + i]!]!++
    this.#strings += strings.length / length
  }

  /** The place that differs most from uniform, in standard deviations; undefined with too few strings to tell. */
  worst(): { readonly place: number; readonly deviations: number } | undefined {
    const values = this.#values
    const expected = this.#strings / values
    if (expected < LEAST_EXPECTED) return undefined
    const even = new Array<number>(values).fill(expected)
    return Array.from({ length: this.#length }, (_, place) => ({
      place,
      deviations: deviations(chiSquare(this.#counts.subarray(values * place, values * (place + 1)), even), values - 1),
    })).reduce((a, b) => (b.deviations > a.deviations ? b : a))
  }
}
