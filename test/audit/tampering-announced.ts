import { ascii, concat, fromAscii } from "../../src/crypto/index.ts"
import {
  defaultParameters,
  encodeAuthorityKeys,
  encodeIngestKeys,
  encodeLeaf,
  encodeParameters,
  INGEST_KEYS_BYTES,
  type IngestKeys,
  leafOf,
  PATHS,
  type ParameterSet,
  parseIngestKeys,
  parseLeaf,
} from "../../src/protocol/index.ts"
import { FIRST_BUCKET, random } from "../server/world.ts"
import type { Tampering } from "./tampering.ts"
import { long } from "./tampering-head.ts"
import { cleanTree, type Tree } from "./world.ts"

/** Two ingest key lists are in force: the first has three buckets left. */
const young = () => cleanTree(["low-cost"], 22)

const remove = (path: string) => (tree: Tree) => {
  tree.files.delete(path)
}

/** Announces a set in bucket N; it is served, and logged unless it is to be hidden from the log. */
function announce(tree: Tree, changes: Partial<ParameterSet>, isLogged = true, isServed = true): void {
  const set = encodeParameters({ ...defaultParameters(tree.head.bucket + 300, ["low-cost"]), ...changes })
  if (isLogged) tree.log("parameters", set)
  if (isServed) tree.files.set(PATHS.parameters, concat(tree.file(PATHS.parameters), ascii("\n"), set))
  tree.sign()
}

const freshKeys = (): Uint8Array[] => Array.from({ length: 24 }, () => random.bytes(32))

/** Serves other lists, the last of them logged in place of the last one. */
function changeLastList(tree: Tree, change: (list: IngestKeys) => IngestKeys): void {
  const file = tree.file(PATHS.ingestKeys)
  const last = parseIngestKeys(file.slice(-INGEST_KEYS_BYTES))
  const changed = encodeIngestKeys(change(last))
  tree.files.set(PATHS.ingestKeys, concat(file.slice(0, -INGEST_KEYS_BYTES), changed))
  const at = tree.find("ingest-keys", true)
  tree.leaves[at] = encodeLeaf(leafOf("ingest-keys", parseLeaf(tree.leaves[at]!).bucket, 0, changed))
  tree.sign()
}

const another = encodeAuthorityKeys([new Uint8Array(32).fill(5)])

