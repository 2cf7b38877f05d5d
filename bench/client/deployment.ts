// What a phone finds after a week without network: a log of 84 batches of 5,000 keys, as files.
import { randomBytes } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Config } from "../../src/client/index.ts"
import { base64, merkle, sealedBox, time } from "../../src/crypto/index.ts"
import {
  type Design,
  designByName,
  encodeBatch,
  encodeEntries,
  encodeFilterBatch,
  encodeIngestKeys,
  encodeLeaf,
  encodeNoteKey,
  encodeParameters,
  encodeTile,
  leafOf,
  PATHS,
  parametersHash,
  signCheckpoint,
  tilePath,
  tilesUnder,
} from "../../src/protocol/index.ts"
import { nativeEd25519, nativeX25519 } from "../../src/server/index.ts"
import {
  BATCHES,
  type BenchDesign,
  CONFIG_FILE,
  DAYS,
  FILES,
  FIRST_BUCKET,
  parameters,
  type Revealed,
} from "./scene.ts"

export const KEYS = 5_000
const SEED = new Uint8Array(32).fill(21)
const NAME = "bench.example"

function configOf(design: BenchDesign): Config {
  const publicKey = nativeEd25519.verifyKey(SEED)
  return {
    server: {
      files: FILES,
      uploads: "https://uploads.example",
      logKey: encodeNoteKey({ name: NAME, publicKey }),
      receiptKey: base64(publicKey),
    },
    authority: { url: "https://authority.example", publicKey: base64(publicKey), mechanism: "simple" },
    design,
    risk: "dp3t-exposure-score",
    cover: "off",
    retention: { contactDays: 14, exposureDays: 14 },
    sync: { minIntervalHours: 2 },
  }
}

/** A slot that a report of this bucket may reveal: of the thirteen days before, spread evenly. */
function revealedAt(design: Design, bucket: number, i: number): number {
  const day = time.day(time.bucketStart(bucket)) - (i % (DAYS - 1)) - 1
  const slots = time.SECONDS_PER_DAY / design.slotSeconds(parameters(design.name as BenchDesign))
  return day * slots + (i % slots)
}

/** Writes the tree. @param near secrets that some batch holds as well, one a batch from the last one back */
export function writeTree(directory: string, name: BenchDesign, near: readonly Revealed[]): void {
  const design = designByName(name)!
  const set = parameters(name)
  const write = (path: string, file: Uint8Array) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), file)
  }
  write(CONFIG_FILE, Buffer.from(JSON.stringify(configOf(name))))
  const keys = Array.from({ length: 24 }, (_, i) => sealedBox.keyPair(new Uint8Array(32).fill(i + 1), nativeX25519))
  const ingest = encodeIngestKeys({ firstBucket: FIRST_BUCKET + BATCHES - 2, keys: keys.map(one => one.publicKey) })
  write(PATHS.parameters, encodeParameters(set))
  write(PATHS.ingestKeys, ingest)
  const leaves = [
    leafOf("parameters", FIRST_BUCKET - 1, 0, encodeParameters(set)),
    leafOf("ingest-keys", FIRST_BUCKET - 1, 0, ingest),
  ]
  for (let bucket = FIRST_BUCKET; bucket < FIRST_BUCKET + BATCHES; bucket++) {
    const file = batchFile(design, bucket, near[FIRST_BUCKET + BATCHES - 1 - bucket])
    write(PATHS.batch(name, bucket), file)
    leaves.push(leafOf("batch", bucket, design.code, file))
  }
  const encoded = leaves.map(encodeLeaf)
  const hashes = encoded.map(leaf => merkle.leafHash(leaf))
  const node: merkle.NodeReader = (level, index) =>
    level === 0 ? hashes[index]! : merkle.nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
  const size = leaves.length
  for (const tile of tilesUnder(size))
    write(
      tilePath(tile),
      tile.level < 0
        ? encodeEntries(encoded.slice(256 * tile.index, 256 * tile.index + tile.width))
        : encodeTile(tile, node),
    )
  const checkpoint = { origin: NAME, size, root: merkle.root(size, node), bucket: FIRST_BUCKET + BATCHES - 1 }
  write(PATHS.checkpoint, signCheckpoint(checkpoint, NAME, SEED, nativeEd25519))
}

function batchFile(design: Design, bucket: number, near: Revealed | undefined): Uint8Array {
  const set = parameters(design.name as BenchDesign)
  const header = { design, bucket, parametersHash: parametersHash(set), salt: new Uint8Array(randomBytes(16)) }
  if (design.publishes === "filter") {
    const items = Array.from({ length: KEYS - 1 }, () => new Uint8Array(randomBytes(32)))
    return encodeFilterBatch(header, near ? [...items, near.secret] : items, set.fingerprintBits)
  }
  const groups = new Map<number, Uint8Array[]>()
  const add = (slot: number, secret: Uint8Array) => {
    const group = groups.get(slot)
    if (group) group.push(secret)
    else groups.set(slot, [secret])
  }
  for (let i = 0; i < KEYS - 1; i++) add(revealedAt(design, bucket, i), new Uint8Array(randomBytes(design.secretBytes)))
  if (near) add(near.slot, near.secret)
  return encodeBatch(header, groups)
}
