import { expect } from "chai"
import { concat, signature, time } from "../../src/crypto/index.ts"
import { cosignatures, PATHS, verifyCheckpoint } from "../../src/protocol/index.ts"
import {
  type AskWitness,
  inProcess,
  openKeyServer,
  type ServerEvent,
  type ServerPorts,
} from "../../src/server/index.ts"
import { memoryHeads, openWitness } from "../../src/witness/index.ts"
import { FIRST_BUCKET, memoryStores, native, noteKey, random, serverConfig } from "./world.ts"

const names = ["w0", "w1", "w2"]
const seeds = names.map((_, i) => new Uint8Array(32).fill(50 + i))
const keys = names.map((name, i) => ({ name, publicKey: signature.ed25519.verifyKey(seeds[i]!) }))

/** A key server and three witnesses, of which those in `down` do not answer. */
async function deployment(quorum: number) {
  const config = serverConfig(["hybrid"], {
    witnesses: keys.map(key => ({ key, url: `https://${key.name}.example` })),
    witnessQuorum: quorum,
  })
  const heads = names.map(() => memoryHeads())
  const witnesses = await Promise.all(
    names.map((name, i) =>
      openWitness(
        { name, seed: seeds[i]!, logs: [noteKey(config)] },
        { clock: () => 1_800_000_000, heads: heads[i]!, ed25519: native.ed25519 },
      ),
    ),
  )
  const down = new Set<number>()
  const askWitness: AskWitness = async (url, body) => {
    const i = names.findIndex(name => url === `https://${name}.example`)
    if (down.has(i)) throw new Error("no route to host")
    return witnesses[i]!.addCheckpoint(body)
  }
  const clock = { now: time.bucketStart(FIRST_BUCKET) + 1 }
  const events: ServerEvent[] = []
  const open = (stores: ServerPorts["stores"]) =>
    openKeyServer(config, {
      clock: () => clock.now,
      random,
      stores,
      curves: native,
      log: event => events.push(event),
      askWitness,
    })
  const shown = async ({ tree }: ServerPorts["stores"]) => {
    const note = await tree.read(PATHS.checkpoint)
    if (note === undefined) return undefined
    const { bucket } = verifyCheckpoint(concat(note), noteKey(config), native.ed25519)
    const signers = cosignatures(concat(note), keys, 3, native.ed25519).map(({ witness }) => witness.name)
    return { bucket, signers }
  }
  return { open, shown, down, clock, events }
}

const closed = async (
  at: Awaited<ReturnType<typeof deployment>>,
  server: { publishDue(): Promise<number> },
  n: number,
) => {
  at.clock.now = time.bucketStart(FIRST_BUCKET + n) + 1
  return server.publishDue().then(
    () => "published",
    error => error.code,
  )
}

describe("a key server with witnesses", () => {
  it("shows heads that all of them have cosigned, and consistency is proved to each from where it was", async () => {
    const at = await deployment(3)
    const stores = memoryStores()
    const server = await at.open(stores)
    for (let n = 1; n <= 3; n++) {
      expect(await closed(at, server, n)).to.equal("published")
      expect(await at.shown(stores)).to.deep.equal({ bucket: FIRST_BUCKET + n - 1, signers: names })
    }
  })

  it("goes on without one that is down as long as the quorum is met, says so, and takes it back when it is there", async () => {
    const at = await deployment(2)
    const stores = memoryStores()
    const server = await at.open(stores)
    at.down.add(1)
    expect(await closed(at, server, 1)).to.equal("published")
    expect(await at.shown(stores)).to.deep.equal({ bucket: FIRST_BUCKET, signers: ["w0", "w2"] })
    expect(at.events.filter(({ event }) => event === "witness-missing")).to.have.length(1)
    at.down.clear()
    expect(await closed(at, server, 2)).to.equal("published")
    expect((await at.shown(stores))?.signers).to.deep.equal(names)
  })

  it("keeps the head before while too few sign, takes uploads all the same, and catches up without losing a bucket", async () => {
    const at = await deployment(2)
    const stores = memoryStores()
    at.down.add(0).add(1)
    const server = await at.open(stores)
    expect(await at.shown(stores)).to.equal(undefined)
    expect(await stores.tree.read(PATHS.ingestKeys)).to.not.equal(undefined)
    expect(await closed(at, server, 1)).to.equal("not-witnessed")
    expect(await closed(at, server, 3)).to.equal("not-witnessed")
    expect(await at.shown(stores)).to.equal(undefined)
    at.down.delete(0)
    expect(await closed(at, server, 3)).to.equal("published")
    expect(await at.shown(stores)).to.deep.equal({ bucket: FIRST_BUCKET + 2, signers: ["w0", "w2"] })
    const told = at.events.flatMap(event => (event.event === "published" ? [event.bucket - FIRST_BUCKET] : []))
    expect(told, "each bucket, also the one that waited, once").to.deep.equal([0, 1, 2])
    const { body } = await inProcess(server.handler)({ method: "GET", path: "/metrics", headers: {} })
    expect(Buffer.from(body).toString()).to.include(`lindung_published_bucket ${FIRST_BUCKET + 2}\n`)
  })

  it("tells of a bucket, and of what the store has lost of it, after it died between publishing and its witnesses", async () => {
    const at = await deployment(1)
    const stores = memoryStores()
    const server = await at.open(stores)
    at.down.add(0).add(1).add(2)
    await stores.envelopes.append(FIRST_BUCKET, [new Uint8Array(10), new Uint8Array(10)])
    expect(await closed(at, server, 1)).to.equal("not-witnessed")
    at.down.clear()
    const again = await at.open({ ...stores, envelopes: { ...stores.envelopes, count: async () => 1 } })
    expect(at.events.filter(({ event }) => event === "published")).to.deep.equal([])
    expect(await closed(at, again, 1)).to.equal("published")
    const [told, ...more] = at.events.filter(({ event }) => event === "published")
    expect(told).to.deep.include({ bucket: FIRST_BUCKET, envelopes: 1, lost: 1 })
    expect(told).to.not.have.property("dropped")
    expect(more).to.deep.equal([])
  })

  it("restored with its tree from an older copy cannot go on: the witnesses have seen more", async () => {
    const at = await deployment(2)
    const first = await at.open(memoryStores())
    expect(await closed(at, first, 1)).to.equal("published")
    at.clock.now = time.bucketStart(FIRST_BUCKET) + 1
    const stores = memoryStores()
    const restored = await at.open(stores)
    expect(await closed(at, restored, 1)).to.equal("not-witnessed")
    expect(await at.shown(stores)).to.equal(undefined)
  })
})