export const announcedTamperings: readonly Tampering[] = [
  ["parameters-missing", "parameters that are not served", young, remove(PATHS.parameters)],
  ["parameters-missing", "no set in force", () => cleanTree(["low-cost"], 22, { validFromBucket: 300_000 }), () => {}],
  [
    "parameters-malformed",
    "a set outside of the bounds",
    young,
    tree => {
      const text = fromAscii(tree.file(PATHS.parameters)).replace('"retentionDays":14', '"retentionDays":99')
      tree.files.set(PATHS.parameters, ascii(text))
    },
  ],
  [
    "parameters-malformed",
    "megabytes of parameters",
    young,
    tree => {
      tree.files.set(PATHS.parameters, new Uint8Array(2 ** 20 + 1).fill(0x20))
    },
  ],
  ["parameters-unlogged", "a set for some phones only", young, tree => announce(tree, {}, false)],
  [
    "parameters-conflict",
    "two sets for one bucket",
    young,
    tree => {
      announce(tree, {})
      announce(tree, { coverMeanDays: 4 })
    },
  ],
  [
    "parameters-notice",
    "a set announced a day ahead",
    young,
    tree => announce(tree, { validFromBucket: tree.head.bucket + 12 }),
  ],
  [
    "parameters-notice",
    "other designs announced five days ahead",
    young,
    tree => announce(tree, { ...defaultParameters(tree.head.bucket + 60, ["low-cost", "hybrid"]) }),
  ],
  [
    "parameters-malformed",
    "other windows, announced long ahead",
    young,
    tree => announce(tree, { windowMinutes: 240 }),
  ],
  ["parameters-malformed", "other epochs, announced long ahead", young, tree => announce(tree, { epochMinutes: 10 })],
  ["parameters-hidden", "a set that is logged and not shown", young, tree => announce(tree, {}, true, false)],
  [
    "announcement-old",
    "parameters in force that a phone of today does not find among the leaves it fetches",
    long,
    tree => {
      const old = Array.from({ length: 1200 }, (_, i) =>
        encodeLeaf(leafOf("batch", FIRST_BUCKET - 1200 + i, 1, new Uint8Array(i))),
      )
      tree.leaves.splice(1, 0, ...old)
      tree.sign()
    },
  ],
  [
    "leaf-backdated",
    "a leaf dated back",
    young,
    tree => {
      const set = encodeParameters(defaultParameters(tree.head.bucket + 30, ["low-cost"]))
      tree.log("parameters", set, tree.head.bucket - 10)
      tree.files.set(PATHS.parameters, concat(tree.file(PATHS.parameters), ascii("\n"), set))
      tree.sign()
    },
  ],
  [
    "leaf-malformed",
    "a leaf of an unknown type",
    young,
    tree => {
      tree.leaves.push(new Uint8Array(46).fill(9))
      tree.sign()
    },
  ],
  [
    "leaf-malformed",
    "a leaf with something behind it",
    young,
    tree => {
      tree.leaves.push(concat(tree.leaves[0]!, new Uint8Array(900)))
      tree.sign()
    },
  ],
  [
    "ingest-keys-malformed",
    "a list cut short",
    young,
    tree => {
      tree.files.set(PATHS.ingestKeys, tree.file(PATHS.ingestKeys).slice(0, -1))
    },
  ],
  [
    "ingest-keys-malformed",
    "more lists than phones take",
    young,
    tree => {
      const file = tree.file(PATHS.ingestKeys)
      tree.files.set(PATHS.ingestKeys, concat(file, file, file))
    },
  ],
  [
    "ingest-keys-unlogged",
    "a list for some phones only",
    young,
    tree => {
      const list = encodeIngestKeys({ firstBucket: tree.head.bucket + 100, keys: freshKeys() })
      tree.files.set(PATHS.ingestKeys, concat(tree.file(PATHS.ingestKeys), list))
    },
  ],
  [
    "ingest-keys-hidden",
    "a list that is logged and not shown",
    young,
    tree => {
      const { bucket } = parseLeaf(tree.leaves[tree.find("ingest-keys", true)]!)
      tree.head = { ...tree.head, bucket: tree.head.bucket }
      tree.log("ingest-keys", random.bytes(778), bucket + 20)
      tree.sign()
    },
  ],
  [
    "ingest-keys-gap",
    "no list at all",
    young,
    tree => {
      tree.leaves = tree.leaves.filter(leaf => parseLeaf(leaf).type !== "ingest-keys")
      tree.files.delete(PATHS.ingestKeys)
      tree.sign()
    },
  ],
  [
    "ingest-keys-frequent",
    "a list long before the last one ends",
    young,
    tree => {
      const list = encodeIngestKeys({ firstBucket: tree.head.bucket + 100, keys: freshKeys() })
      tree.log("ingest-keys", list)
      tree.files.set(PATHS.ingestKeys, concat(tree.file(PATHS.ingestKeys), list))
      tree.sign()
    },
  ],
  [
    "ingest-key-second",
    "two keys for one bucket",
    young,
    tree => changeLastList(tree, ({ firstBucket }) => ({ firstBucket: firstBucket - 1, keys: freshKeys() })),
  ],
  [
    "ingest-key-reused",
    "one key for two buckets",
    young,
    tree => changeLastList(tree, ({ firstBucket, keys }) => ({ firstBucket, keys: [keys[1]!, ...keys.slice(1)] })),
  ],
  ["authority-keys-missing", "authority keys that are not served", young, remove(PATHS.authorityKeys)],
  [
    "authority-keys-malformed",
    "no keys on the list",
    young,
    tree => {
      tree.files.set(PATHS.authorityKeys, tree.file(PATHS.authorityKeys).slice(0, 6))
    },
  ],
  [
    "authority-keys-unlogged",
    "keys that nobody logged",
    young,
    tree => {
      tree.files.set(PATHS.authorityKeys, another)
    },
  ],
  [
    "authority-keys-outdated",
    "keys that were replaced",
    young,
    tree => {
      tree.log("authority-keys", another)
      tree.sign()
    },
  ],
  [
    "authority-keys-changed",
    "other keys, logged and served",
    young,
    tree => {
      tree.log("authority-keys", another)
      tree.files.set(PATHS.authorityKeys, another)
      tree.sign()
    },
  ],
]
