import { expect } from "chai"
import { FINDINGS, type FindingCode } from "../../src/audit/index.ts"
import { signature } from "../../src/crypto/index.ts"
import { LindungError, PATHS, signCheckpoint } from "../../src/protocol/index.ts"
import { cleanTree, config, type Tree } from "./world.ts"

const codes = (report: { readonly counts: object }): string[] => Object.keys(report.counts)

describe("an audit of a log", () => {
  /** Long enough for full tiles, and for the days of the first batches to be over. */
  const long = () => cleanTree(["low-cost"], 270)

  for (const [design, buckets] of [
    ["low-cost", 30],
    ["hybrid", 30],
    ["unlinkable", 2],
  ] as const)
    it(`finds nothing in what an honest server publishes: ${design}`, async () => {
      const tree = await cleanTree([design], buckets)
      const { head, findings } = await tree.audit()
      expect(findings).to.deep.equal([])
      expect(head).to.deep.equal({ origin: "log.example", size: tree.leaves.length, bucket: tree.head.bucket })
    })

  it("finds nothing where tiles are full and old batches deleted", async () => {
    expect((await (await long()).audit()).findings).to.deep.equal([])
  })

  it("cannot be made of a tree without a checkpoint", async () => {
    const tree = await cleanTree(["hybrid"], 30)
    tree.files.delete(PATHS.checkpoint)
    const error = await tree.audit().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(LindungError).with.property("code", "not-found")
  })

  /** A way to tamper, and the one code that it gives. */
  type Tampering = readonly [FindingCode, string, (tree: Tree) => void]

  const tamperings: readonly Tampering[] = [
    [
      "head-malformed",
      "a checkpoint cut short",
      tree => void tree.files.set(PATHS.checkpoint, tree.file(PATHS.checkpoint).slice(0, 40)),
    ],
    [
      "head-malformed",
      "a checkpoint longer than any",
      tree => void tree.files.set(PATHS.checkpoint, new Uint8Array(20_000)),
    ],
    [
      "head-signature",
      "a head signed by another key of the same name",
      tree => {
        const note = signCheckpoint(tree.head, config.logName, new Uint8Array(32).fill(9), signature.ed25519)
        tree.files.set(PATHS.checkpoint, note)
      },
    ],
    ["head-signature", "one bit of the signature changed", tree => tree.damage(PATHS.checkpoint, -10)],
    ["head-size", "a head over 2^40 leaves", tree => tree.sign({ size: 2 ** 40 })],
    ["head-size", "a head over nothing", tree => tree.sign({ size: 0 })],
    [
      "head-stale",
      "a head of yesterday",
      tree => {
        tree.now += 12 * 7200
      },
    ],
    [
      "head-ahead",
      "a bucket closed before it began",
      tree => {
        tree.now -= 2 * 7200
      },
    ],
    ["tile-missing", "a hash tile of the leaves", tree => void tree.files.delete("/tile/0/000")],
    ["tile-missing", "a hash tile above", tree => void tree.files.delete("/tile/1/000.p/1")],
    ["tile-mismatch", "a full tile changed in one bit", tree => tree.damage("/tile/0/000", 40)],
    [
      "tile-mismatch",
      "a tile at the right edge cut short",
      tree => {
        const path = `/tile/0/001.p/${tree.leaves.length - 256}`
        tree.files.set(path, tree.file(path).slice(0, -1))
      },
    ],
    ["tile-mismatch", "a tile of the level above", tree => tree.damage("/tile/1/000.p/1", 3)],
    ["entries-missing", "leaves that phones still fetch", tree => void tree.files.delete("/tile/entries/000")],
    ["entries-mismatch", "a leaf changed after it was signed", tree => tree.damage("/tile/entries/000", 30)],
    [
      "entries-mismatch",
      "a bundle cut short",
      tree => {
        tree.files.set("/tile/entries/000", tree.file("/tile/entries/000").slice(0, -1))
      },
    ],
    [
      "head-rollback",
      "fewer leaves than were seen before",
      tree => {
        tree.options = { since: tree.file(PATHS.checkpoint) }
        tree.leaves.pop()
        tree.sign({ bucket: tree.head.bucket - 1 })
      },
    ],
    [
      "head-fork",
      "another root than was seen before, of the same size",
      tree => {
        tree.options = { since: tree.file(PATHS.checkpoint) }
        tree.leaves.splice(-2, 2, tree.leaves.at(-2)!, tree.leaves.at(-2)!)
        tree.sign()
      },
    ],
    [
      "head-inconsistent",
      "an earlier head that this one does not continue",
      tree => {
        const other = tree.copy()
        other.leaves = other.leaves.slice(0, 200).reverse()
        other.sign({ bucket: tree.head.bucket - 9 })
        tree.options = { since: other.file(PATHS.checkpoint) }
      },
    ],
    ["root-mismatch", "a signature over another root", tree => tree.sign({ root: new Uint8Array(32) })],
  ]

  for (const [code, what, tamper] of tamperings)
    it(`says ${code}, and nothing else, of ${what}`, async () => {
      const tree = await long()
      tamper(tree)
      const report = await tree.audit()
      expect(codes(report)).to.deep.equal([code])
      expect(report.findings[0]!.severity).to.equal(FINDINGS[code].severity)
    })
})
