import { compare, type Random } from "../crypto/index.ts"
import type { Design } from "../protocol/index.ts"

const TAG_BYTES = 32
const FEWEST = 4
/** Entries of a whole report that reveals many slots are more than this: so many tags are enough for nearly any batch. */
const ENTRIES_PER_TAG = 8

/** The tags that a batch of so many entries gets, for any number of reports that it is likely to hold. */
const usual = (design: Design, entries: number): number =>
  design.reveals === "one" ? entries : Math.ceil(entries / ENTRIES_PER_TAG)

/**
 * A bucket's tags with noise among them, in ascending order. Their number would be that of the people who reported, which
 * the batch hides; so it follows from the sizes of the bucket's batches, which are public: the least power of two that
 * is not below `usual`. Where more reported than that (their reports were short), it is the next that holds them all.
 * @param batches how many entries the padded batch of each design has
 */
export function withNoise(
  tags: readonly Uint8Array[],
  batches: readonly { readonly design: Design; readonly entries: number }[],
  random: Random,
): Uint8Array[] {
  const wanted = batches.reduce((sum, { design, entries }) => sum + usual(design, entries), 0)
  const count = 2 ** Math.ceil(Math.log2(Math.max(wanted, tags.length, FEWEST)))
  const noise = Array.from({ length: count - tags.length }, () => random.bytes(TAG_BYTES))
  return [...tags, ...noise].sort(compare)
}
