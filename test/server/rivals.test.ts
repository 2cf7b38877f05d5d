import { expect } from "chai"
import { concat, equal, hex, merkle, sha256, time } from "../../src/crypto/index.ts"
import { LindungError, PATHS, parseLeaf, verifyCheckpoint } from "../../src/protocol/index.ts"
import type { RecordStore, ServerPorts, TreeStore } from "../../src/server/index.ts"
import { strongroom } from "../../src/server/opening.ts"
import { openPublisher, type Publisher } from "../../src/server/publisher.ts"
import { nodesOf } from "../crypto/trees.ts"
import {
  FIRST_BUCKET,
  memoryStores,
  native,
  noteKey,
  noWitnesses,
  publishedOf,
  type Running,
  random,
  sealer,
  secretsOf,
  serverConfig,
  type Written,
  write,
} from "./world.ts"

const config = serverConfig(["low-cost"])
const BATCH = PATHS.batch("low-cost", FIRST_BUCKET)
type Stores = ServerPorts["stores"]

const CHANGES = {
  records: ["begin", "append", "moveHead", "stage", "publish", "forget"],
  tree: ["write", "move", "remove"],
} as const

/** Every call of a store that changes something goes through `step`, with what it does. */
function through(stores: Stores, step: (name: string, change: () => Promise<void>) => Promise<void>): Stores {
  const wrap = <Store extends RecordStore | TreeStore>(store: Store, names: readonly string[]): Store =>
    new Proxy(store, {
      get(target, name) {
        const call = Reflect.get(target, name) as (...args: unknown[]) => Promise<void>
        if (!names.includes(String(name))) return call
        return (...args: unknown[]) => step(String(name), () => call.apply(target, args))
      },
    })
  return {
    ...stores,
    records: wrap(stores.records, CHANGES.records),
    tree: wrap(stores.tree, CHANGES.tree),
  }
}

const opened = (stores: Stores, now = time.bucketStart(FIRST_BUCKET + 1) + 1): Promise<Publisher> =>
  openPublisher(config, {
    clock: () => now,
    random,
    ...stores,
    ...native,
    strongroom: strongroom({ random, envelopes: stores.envelopes, ...native }),
    witnesses: noWitnesses,
  })

interface World {
  readonly stores: Stores
  readonly reports: readonly Written[]
  /** Every head that was put on record or shown, in that order. */
  readonly heads: Uint8Array[]
}

/** A publisher has begun, two phones have reported, and the bucket is closed. */
async function world(): Promise<World> {
  const plain = memoryStores()
  const heads: Uint8Array[] = []
  const note = (bytes: Uint8Array) => heads.push(new Uint8Array(bytes))
  const stores: Stores = {
    ...plain,
    records: { ...plain.records, moveHead: (from, to) => plain.records.moveHead(from, to).then(() => void note(to)) },
    tree: {
      ...plain.tree,
      async write(path, bytes) {
        await plain.tree.write(path, bytes)
        if (path === PATHS.checkpoint) note(bytes)
      },
    },
  }
  await opened(stores, time.bucketStart(FIRST_BUCKET) + 1)
  const at = { file: (path: string) => stores.tree.read(path) } as unknown as Running
  const seal = await sealer(at, FIRST_BUCKET, config.parameters[0]!, "low-cost")
  const reports = [0, 1].map(() => write("low-cost", FIRST_BUCKET, config.parameters[0]!))
  await stores.envelopes.append(FIRST_BUCKET, reports.map(seal.report))
  await stores.envelopes.seal(FIRST_BUCKET)
  return { stores, reports, heads }
}

const publishDue = async (publisher: Publisher): Promise<void> => {
  await publisher.resume()
  if (publisher.next === FIRST_BUCKET) await publisher.publish(FIRST_BUCKET)
}

