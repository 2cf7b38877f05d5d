import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { expect } from "chai"
import { hex, time } from "../../src/crypto/index.ts"
import { commitment, PATHS } from "../../src/protocol/index.ts"
import { FIRST_BUCKET, fileStores, type Running, running, sealer, serverConfig, write } from "./world.ts"

const config = serverConfig()
const parameters = config.parameters[0]!
const ADDRESS = "127.77.66.55"
const FORWARDED = "198.51.100.23"
const AGENT = "canary-agent/1.0"

interface Seen {
  readonly bytes: Buffer
  readonly mtimeMs: number
}

/** Every file and directory of a deployment. */
async function snapshot(directory: string): Promise<Map<string, Seen>> {
  const found = new Map<string, Seen>()
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const { mtimeMs } = await stat(path)
    found.set(relative(directory, path), { bytes: entry.isFile() ? await readFile(path) : Buffer.alloc(0), mtimeMs })
  }
  return found
}

/** An upload from an address of its own, with everything in its headers that a careless server might keep. */
function postFrom(at: Running, body: Uint8Array): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/octet-stream",
      "content-length": body.length,
      "user-agent": AGENT,
      "x-forwarded-for": FORWARDED,
    }
    request(`${at.url}/v1/uploads`, { method: "POST", localAddress: ADDRESS, headers }, answer => {
      answer.resume().on("end", () => resolve(answer.statusCode))
    })
      .on("error", reject)
      .end(body)
  })
}

const spellings = (bytes: Uint8Array): Buffer[] => {
  const raw = Buffer.from(bytes)
  return [raw, Buffer.from(raw.toString("hex")), Buffer.from(raw.toString("base64").replace(/=+$/, "").slice(0, -1))]
}

function whereIs(bytes: Uint8Array, files: ReadonlyMap<string, Seen>): string[] {
  const wanted = spellings(bytes)
  return [...files].filter(([, file]) => wanted.some(form => file.bytes.includes(form))).map(([path]) => path)
}

describe("what the server's files give away", () => {
  const report = write("hybrid", FIRST_BUCKET, parameters)
  const events: string[] = []
  let envelopes: Uint8Array[] = []
  let directory = ""
  let begun: Map<string, Seen>
  let open: Map<string, Seen>
  let closed: Map<string, Seen>

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "lindung-leaks-"))
    const at = await running({ ...config, proxies: 1, uploadsPerMinute: 100 }, await fileStores(directory))
    const seal = await sealer(at, FIRST_BUCKET, parameters)
    envelopes = [seal.cover(), seal.report(report), seal.cover(), seal.cover()]
    begun = await snapshot(directory)
    for (const envelope of envelopes) expect(await postFrom(at, envelope)).to.equal(202)
    expect(await postFrom(at, new Uint8Array(7))).to.equal(400)
    open = await snapshot(directory)
    at.now = time.bucketStart(FIRST_BUCKET + 1) + 1
    await at.server.publishDue()
    closed = await snapshot(directory)
    events.push(...at.events.map(event => JSON.stringify(event)))
    await at.stop()
  })
  after(() => rm(directory, { recursive: true, force: true }))

  it("while a bucket is open, nothing changes but its segment, which holds the envelopes and nothing else", () => {
    const changed = [...open].filter(([path, seen]) => {
      const was = begun.get(path)
      return was === undefined || !was.bytes.equals(seen.bytes) || was.mtimeMs !== seen.mtimeMs
    })
    expect(changed.map(([path]) => path)).to.deep.equal([`envelopes/${FIRST_BUCKET}/1.seg`])
    const [, segment] = changed[0]!
    expect(segment.mtimeMs).to.equal(1000 * time.bucketStart(FIRST_BUCKET))
    const HEAD_BYTES = 8
    expect(segment.bytes.length).to.equal(envelopes.reduce((sum, { length }) => sum + HEAD_BYTES + length, 0))
    for (const envelope of envelopes) expect(segment.bytes.includes(Buffer.from(envelope))).to.equal(true)
  })

  it("no address, forwarded address or user agent is in a file, a file's name or an event, at any time", () => {
    const raw = (address: string) => Uint8Array.from(address.split("."), Number)
    for (const files of [begun, open, closed])
      for (const canary of [ADDRESS, FORWARDED, AGENT]) {
        expect(whereIs(Buffer.from(canary), files), canary).to.deep.equal([])
        expect([...files.keys(), ...events].join(" ")).to.not.include(canary)
      }
    for (const address of [ADDRESS, FORWARDED]) expect(whereIs(raw(address), closed), address).to.deep.equal([])
  })

  it("after publishing, nothing that was uploaded is left but what the batch reveals", () => {
    const batch = join("public", PATHS.batch("hybrid", FIRST_BUCKET).slice(1))
    const { r, slots } = report.report
    const mustBeGone: Uint8Array[] = [r, report.token, report.token.subarray(46), commitment(report.report)]
    for (const slot of slots) mustBeGone.push(slot.revealed ? slot.bytes.subarray(16) : slot.leaf)
    for (const envelope of envelopes)
      for (let i = 5; i + 32 <= envelope.length; i += 600) mustBeGone.push(envelope.subarray(i, i + 32))
    for (const gone of mustBeGone) expect(whereIs(gone, closed)).to.deep.equal([])
    for (const slot of slots)
      if (slot.revealed) expect(whereIs(slot.bytes.subarray(0, 16), closed)).to.deep.equal([batch])
    expect([...closed.keys()].filter(path => path.startsWith(`envelopes/${FIRST_BUCKET}`)).join()).to.match(
      new RegExp(`^(envelopes/${FIRST_BUCKET + 1}.*)?$`),
    )
  })

  it("events say how many envelopes a bucket had, not how many reports", () => {
    expect(events).to.have.length(1)
    const event = JSON.parse(events[0]!)
    expect(Object.keys(event)).to.have.members(["event", "bucket", "envelopes", "lost", "dropped", "batches"])
    expect(events.join()).to.not.include(hex(report.report.r))
  })
})
