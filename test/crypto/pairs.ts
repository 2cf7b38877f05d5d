import { expect } from "chai"
import fc from "fast-check"
import type { Candidate } from "../../src/crypto/index.ts"

/** By key, then by observation: what `candidates` finds is a set. */
export const sorted = <Pair extends Candidate>(found: readonly Pair[]): Pair[] =>
  [...found].sort((a, b) => a.key - b.key || a.observation - b.observation)

/** The law that the same keys and observations in another order make the same pairs. */
export function checkOrderDoesNotMatter<Key, Observation>(
  anyKey: fc.Arbitrary<Key>,
  anyObservation: fc.Arbitrary<Observation>,
  candidates: (keys: Key[], observations: Observation[]) => Candidate[],
): void {
  const orderOf = (list: readonly unknown[]) => fc.shuffledSubarray([...list.keys()], { minLength: list.length })
  const lists = fc
    .tuple(fc.array(anyKey, { maxLength: 4 }), fc.array(anyObservation, { maxLength: 6 }))
    .chain(([keys, observations]) =>
      fc.record({
        keys: fc.constant(keys),
        observations: fc.constant(observations),
        keyOrder: orderOf(keys),
        order: orderOf(observations),
      }),
    )
  fc.assert(
    fc.property(lists, ({ keys, observations, keyOrder, order }) => {
      const found = candidates(
        keyOrder.map(i => keys[i]!),
        order.map(i => observations[i]!),
      )
      const back = found.map(pair => ({ ...pair, key: keyOrder[pair.key]!, observation: order[pair.observation]! }))
      expect(sorted(back)).to.deep.equal(sorted(candidates(keys, observations)))
    }),
  )
}