/** One tree, one batch a bucket, and every report in it, whatever happened before. */
async function expectOneHistory({ stores, reports, heads }: World, what: string): Promise<void> {
  const leaves = await stores.records.leaves()
  const node = nodesOf(leaves.map(leaf => merkle.leafHash(leaf)))
  for (const note of heads) {
    const head = verifyCheckpoint(note, noteKey(config), native.ed25519)
    expect(head.size, what).to.be.at.most(leaves.length)
    expect(hex(merkle.root(head.size, node)), `${what}, head of ${head.size}`).to.equal(hex(head.root))
  }
  const shown = verifyCheckpoint(concat((await stores.tree.read(PATHS.checkpoint))!), noteKey(config), native.ed25519)
  expect(shown, what).to.include({ size: leaves.length, bucket: FIRST_BUCKET })
  const batches = leaves.map(parseLeaf).filter(({ type, bucket }) => type === "batch" && bucket === FIRST_BUCKET)
  expect(batches, what).to.have.length(1)
  const file = (await stores.tree.read(BATCH))!
  expect(equal(sha256(file), batches[0]!.hash), `${what}, the file is the one that was logged`).to.equal(true)
  for (const report of reports) expect(publishedOf(file, report), what).to.deep.equal(secretsOf(report))
  expect(await stores.tree.list("/staged/"), what).to.deep.equal([])
  expect(await stores.records.bucketKey(FIRST_BUCKET), what).to.equal(undefined)
  expect(await stores.envelopes.buckets(), what).to.deep.equal([])
}

/** How many calls change something while a bucket is published. */
async function countSteps(): Promise<number> {
  const at = await world()
  let steps = 0
  const counting = through(at.stores, (_, change) => {
    steps++
    return change()
  })
  await publishDue(await opened(counting))
  await expectOneHistory(at, "undisturbed")
  return steps
}

describe("publishing a bucket", () => {
  for (const moment of ["before", "after"] as const)
    it(`that a store stops ${moment} any of its changes is finished after a restart: one tree, no report lost`, async () => {
      const steps = await countSteps()
      expect(steps).to.be.greaterThan(10)
      for (let fatal = 1; fatal <= steps; fatal++) {
        const at = await world()
        let done = 0
        let name = ""
        const failing = through(at.stores, async (what, change) => {
          done++
          if (done > fatal) throw new Error("the process is dead")
          if (done < fatal || moment === "after") await change()
          if (done === fatal) {
            name = what
            throw new Error("the store failed")
          }
        })
        let failed = false
        try {
          await publishDue(await opened(failing))
        } catch {
          failed = true
        }
        expect(failed, `step ${fatal}`).to.equal(true)
        await publishDue(await opened(at.stores))
        await expectOneHistory(at, `${moment} step ${fatal}, ${name}`)
      }
    })

  it("by two publishers at once ends with one history, whichever is ahead: one wins, and the other stops", async () => {
    const steps = await countSteps()
    let stopped = 0
    for (let pause = 1; pause <= steps; pause++) {
      const at = await world()
      let done = 0
      let resume = (): void => {}
      let reached = (): void => {}
      const gate = new Promise<void>(open => {
        resume = open
      })
      const paused = new Promise<void>(arrived => {
        reached = arrived
      })
      const slow = through(at.stores, async (_, change) => {
        done++
        if (done === pause) {
          reached()
          await gate
        }
        await change()
      })
      const slowly = opened(slow)
        .then(publishDue)
        .then(
          () => undefined,
          error => error,
        )
      await paused
      const rival = await opened(at.stores)
        .then(publishDue)
        .then(
          () => undefined,
          error => error,
        )
      resume()
      const outcomes = [await slowly, rival]
      for (const error of outcomes.filter(one => one !== undefined)) {
        expect(error, `paused at step ${pause}: ${(error as Error).stack}`).to.be.instanceOf(LindungError)
        expect((error as LindungError).code, `paused at step ${pause}: ${(error as Error).message}`).to.equal("state")
        stopped++
      }
      expect(outcomes, `paused at step ${pause}`).to.include(undefined)
      await expectOneHistory(at, `paused at step ${pause}`)
    }
    expect(stopped).to.be.greaterThan(3)
  })
})
