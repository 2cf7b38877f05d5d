import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import fc from "fast-check"
import { concat, merkle } from "../../src/crypto/index.ts"
import {
  ADD_CHECKPOINT_PATH,
  cosignatures,
  encodeAddCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  signCheckpoint,
  TLOG_SIZE_TYPE,
  verifyMisbehaviour,
} from "../../src/protocol/index.ts"
import { nativeEd25519 } from "../../src/server/index.ts"
import { fileHeads, type HeadStore, memoryHeads, openWitness, witnessApp } from "../../src/witness/index.ts"
import { nodesOf } from "../crypto/trees.ts"
import { bytesOf, tlog } from "../protocol/tlog-vectors.ts"

const NAME = "log.example/lindung"
const SEED = new Uint8Array(32).fill(1)
const OTHER_SEED = new Uint8Array(32).fill(2)
const log = { name: NAME, publicKey: nativeEd25519.verifyKey(SEED) }
const witnessSeed = new Uint8Array(32).fill(3)
const me = { name: "w.example", publicKey: nativeEd25519.verifyKey(witnessSeed) }

const leaves = (from: number) =>
  Array.from({ length: 60 }, (_, i) => merkle.leafHash(Uint8Array.of(i < from ? 0 : 1, i)))
const honest = nodesOf(leaves(60))
const forged = nodesOf(leaves(1))

const noteOf = (size: number, node = honest, bucket = size, seed = SEED, name = NAME) =>
  signCheckpoint({ origin: name, size, root: merkle.root(size, node), bucket }, name, seed, nativeEd25519)
const request = (oldSize: number, size: number, node = honest, note = noteOf(size, node)) =>
  encodeAddCheckpoint({ oldSize, proof: merkle.consistencyProof(oldSize, size, node), note })

const opened = (heads: HeadStore = memoryHeads(), logs = [log]) =>
  openWitness(
    { name: me.name, seed: witnessSeed, logs },
    { clock: () => 1_700_000_000.7, heads, ed25519: nativeEd25519 },
  )

