import { concat } from "../../src/crypto/index.ts"
import { cosign, encodeAuthorityKeys, encodeLeaf, leafOf, PATHS, signCheckpoint } from "../../src/protocol/index.ts"
import { nativeEd25519 } from "../../src/server/index.ts"
import { FIRST_BUCKET } from "../server/world.ts"
import type { Tampering } from "./tampering.ts"
import { cleanTree, config, type Tree } from "./world.ts"

/** Long enough for full tiles, and for the days of the first batches to be over. */
export const long = () => cleanTree(["low-cost"], 270)

const cut = (tree: Tree, path: string, length = -1): void => {
  tree.files.set(path, tree.file(path).slice(0, length))
}
const rightEdge = (tree: Tree): string => `/tile/0/001.p/${tree.leaves.length - 256}`

/** What was seen before: another signed head, of a tree that differs. */
function seenBefore(tree: Tree, change: (other: Tree) => void, bucket = tree.head.bucket): void {
  const other = tree.copy()
  change(other)
  other.sign({ bucket })
  tree.options = { since: other.file(PATHS.checkpoint) }
}
const witnessSeed = new Uint8Array(32).fill(8)
const witness = { name: "witness.example", publicKey: nativeEd25519.verifyKey(witnessSeed) }
const anotherList = encodeAuthorityKeys([new Uint8Array(32).fill(5)])

export const headTamperings: readonly Tampering[] = [
  ["head-malformed", "a checkpoint cut short", long, tree => cut(tree, PATHS.checkpoint, 40)],
  [
    "head-malformed",
    "a checkpoint longer than any",
    long,
    tree => {
      tree.files.set(PATHS.checkpoint, new Uint8Array(20_000))
    },
  ],
  [
    "head-signature",
    "a head signed by another key of the same name",
    long,
    tree => {
      tree.files.set(PATHS.checkpoint, signCheckpoint(tree.head, config.logName, new Uint8Array(32).fill(9)))
    },
  ],
  ["head-signature", "one symbol of the signature changed", long, tree => tree.missign()],
  ["head-signature", "a head of another log", long, tree => tree.sign({ origin: "another.example" })],
  [
    "head-unwitnessed",
    "a head that a witness has not signed",
    long,
    tree => {
      tree.options = { witnesses: [witness] }
    },
  ],
  [
    "head-cosignature",
    "a head that a witness signed for another log",
    long,
    tree => {
      const other = signCheckpoint({ ...tree.head, size: 1 }, config.logName, config.logSeed, nativeEd25519)
      const line = cosign(other, witness.name, witnessSeed, 1_600_000_000, nativeEd25519)
      tree.options = { witnesses: [witness] }
      tree.files.set(PATHS.checkpoint, concat(tree.file(PATHS.checkpoint), line))
    },
  ],
  ["head-size", "a head over 2^40 leaves", long, tree => tree.sign({ size: 2 ** 40 })],
  ["head-size", "a head over nothing", long, tree => tree.sign({ size: 0 })],
  [
    "head-stale",
    "a head of yesterday",
    long,
    tree => {
      tree.now += 12 * 7200
    },
  ],
  [
    "head-ahead",
    "a bucket closed before it began",
    long,
    tree => {
      tree.now -= 2 * 7200
    },
  ],
  [
    "head-rollback",
    "a head that is older than one seen before",
    long,
    tree => seenBefore(tree, other => other.log("authority-keys", anotherList)),
  ],
  [
    "head-rollback",
    "a head whose bucket went back",
    long,
    tree => seenBefore(tree, other => other.leaves.pop(), tree.head.bucket + 1),
  ],
  [
    "head-fork",
    "another root than was seen before, of the same size",
    long,
    tree =>
      seenBefore(tree, other => {
        other.leaves.pop()
        other.log("authority-keys", anotherList)
      }),
  ],
  [
    "head-inconsistent",
    "an earlier head that this one does not continue",
    long,
    tree =>
      seenBefore(tree, other => {
        other.leaves = other.leaves.slice(0, 200).reverse()
      }),
  ],
  [
    "head-bucket",
    "a head that names a bucket nobody has seen a batch of",
    () => cleanTree(["low-cost"], 30),
    tree => tree.sign({ bucket: tree.head.bucket + 1 }),
  ],
  [
    "tile-missing",
    "a hash tile of the leaves",
    long,
    tree => {
      tree.files.delete("/tile/0/000")
    },
  ],
  [
    "tile-missing",
    "a hash tile above",
    long,
    tree => {
      tree.files.delete("/tile/1/000.p/1")
    },
  ],
  ["tile-mismatch", "a full tile changed in one bit", long, tree => tree.damage("/tile/0/000", 40)],
  ["tile-mismatch", "a tile at the right edge changed", long, tree => tree.damage(rightEdge(tree), -1)],
  ["tile-mismatch", "a tile at the right edge cut short", long, tree => cut(tree, rightEdge(tree))],
  ["tile-mismatch", "a tile of the level above", long, tree => tree.damage("/tile/1/000.p/1", 3)],
  [
    "entries-missing",
    "leaves that phones still fetch",
    long,
    tree => {
      tree.files.delete("/tile/entries/000")
    },
  ],
  [
    "entries-pruned",
    "old leaves that are served as hashes only",
    long,
    tree => {
      const old = Array.from({ length: 1200 }, (_, i) =>
        encodeLeaf(leafOf("batch", FIRST_BUCKET - 1200 + i, 1, new Uint8Array(i))),
      )
      tree.leaves.unshift(...old)
      tree.sign()
      tree.files.delete("/tile/entries/000")
    },
  ],
  ["entries-mismatch", "a leaf changed after it was signed", long, tree => tree.damage("/tile/entries/000", 30)],
  ["entries-mismatch", "a bundle cut short", long, tree => cut(tree, "/tile/entries/000")],
  ["root-mismatch", "a signature over another root", long, tree => tree.sign({ root: new Uint8Array(32) })],
]
