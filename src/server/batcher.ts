import { type Random, shuffle, uniform } from "../crypto/index.ts"
import {
  type Design,
  drawPadding,
  encodeBatch,
  type PaddingEntry,
  type ParameterSet,
  parametersHash,
  SALT_BYTES,
} from "../protocol/index.ts"

/** The secrets of a batch, each once, by slot. */
export class Secrets {
  readonly #bySlot = new Map<number, Map<string, Uint8Array>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(slot: number, secret: Uint8Array): void {
    const known = this.#bySlot.get(slot) ?? new Map<string, Uint8Array>()
    this.#bySlot.set(slot, known)
    const name = String.fromCharCode(...secret)
    if (known.has(name)) return
    known.set(name, secret)
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
}

/**
 * The canonical file of a bucket: the secrets given, `minPaddingReports` made-up reports and a random number more, and
 * again more until the next size of the public list is reached, the last one cut at random (protocol §7). The file
 * shows neither which are made up nor how many.
 * @param secrets taken over, and padded
 */
export function makeBatch({ design, bucket, parameters, random }: BatchOf, secrets: Secrets): Uint8Array<ArrayBuffer> {
  const draw = (): PaddingEntry[] => drawPadding(design, bucket, parameters, random)
  const reports = parameters.minPaddingReports + geometric(parameters.minPaddingReports, random)
  for (let i = 0; i < reports; i++) for (const { slot, secret } of draw()) secrets.add(slot, secret)
  const sizes = parameters.paddingSizes[design.name] ?? []
  const size = sizes.find(allowed => allowed >= secrets.size) ?? secrets.size
  while (secrets.size < size) {
    const left = size - secrets.size
    for (const { slot, secret } of shuffle(draw(), random).slice(0, left)) secrets.add(slot, secret)
  }
  const salt = random.bytes(SALT_BYTES)
  return encodeBatch({ design, bucket, parametersHash: parametersHash(parameters), salt }, secrets.bySlot())
}
