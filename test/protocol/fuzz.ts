import { expect } from "chai"
import fc from "fast-check"
import { merkle } from "../../src/crypto/index.ts"
import { allocated } from "./allocated.ts"
import { hostile } from "./attack.ts"
import { refusal } from "./damage.ts"
import { PARSERS } from "./parsers.ts"

const FREE_BYTES = 65_536
const PER_BYTE = 16

/** Each parser takes each input or refuses it by a code, in bounded memory. @param runs inputs for each */
export function fuzzParsers(runs: number): void {
  for (const { name, messages, parse, perByte = PER_BYTE } of PARSERS) {
    it(`${name}: a valid one is taken`, () => {
      expect(messages.map(message => refusal(() => parse(message)))).to.include(undefined)
    })

    it(`${name}: ${runs} hostile inputs are taken or refused by a code, in no more memory than their length allows`, () => {
      fc.assert(
        fc.property(hostile(messages), bytes => {
          const copy = bytes.slice()
          let code: string | undefined
          const used = allocated(() => {
            code = refusal(() => parse(bytes))
          })
          expect(code).to.be.oneOf([undefined, "format", "signature", "log-inconsistent"])
          expect(used).to.be.at.most(FREE_BYTES + perByte * bytes.length)
          expect(Buffer.compare(bytes, copy), "the input was changed").to.equal(0)
        }),
        { numRuns: runs },
      )
    })
  }
}

const size = fc.oneof(
  fc.integer({ min: -2, max: 70 }),
  fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53 - 1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 0.5),
)
const hash = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ minLength: 32, maxLength: 32 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 65 }) },
)

/** Proofs are lists of hashes: made up, of any length, for sizes that no tree has. */
export function fuzzProofs(runs: number): void {
  it(`inclusion and consistency: ${runs} made-up proofs are answered by no`, () => {
    fc.assert(
      fc.property(size, size, fc.array(hash, { maxLength: 64 }), hash, hash, (a, b, proof, x, y) => {
        // One leaf is its own tree, and a tree continues itself and nothing: these need no proof.
        const isTrivial = proof.length === 0
        if (!isTrivial || b !== 1) expect(merkle.verifyInclusion(a, b, x, proof, y)).to.equal(false)
        if (!isTrivial || (a !== b && a !== 0)) expect(merkle.verifyConsistency(a, b, x, y, proof)).to.equal(false)
      }),
      { numRuns: runs },
    )
  })

  const leaves = Array.from({ length: 64 }, (_, i) => merkle.leafHash(Uint8Array.of(i)))
  const node: merkle.NodeReader = (level, index) =>
    level === 0 ? leaves[index]! : merkle.nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
  const roots = Array.from({ length: 65 }, (_, n) => merkle.root(n, node))

  it(`inclusion and consistency: ${runs} proofs changed in one place prove nothing`, () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(31), mask: fc.integer({ min: 1, max: 255 }) })
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), fc.nat(), change, (n, nat, { at, byte, mask }) => {
        const damaged = (proof: readonly Uint8Array[]): Uint8Array[] =>
          proof.map((one, i) => {
            if (i !== at % proof.length) return one
            const other = new Uint8Array(one)
            other[byte]! ^= mask
            return other
          })
        const index = nat % n
        const inclusion = merkle.inclusionProof(index, n, node)
        expect(merkle.verifyInclusion(index, n, leaves[index]!, inclusion, roots[n]!)).to.equal(true)
        expect(merkle.verifyInclusion(index, n, leaves[index]!, damaged(inclusion), roots[n]!)).to.equal(false)
        const old = 1 + (nat % (n - 1))
        const consistency = merkle.consistencyProof(old, n, node)
        expect(merkle.verifyConsistency(old, n, roots[old]!, roots[n]!, consistency)).to.equal(true)
        expect(merkle.verifyConsistency(old, n, roots[old]!, roots[n]!, damaged(consistency))).to.equal(false)
      }),
      { numRuns: runs },
    )
  })
}
