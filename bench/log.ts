import { ed25519 as noble } from "@noble/curves/ed25519.js"
import { fetchHead } from "../src/client/head.ts"
import { base64, concat, equal, hex, merkle, sha256, signature, u32 } from "../src/crypto/index.ts"
import {
  cosign,
  encodeEntries,
  encodeLeaf,
  encodeTile,
  leafOf,
  PATHS,
  signCheckpoint,
  tilePath,
  tilesWritten,
} from "../src/protocol/index.ts"
import { nativeEd25519 } from "../src/server/index.ts"
import type { Bench } from "./run.ts"

/** A day's worth of batches, each of 2,000 keys of 16 bytes. */
const BATCHES = 12
const BATCH_BYTES = 32_000
const FIRST_BUCKET = 247_650
const SEED = new Uint8Array(32).fill(1)
const WITNESSES = [2, 3].map(n => ({ name: `w${n}.example`, seed: new Uint8Array(32).fill(n) }))
const RUNS = 21

const key = { name: "log.example", publicKey: nativeEd25519.verifyKey(SEED) }
const never = { aborted: false, addEventListener() {}, removeEventListener() {} }

/** Files of a log with a batch for each bucket, under the paths that phones ask for. */
function log(size: number) {
  const file = (n: number) => concat(u32(n), new Uint8Array(BATCH_BYTES - 4))
  const leaves = Array.from({ length: size }, (_, n) => {
    const isFetched = n >= size - BATCHES
    return encodeLeaf(leafOf("batch", FIRST_BUCKET + n, 3, isFetched ? file(n) : u32(n)))
  })
  const levels: Uint8Array[][] = [leaves.map(merkle.leafHash)]
  for (let below = levels[0]!; below.length > 1; below = levels.at(-1)!)
    levels.push(
      Array.from({ length: Math.floor(below.length / 2) }, (_, i) => merkle.nodeHash(below[2 * i]!, below[2 * i + 1]!)),
    )
  const node: merkle.NodeReader = (level, index) => levels[level]![index]!
  const files = new Map<string, Uint8Array>()
  for (const tile of tilesWritten(0, size))
    files.set(
      tilePath(tile),
      tile.level < 0
        ? encodeEntries(leaves.slice(256 * tile.index, 256 * tile.index + tile.width))
        : encodeTile(tile, node),
    )
  const head = (n: number) => ({ origin: key.name, size: n, root: merkle.root(n, node), bucket: FIRST_BUCKET + n - 1 })
  const note = signCheckpoint(head(size), key.name, SEED, nativeEd25519)
  const lines = WITNESSES.map(({ name, seed }) => cosign(note, name, seed, 1_800_000_000, nativeEd25519))
  files.set(PATHS.checkpoint, concat(note, ...lines))
  const before = head(size - BATCHES)
  const known = { size: before.size, root: hex(before.root), bucket: before.bucket, note: base64(note) }
  return { files, known, batches: Array.from({ length: BATCHES }, (_, i) => file(size - BATCHES + i)) }
}

interface Times {
  readonly wall: number
  readonly cpu: number
}

/** Milliseconds of a run, wall and processor: the medians. */
async function median(work: () => unknown): Promise<Times> {
  const runs: Times[] = []
  for (let i = 0; i < RUNS; i++) {
    const [from, used] = [performance.now(), process.cpuUsage()]
    await work()
    const { user, system } = process.cpuUsage(used)
    runs.push({ wall: performance.now() - from, cpu: (user + system) / 1000 })
  }
  const middle = (pick: (one: Times) => number) => runs.map(pick).sort((a, b) => a - b)[(RUNS - 1) / 2]!
  return { wall: middle(one => one.wall), cpu: middle(one => one.cpu) }
}

const round = (ms: number): number => Number(ms.toFixed(2))

/** What a phone does to believe the batches of a day, one part after the other. */
async function parts(size: number, quorum: number) {
  const { files, known, batches } = log(size)
  const send = async ({ url }: { url: string }) => {
    const body = files.get(url)
    if (body === undefined) throw new Error(`${url} is not there`)
    return { status: 200, headers: new Map<string, string>(), body: concat(body) }
  }
  const witnesses = WITNESSES.slice(0, quorum).map(({ name, seed }) => ({
    name,
    publicKey: nativeEd25519.verifyKey(seed),
  }))
  const trust = { key, policy: { witnesses, quorum }, ed25519: signature.ed25519 }
  const fetched = () => fetchHead({ send }, "", trust, known, FIRST_BUCKET + size, never)
  const { leaves } = await fetched()
  const wanted = leaves.slice(-BATCHES)
  const hashed = () => batches.every((file, i) => equal(sha256(file), wanted[i]!.hash))
  if (!hashed()) throw new Error("the batches are not those of the leaves")
  const [head, hashing] = [await median(fetched), await median(hashed)]
  return { leaves: size, witnesses: quorum, verifies: 1 + quorum, head, hashing }
}

export const bench: Bench = {
  title: `A phone verifies head, consistency, inclusion and hash of ${BATCHES} batches of ${BATCH_BYTES} bytes; medians of ${RUNS}, ms`,
  async run() {
    const note = log(100).files.get(PATHS.checkpoint)!
    const body = note.subarray(0, 120)
    const signed = nativeEd25519.sign(body, SEED)
    const verify: Record<string, () => boolean> = {
      tweetnacl: () => signature.ed25519.verify(body, signed, key.publicKey),
      "@noble/curves": () => noble.verify(signed, body, key.publicKey, { zip215: false }),
      "node:crypto": () => nativeEd25519.verify(body, signed, key.publicKey),
    }
    const one: (string | number)[][] = []
    for (const [name, work] of Object.entries(verify)) {
      if (!work()) throw new Error(`${name} refuses a good signature`)
      for (let i = 0; i < 30; i++) work()
      const { wall, cpu } = await median(work)
      one.push([name, round(wall), round(cpu)])
    }
    const all: (string | number)[][] = []
    for (const [size, quorum] of [
      [168, 0],
      [1000, 0],
      [5000, 0],
      [5000, 1],
      [5000, 2],
    ] as const) {
      const { leaves, witnesses, verifies, head, hashing } = await parts(size, quorum)
      all.push([
        leaves,
        witnesses,
        verifies,
        round(head.wall),
        round(head.cpu),
        round(hashing.wall),
        round(hashing.cpu),
      ])
    }
    return [
      { title: "one signature of Ed25519", columns: ["library", "wall", "cpu"], rows: one },
      {
        title: "signatures, consistency, tiles and leaves by tweetnacl; then the hashes of the batches",
        columns: ["leaves", "witnesses", "signatures", "wall", "cpu", "hashes, wall", "hashes, cpu"],
        rows: all,
      },
    ]
  },
}
