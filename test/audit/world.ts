import { auditLog, type LogAudit, type LogReport, type TreeFiles } from "../../src/audit/index.ts"
import { merkle, time } from "../../src/crypto/index.ts"
import {
  type BatchHeader,
  type Checkpoint,
  type DesignName,
  defaultParameters,
  designByCode,
  encodeBatch,
  encodeEntries,
  encodeLeaf,
  encodeTile,
  type Leaf,
  type LeafType,
  leafOf,
  PATHS,
  type ParameterSet,
  parseBatch,
  parseEntries,
  parseLeaf,
  signCheckpoint,
  TILE_WIDTH,
  tilePath,
  tilesWritten,
  verifyCheckpoint,
} from "../../src/protocol/index.ts"
import { nativeEd25519, openKeyServer } from "../../src/server/index.ts"
import { FIRST_BUCKET, memoryStores, native, noteKey, random, serverConfig } from "../server/world.ts"

export const config = serverConfig()
const logKey = noteKey(config)

/** A static tree in memory, which a test changes as a dishonest server would. */
export class Tree {
  readonly files: Map<string, Uint8Array>
  /** Encoded leaves, to be changed and signed again. */
  leaves: Uint8Array[]
  head: Checkpoint
  now: number
  /** What the auditor is told beside. */
  options: Partial<LogAudit> = {}

  constructor(files: ReadonlyMap<string, Uint8Array>, now: number) {
    this.files = new Map(files)
    this.now = now
    this.head = verifyCheckpoint(this.file(PATHS.checkpoint), logKey, nativeEd25519)
    const { size } = this.head
    this.leaves = Array.from({ length: Math.ceil(size / TILE_WIDTH) }, (_, index) => {
      const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
      return parseEntries(this.file(tilePath({ level: -1, index, width })), width)
    }).flat()
  }

  copy(): Tree {
    return new Tree(this.files, this.now)
  }

  file(path: string): Uint8Array {
    const file = this.files.get(path)
    if (file === undefined) throw new Error(`there is no ${path}`)
    return file
  }

  /** Changes one byte of a file. */
  damage(path: string, at = 0): void {
    const file = new Uint8Array(this.file(path))
    file[at < 0 ? file.length + at : at]! ^= 1
    this.files.set(path, file)
  }

  /** Another signature of the head: another symbol of base 64, since any other bit could leave the alphabet. */
  missign(): void {
    const note = new Uint8Array(this.file(PATHS.checkpoint))
    const [A, B] = [0x41, 0x42]
    note[note.length - 10] = note.at(-10) === A ? B : A
    this.files.set(PATHS.checkpoint, note)
  }

  /** The first leaf of a type, from the end when `last`. */
  find(type: LeafType, last = false): number {
    const types = this.leaves.map(leaf => parseLeaf(leaf).type)
    return last ? types.lastIndexOf(type) : types.indexOf(type)
  }

  /** Logs something more; what is served is another matter. */
  log(type: LeafType, file: Uint8Array, bucket = this.head.bucket, design = 0): void {
    this.leaves.push(encodeLeaf(leafOf(type, bucket, design, file)))
  }

  /** The leaf and the path of a batch, counted from the newest: 0, 1 … */
  batch(age: number): { readonly at: number; readonly path: string; readonly leaf: Leaf } {
    const batches = this.leaves.flatMap((bytes, at) => (parseLeaf(bytes).type === "batch" ? [at] : []))
    const at = batches.at(-1 - age)!
    const leaf = parseLeaf(this.leaves[at]!)
    return { at, leaf, path: PATHS.batch(designByCode(leaf.design)!.name, leaf.bucket) }
  }

  /** Serves another file as a batch, and logs it in place of the one before. */
  replaceBatch(age: number, change: (file: Uint8Array) => Uint8Array): void {
    const { at, path, leaf } = this.batch(age)
    const file = change(this.file(path))
    this.files.set(path, file)
    this.leaves[at] = encodeLeaf(leafOf("batch", leaf.bucket, leaf.design, file))
  }

  /** The same with the batch's content; the rest of its header stays. */
  rewriteBatch(age: number, change: (secrets: Map<number, Uint8Array[]>) => void, header: Partial<BatchHeader> = {}) {
    this.replaceBatch(age, file => {
      const batch = parseBatch(file)
      if (batch.holds !== "secrets") throw new Error(`a ${batch.holds} holds no secrets`)
      const size = batch.design.secretBytes
      const secrets = new Map(
        batch.groups.map(({ slot, secrets }) => [
          slot,
          Array.from({ length: secrets.length / size }, (_, i) => secrets.slice(i * size, (i + 1) * size)),
        ]),
      )
      change(secrets)
      return encodeBatch({ ...batch, ...header }, secrets)
    })
  }

  /** Writes all tiles anew from the leaves, and signs the head over them: the server lies and is consistent. */
  sign(changes: Partial<Checkpoint> = {}): void {
    for (const path of [...this.files.keys()]) if (path.startsWith("/tile/")) this.files.delete(path)
    const levels: Uint8Array[][] = [this.leaves.map(merkle.leafHash)]
    for (let below = levels[0]!; below.length > 1; below = levels.at(-1)!)
      levels.push(
        Array.from({ length: below.length >> 1 }, (_, i) => merkle.nodeHash(below[2 * i]!, below[2 * i + 1]!)),
      )
    const node: merkle.NodeReader = (level, index) => levels[level]![index]!
    const size = this.leaves.length
    for (const tile of tilesWritten(0, size))
      this.files.set(
        tilePath(tile),
        tile.level < 0
          ? encodeEntries(this.leaves.slice(tile.index * TILE_WIDTH, tile.index * TILE_WIDTH + tile.width))
          : encodeTile(tile, node),
      )
    this.head = { ...this.head, size, root: merkle.root(size, node), ...changes }
    this.files.set(PATHS.checkpoint, signCheckpoint(this.head, config.logName, config.logSeed, nativeEd25519))
  }

  audit(): Promise<LogReport> {
    return auditLog({ files: filesOf(this.files), logKey, now: this.now, ed25519: nativeEd25519, ...this.options })
  }
}

const filesOf = (files: ReadonlyMap<string, Uint8Array>): TreeFiles => ({
  read: async (path, maxBytes) => files.get(path)?.subarray(0, maxBytes + 1),
})

/** What an honest key server has served after so many buckets, with reports from nobody. */
async function publish(designs: readonly DesignName[], buckets: number, changes: Partial<ParameterSet>): Promise<Tree> {
  const stores = memoryStores()
  const state = { now: time.bucketStart(FIRST_BUCKET) + 100 }
  const clock = () => state.now
  const parameters = [{ ...defaultParameters(FIRST_BUCKET, designs), ...changes }]
  const server = await openKeyServer(serverConfig(designs, { parameters }), { clock, random, stores, curves: native })
  for (let i = 0; i < buckets; i++) {
    state.now += 7200
    await server.publishDue()
  }
  const files = new Map<string, Uint8Array>()
  for (const path of await stores.tree.list("/")) files.set(path, new Uint8Array((await stores.tree.read(path))!))
  await server.close()
  return new Tree(files, state.now)
}

const published = new Map<string, Promise<Tree>>()

/** A fresh copy of a clean tree; the server runs once for each kind. */
export async function cleanTree(
  designs: readonly DesignName[],
  buckets: number,
  changes: Partial<ParameterSet> = {},
): Promise<Tree> {
  const name = `${designs.join()} ${buckets} ${JSON.stringify(changes)}`
  const tree = published.get(name) ?? publish(designs, buckets, changes)
  published.set(name, tree)
  return (await tree).copy()
}
