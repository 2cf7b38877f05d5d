import { expect } from "chai"
import fc from "fast-check"
import { hostile } from "../protocol/attack.ts"
import { cleanTree } from "./world.ts"

/** Whatever a server serves, an audit ends with a report. @param runs trees in which some files are hostile */
export function fuzzAudit(runs: number): void {
  it(`an audit of ${runs} trees with hostile files ends with a report, and one that is signed says what differs`, async () => {
    const clean = await cleanTree(["low-cost", "hybrid"], 3)
    // Tiles of heads before this one are for phones that are on their way; this head does not cover them.
    const size = String(clean.leaves.length)
    const paths = [...clean.files.keys()].filter(path => !path.includes(".p/") || path.endsWith(`/${size}`)).sort()
    const damage = fc.array(
      fc.constantFrom(...paths).chain(path => hostile([clean.file(path)]).map(file => ({ path, file }))),
      { minLength: 1, maxLength: 3 },
    )
    await fc.assert(
      fc.asyncProperty(damage, async damaged => {
        const tree = clean.copy()
        for (const { path, file } of damaged) tree.files.set(path, file)
        const { findings } = await tree.audit()
        const isSame = damaged.every(({ path }) => Buffer.compare(tree.file(path), clean.file(path)) === 0)
        if (isSame) expect(findings).to.deep.equal([])
        else expect(findings).not.to.deep.equal([])
      }),
      { numRuns: runs },
    )
  })

  it(`an audit of ${runs} trees whose leaves a server has signed itself ends with a report`, async () => {
    const clean = await cleanTree(["low-cost", "hybrid"], 3)
    const change = fc
      .tuple(fc.nat(), hostile(clean.leaves))
      .map(([at, leaf]) => ({ at: at % clean.leaves.length, leaf }))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async changes => {
        const tree = clean.copy()
        for (const { at, leaf } of changes) tree.leaves[at] = leaf.subarray(0, 60_000)
        tree.sign()
        const { head } = await tree.audit()
        expect(head?.size).to.equal(clean.leaves.length)
      }),
      { numRuns: runs },
    )
  })
}
