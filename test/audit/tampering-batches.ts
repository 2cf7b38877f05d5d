import { time } from "../../src/crypto/index.ts"
import { encodeFilterBatch, encodeLeaf, parseBatch, type SecretBatch } from "../../src/protocol/index.ts"
import { random } from "../server/world.ts"
import type { Tampering } from "./tampering.ts"
import { long } from "./tampering-head.ts"
import { cleanTree, type Tree } from "./world.ts"

/** Enough for statistics. */
const BATCHES = 14

const days = () => cleanTree(["low-cost"], BATCHES)
const seeds = () => cleanTree(["hybrid"], BATCHES)
const two = () => cleanTree(["low-cost", "hybrid"], 3)
const filters = () => cleanTree(["unlinkable"], 2)
const swap = <T>(list: T[], a: number, b: number): void => {
  ;[list[a], list[b]] = [list[b]!, list[a]!]
}

/** The day of a batch's last second. */
const today = ({ leaf }: ReturnType<Tree["batch"]>): number => time.day(time.bucketStart(leaf.bucket) + 7199)

/** All secrets of the first slot, to another slot. */
function move(secrets: Map<number, Uint8Array[]>, to: number): void {
  const [[slot, list]] = secrets as unknown as [[number, Uint8Array[]]]
  secrets.delete(slot)
  secrets.set(to, list)
}

