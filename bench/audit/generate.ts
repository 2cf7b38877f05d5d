import { randomFillSync } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { merkle, type Random } from "../../src/crypto/index.ts"
import {
  defaultParameters,
  designByName,
  drawPadding,
  encodeAuthorityKeys,
  encodeBatch,
  encodeEntries,
  encodeIngestKeys,
  encodeLeaf,
  encodeNoteKey,
  encodeParameters,
  encodeTile,
  leafOf,
  PATHS,
  type ParameterSet,
  parametersHash,
  SALT_BYTES,
  signCheckpoint,
  TILE_WIDTH,
  tilePath,
  tilesWritten,
} from "../../src/protocol/index.ts"
import { nativeEd25519 } from "../../src/server/index.ts"

const FIRST_BUCKET = 247_650
const RENEW_AFTER = 512
const LISTED = 24
const seed = new Uint8Array(32).fill(1)
const name = "log.example"

/** Many small draws: a pool saves a system call for each. */
function pooled(): Random {
  const pool = new Uint8Array(65_536)
  let at = pool.length
  return {
    bytes(n) {
      if (at + n > pool.length) {
        randomFillSync(pool)
        at = 0
      }
      at += n
      return pool.slice(at - n, at)
    },
  }
}

export interface Generated {
  readonly logKey: string
  /** Unix seconds at which the newest batch is an hour old. */
  readonly at: number
}

/** A log of hybrid batches of one size, as a mirror keeps it, written by the protocol's own functions. */
export function generate(directory: string, batches: number, keys: number): Generated {
  const random = pooled()
  const design = designByName("hybrid")!
  const parameters: ParameterSet = {
    ...defaultParameters(FIRST_BUCKET, ["hybrid"]),
    paddingSizes: { hybrid: [keys] },
  }
  const hash = parametersHash(parameters)
  const write = (path: string, bytes: Uint8Array): void => {
    const file = join(directory, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes)
  }
  const leaves: Uint8Array[] = []
  const set = encodeParameters(parameters)
  const authority = encodeAuthorityKeys([nativeEd25519.verifyKey(new Uint8Array(32).fill(7))])
  write(PATHS.parameters, set)
  write(PATHS.authorityKeys, authority)
  let renewed = -RENEW_AFTER
  for (let i = 0; i < batches; i++) {
    const bucket = FIRST_BUCKET + i
    if (leaves.length - renewed >= RENEW_AFTER) {
      renewed = leaves.length
      leaves.push(
        encodeLeaf(leafOf("parameters", bucket, 0, set)),
        encodeLeaf(leafOf("authority-keys", bucket, 0, authority)),
      )
    }
    if (i % LISTED === 0) {
      const firstBucket = bucket + (i === 0 ? 0 : 1)
      const list = encodeIngestKeys({ firstBucket, keys: Array.from({ length: LISTED }, () => random.bytes(32)) })
      leaves.push(encodeLeaf(leafOf("ingest-keys", bucket, 0, list)))
      write(PATHS.ingestKeys, list)
    }
    const secrets = new Map<number, Uint8Array[]>()
    for (let count = 0; count < keys; )
      for (const { slot, entry } of drawPadding(design, bucket, parameters, random)) {
        if (count++ >= keys) break
        const list = secrets.get(slot)
        if (list === undefined) secrets.set(slot, [entry])
        else list.push(entry)
      }
    const file = encodeBatch({ design, bucket, parametersHash: hash, salt: random.bytes(SALT_BYTES) }, secrets)
    write(PATHS.batch("hybrid", bucket), file)
    leaves.push(encodeLeaf(leafOf("batch", bucket, design.code, file)))
  }
  const levels: Uint8Array[][] = [leaves.map(merkle.leafHash)]
  for (let below = levels[0]!; below.length > 1; below = levels.at(-1)!)
    levels.push(Array.from({ length: below.length >> 1 }, (_, i) => merkle.nodeHash(below[2 * i]!, below[2 * i + 1]!)))
  const node: merkle.NodeReader = (level, index) => levels[level]![index]!
  const size = leaves.length
  for (const tile of tilesWritten(0, size)) {
    const first = tile.index * TILE_WIDTH
    write(
      tilePath(tile),
      tile.level < 0 ? encodeEntries(leaves.slice(first, first + tile.width)) : encodeTile(tile, node),
    )
  }
  const bucket = FIRST_BUCKET + batches - 1
  const head = { origin: name, size, root: merkle.root(size, node), bucket }
  write(PATHS.checkpoint, signCheckpoint(head, name, seed, nativeEd25519))
  return { logKey: encodeNoteKey({ name, publicKey: nativeEd25519.verifyKey(seed) }), at: (bucket + 1) * 7200 + 3600 }
}
