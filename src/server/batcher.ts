import { type Random, shuffle, uniform } from "../crypto/index.ts"
import {
  type Design,
  drawPadding,
  encodeArchiveBatch,
  encodeBatch,
  encodeFilterBatch,
  type PaddingEntry,
  type ParameterSet,
  parametersHash,
  SALT_BYTES,
} from "../protocol/index.ts"
import { type Exporting, makeArchive } from "./archive.ts"

/** The entries of a batch, each once, by slot. */
export class Entries {
  readonly #bySlot = new Map<number, Map<string, Uint8Array>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(slot: number, entry: Uint8Array): void {
    const known = this.#bySlot.get(slot) ?? new Map<string, Uint8Array>()
    this.#bySlot.set(slot, known)
    const name = String.fromCharCode(...entry)
    if (known.has(name)) return
    known.set(name, entry)
    this.#size++
  }

  bySlot(): Map<number, Uint8Array[]> {
    return new Map([...this.#bySlot].map(([slot, known]) => [slot, [...known.values()]]))
  }
}

/**
 * 0, 1, 2 … with the given mean, each value a fixed share of the one before. One report more or less in the batch then
 * changes the probability of any total by the factor mean / (mean + 1) at most: with a fixed number of made-up reports,
 * a low-cost batch of the smallest size would say that nobody at all reported.
 */
function geometric(mean: number, random: Random): number {
  let count = 0
  while (uniform(random, mean + 1) !== 0) count++
  return count
}

export interface BatchOf {
  readonly design: Design
  readonly bucket: number
  readonly parameters: ParameterSet
  readonly random: Random
  /** Who signs archives, where the design publishes one. */
  readonly exporting?: Exporting | undefined
}

/** The files of a bucket and design. */
export interface Made {
  readonly file: Uint8Array<ArrayBuffer>
  /** The archive that it names. */
  readonly archive?: Uint8Array
}

/** A filter that cannot be built is one in many millions: after so many salts, the salt is not what is wrong. */
const MAX_SALTS = 8

/**
 * The canonical file of a bucket: the entries given, `minPaddingReports` made-up reports and a random number more, and
 * again more until the next size of the public list is reached, the last one cut at random (protocol §7). The file
 * shows neither which are made up nor how many.
 * @param entries taken over, and padded
 */
export function makeBatch(of: BatchOf, entries: Entries): Made {
  pad(of, entries)
  const { design, bucket, parameters, random, exporting } = of
  const header = { design, bucket, parametersHash: parametersHash(parameters) }
  if (design.publishes === "secrets")
    return { file: encodeBatch({ ...header, salt: random.bytes(SALT_BYTES) }, entries.bySlot()) }
  const items = [...entries.bySlot().values()].flat()
  if (design.publishes === "archive") {
    if (exporting === undefined) throw new TypeError("exporting: expected the keys that sign archives")
    const { zip, count } = makeArchive(items, bucket, exporting)
    return { file: encodeArchiveBatch({ ...header, salt: random.bytes(SALT_BYTES) }, count, zip), archive: zip }
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const salted = { ...header, salt: random.bytes(SALT_BYTES) }
      return { file: encodeFilterBatch(salted, items, parameters.fingerprintBits) }
    } catch (error) {
      if (!(error instanceof RangeError) || attempt === MAX_SALTS) throw error
    }
  }
}

function pad({ design, bucket, parameters, random }: BatchOf, entries: Entries): void {
  const draw = (): PaddingEntry[] => drawPadding(design, bucket, parameters, random)
  const reports = parameters.minPaddingReports + geometric(parameters.minPaddingReports, random)
  for (let i = 0; i < reports; i++) for (const { slot, entry } of draw()) entries.add(slot, entry)
  const sizes = parameters.paddingSizes[design.name] ?? []
  const size = sizes.find(allowed => allowed >= entries.size) ?? entries.size
  while (entries.size < size) {
    const left = size - entries.size
    for (const { slot, entry } of shuffle(draw(), random).slice(0, left)) entries.add(slot, entry)
  }
}