describe("a witness", () => {
  const statusAfter = async (first: number, body: Uint8Array, heads: HeadStore = memoryHeads()) => {
    const witness = await opened(heads)
    if (first > 0) expect((await witness.addCheckpoint(request(0, first))).status).to.equal(200)
    return witness.addCheckpoint(body)
  }

  it("cosigns a first head, and each one that continues the last, at its own clock's second", async () => {
    const witness = await opened()
    let last = 0
    for (const size of [1, 2, 7, 32, 33, 60]) {
      const { status, body } = await witness.addCheckpoint(request(last, size))
      expect(status).to.equal(200)
      const [found] = cosignatures(concat(noteOf(size), body), [me], 1, nativeEd25519)
      expect(found).to.deep.equal({ witness: me, time: 1_700_000_000 })
      last = size
    }
  })

  it("cosigns the same head again, for a log that has lost the answer", async () => {
    expect((await statusAfter(9, request(9, 9))).status).to.equal(200)
  })

  it("tells its size to a log that has another one in mind", async () => {
    for (const body of [request(0, 12), request(8, 12), request(11, 12)]) {
      const answer = await statusAfter(9, body)
      expect([answer.status, answer.type, Buffer.from(answer.body).toString()]).to.deep.equal([
        409,
        TLOG_SIZE_TYPE,
        "9\n",
      ])
    }
  })

  it("answers as C2SP says to whatever it must not cosign", async () => {
    const unknown = noteOf(12, honest, 12, SEED, "other.example")
    const cases: [status: number, body: Uint8Array][] = [
      [404, encodeAddCheckpoint({ oldSize: 0, proof: [], note: unknown })],
      [403, encodeAddCheckpoint({ oldSize: 9, proof: [], note: noteOf(12, honest, 12, OTHER_SEED) })],
      [400, encodeAddCheckpoint({ oldSize: 13, proof: [], note: noteOf(12) })],
      [422, encodeAddCheckpoint({ oldSize: 9, proof: [], note: noteOf(12) })],
      [422, request(9, 12, forged)],
      [409, request(9, 9, forged)],
      [422, request(9, 12, honest, noteOf(12, honest, 8))],
      [400, bytesOf("old 9\n")],
      [400, bytesOf(tlog.c2sp.add_checkpoint.body)],
    ]
    for (const [status, body] of cases) expect((await statusAfter(9, body)).status, `${status}`).to.equal(status)
  })

  it("keeps the proof when the log contradicts what it has cosigned", async () => {
    const heads = memoryHeads()
    await statusAfter(9, request(9, 9, forged), heads)
    await statusAfter(0, request(9, 12, honest, noteOf(12, honest, 8)), heads)
    expect(heads.proofs.map(proof => verifyMisbehaviour(proof, nativeEd25519).kind)).to.deep.equal([
      "histories",
      "bucket",
    ])
  })

  it("signs nothing before the head is stored: a store that fails gets no signature out of it", async () => {
    const heads = memoryHeads()
    const failing: HeadStore = { ...heads, write: () => Promise.reject(new Error("no space")) }
    const answered = await (await opened(failing)).addCheckpoint(request(0, 5)).catch(error => error)
    expect(answered).to.be.instanceOf(Error)
    expect(await heads.read(NAME)).to.equal(undefined)
  })

  it("moves one head at a time, so that two requests at once do not roll it back", async () => {
    const witness = await opened()
    await witness.addCheckpoint(request(0, 5))
    const answers = await Promise.all([9, 20, 7].map(size => witness.addCheckpoint(request(5, size))))
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 409, 409])
  })

  it("follows a log to its next key, and each of several logs by itself", async () => {
    const second = { name: NAME, publicKey: nativeEd25519.verifyKey(OTHER_SEED) }
    const third = { name: "other.example", publicKey: log.publicKey }
    const witness = await opened(memoryHeads(), [log, second, third])
    expect((await witness.addCheckpoint(request(0, 5))).status).to.equal(200)
    const ofOther = noteOf(9, forged, 9, SEED, "other.example")
    expect(
      (await witness.addCheckpoint(encodeAddCheckpoint({ oldSize: 0, proof: [], note: ofOther }))).status,
    ).to.equal(200)
    const byNext = noteOf(9, honest, 9, OTHER_SEED)
    expect((await witness.addCheckpoint(request(5, 9, honest, byNext))).status).to.equal(200)
  })

  describe("over files", () => {
    let directory = ""
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "lindung-witness-"))
    })
    afterEach(() => rmSync(directory, { recursive: true }))

    it("knows after a restart what it has cosigned, and keeps proofs beside it", async () => {
      await (await opened(await fileHeads(directory))).addCheckpoint(request(0, 9))
      const again = await opened(await fileHeads(directory))
      expect((await again.addCheckpoint(request(0, 12))).status).to.equal(409)
      expect((await again.addCheckpoint(request(9, 9, forged))).status).to.equal(409)
      expect((await again.addCheckpoint(request(9, 12))).status).to.equal(200)
      expect(readdirSync(join(directory, "proofs"))).to.have.length(1)
      expect(readdirSync(join(directory, "heads"))).to.have.length(1)
    })

    it("does not start over a head that is damaged, since it might sign another", async () => {
      await (await opened(await fileHeads(directory))).addCheckpoint(request(0, 9))
      const [name = ""] = readdirSync(join(directory, "heads"))
      writeFileSync(join(directory, "heads", name), "not a note")
      expect(await opened(await fileHeads(directory)).catch(error => error)).to.include({ code: "storage-corrupt" })
    })
  })

  it("behind HTTP answers every body, hostile ones too, and stays up", async () => {
    const failures: unknown[] = []
    const server = createServer(witnessApp(await opened(), error => failures.push(error)))
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const post = (body: Uint8Array, path = ADD_CHECKPOINT_PATH) =>
      fetch(url + path, { method: "POST", body: new Uint8Array(body) })
    try {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async body => {
          expect((await post(body)).status).to.equal(400)
        }),
        { numRuns: 20 },
      )
      expect((await post(new Uint8Array(MAX_ADD_CHECKPOINT_BYTES + 1))).status).to.equal(413)
      expect((await post(request(0, 5), "/other")).status).to.equal(404)
      const good = await post(request(0, 5))
      expect(good.status).to.equal(200)
      const line = new Uint8Array(await good.arrayBuffer())
      expect(cosignatures(concat(noteOf(5), line), [me], 1, nativeEd25519)).to.have.length(1)
      const conflict = await post(request(0, 9))
      expect([conflict.status, conflict.headers.get("content-type"), await conflict.text()]).to.deep.equal([
        409,
        TLOG_SIZE_TYPE,
        "5\n",
      ])
      expect(failures).to.deep.equal([])
    } finally {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  })
})