export const batchTamperings: readonly Tampering[] = [
  [
    "batch-repeated",
    "a second batch of one bucket",
    days,
    tree => {
      const { leaf } = tree.batch(0)
      tree.log("batch", random.bytes(100), leaf.bucket, leaf.design)
      tree.sign()
    },
  ],
  [
    "batch-order",
    "two batches logged in the other order",
    days,
    tree => {
      swap(tree.leaves, tree.batch(2).at, tree.batch(3).at)
      tree.sign()
    },
  ],
  [
    "batch-order",
    "two designs logged in the other order",
    two,
    tree => {
      swap(tree.leaves, tree.batch(0).at, tree.batch(1).at)
      tree.sign()
    },
  ],
  [
    "batch-gap",
    "a bucket without a batch",
    days,
    tree => {
      tree.leaves.splice(tree.batch(5).at, 1)
      tree.sign()
    },
  ],
  [
    "batch-gap",
    "a bucket with a batch of one design only",
    two,
    tree => {
      tree.leaves.splice(tree.batch(3).at, 1)
      tree.sign()
    },
  ],
  [
    "batch-foreign",
    "a batch of a design that is not in force",
    days,
    tree => {
      tree.log("batch", random.bytes(100), tree.head.bucket, 3)
      tree.sign()
    },
  ],
  [
    "batch-foreign",
    "a batch of a design that nobody knows",
    days,
    tree => {
      tree.log("batch", random.bytes(100), tree.head.bucket, 200)
      tree.sign()
    },
  ],
  [
    "batch-missing",
    "a batch withheld",
    days,
    tree => {
      tree.files.delete(tree.batch(4).path)
    },
  ],
  [
    "batch-kept",
    "a batch of fifteen days ago",
    long,
    tree => {
      tree.files.set(tree.batch(180).path, new Uint8Array(10))
    },
  ],
  [
    "batch-too-long",
    "a leaf of a batch of a gigabyte",
    days,
    tree => {
      const { at, leaf } = tree.batch(0)
      tree.leaves[at] = encodeLeaf({ ...leaf, length: 2 ** 30 })
      tree.sign()
    },
  ],
  ["batch-altered", "a secret added after the batch was logged", days, tree => tree.damage(tree.batch(0).path, -1)],
  [
    "batch-altered",
    "a batch with something behind it",
    days,
    tree => {
      const { path } = tree.batch(0)
      tree.files.set(path, Uint8Array.of(...tree.file(path), 0))
    },
  ],
  [
    "batch-malformed",
    "two secrets in the other order",
    days,
    tree => {
      tree.replaceBatch(0, file => {
        const { groups } = parseBatch(file) as SecretBatch
        // Twenty keys of fourteen days: some day has two.
        const { secrets } = groups.find(group => group.secrets.length > 32)!
        const at = secrets.byteOffset - file.byteOffset
        const changed = new Uint8Array(file)
        changed.set(secrets.subarray(32, 64), at)
        changed.set(secrets.subarray(0, 32), at + 32)
        return changed
      })
      tree.sign()
    },
  ],
  [
    "batch-header",
    "the batch of another bucket",
    days,
    tree => {
      tree.rewriteBatch(0, () => {}, { bucket: tree.head.bucket - 1 })
      tree.sign()
    },
  ],
  [
    "batch-parameters",
    "a batch made under other parameters",
    days,
    tree => {
      tree.rewriteBatch(0, () => {}, { parametersHash: new Uint8Array(32) })
      tree.sign()
    },
  ],
  [
    "batch-size",
    "one secret more than a size of the list",
    days,
    tree => {
      tree.rewriteBatch(0, secrets => [...secrets.values()][0]!.push(random.bytes(32)))
      tree.sign()
    },
  ],
  [
    "batch-beyond-sizes",
    "more entries than the largest size",
    () => cleanTree(["low-cost"], 3, { paddingSizes: { "low-cost": [1] } }),
    () => {},
  ],
  [
    "filter-fingerprint",
    "a filter with short fingerprints",
    filters,
    tree => {
      tree.replaceBatch(0, file => {
        const batch = parseBatch(file)
        const items = Array.from({ length: batch.entries }, () => random.bytes(32))
        return encodeFilterBatch(batch, items, 20)
      })
      tree.sign()
    },
  ],
  [
    "secret-live",
    "the secrets of tomorrow",
    days,
    tree => {
      tree.rewriteBatch(0, secrets => move(secrets, today(tree.batch(0)) + 1))
      tree.sign()
    },
  ],
  [
    "secret-live",
    "the seeds of the next window",
    seeds,
    tree => {
      tree.rewriteBatch(0, secrets => move(secrets, tree.head.bucket + 1))
      tree.sign()
    },
  ],
  [
    "secret-old",
    "secrets of fourteen days ago",
    days,
    tree => {
      tree.rewriteBatch(0, secrets => move(secrets, today(tree.batch(0)) - 14))
      tree.sign()
    },
  ],
  [
    "secret-repeated",
    "a secret that stands in two batches",
    days,
    tree => {
      let taken: Uint8Array | undefined
      tree.rewriteBatch(3, secrets => {
        taken = [...secrets.values()][0]![0]!
      })
      tree.rewriteBatch(0, secrets => [...secrets.values()][0]!.splice(0, 1, taken!))
      tree.sign()
    },
  ],
  [
    "secret-repeated",
    "a secret that stands in two windows of one batch",
    seeds,
    tree => {
      tree.rewriteBatch(0, secrets => {
        const [first, second] = [...secrets.values()]
        second![0] = first![0]!
      })
      tree.sign()
    },
  ],
  [
    "secret-biased",
    "secrets whose last bit is a mark",
    seeds,
    tree => {
      for (let age = 0; age < BATCHES; age++)
        tree.rewriteBatch(age, secrets => {
          for (const list of secrets.values()) for (const secret of list) secret[15]! &= 0xfe
        })
      tree.sign()
    },
  ],
  [
    "salt-repeated",
    "one salt for two batches",
    days,
    tree => {
      const { salt } = parseBatch(tree.file(tree.batch(1).path))
      tree.rewriteBatch(0, () => {}, { salt })
      tree.sign()
    },
  ],
  [
    "salt-biased",
    "salts that carry a mark",
    long,
    tree => {
      for (let age = 0; age < 168; age++) {
        const salt = random.bytes(16)
        salt[7]! &= 0x7f
        tree.rewriteBatch(age, () => {}, { salt })
      }
      tree.sign()
    },
  ],
  [
    "padding-profile",
    "reports that are all of the day before",
    days,
    tree => {
      for (let age = 0; age < BATCHES; age++)
        tree.rewriteBatch(age, secrets => {
          const all = [...secrets.values()].flat()
          secrets.clear()
          secrets.set(today(tree.batch(age)) - 1, all)
        })
      tree.sign()
    },
  ],
  [
    "padding-profile",
    "reports of people who are awake at night",
    seeds,
    tree => {
      for (let age = 0; age < BATCHES; age++)
        tree.rewriteBatch(age, secrets => {
          const turned = [...secrets].map(([slot, list]): [number, Uint8Array[]] => [
            12 * Math.floor(slot / 12) + ((slot + 6) % 12),
            list,
          ])
          const begun = turned.filter(([slot]) => slot <= tree.batch(age).leaf.bucket)
          const rest = turned.filter(([slot]) => slot > tree.batch(age).leaf.bucket).flatMap(([, list]) => list)
          secrets.clear()
          for (const [slot, list] of begun) secrets.set(slot, list)
          begun[0]![1].push(...rest)
        })
      tree.sign()
    },
  ],
]
