import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { open, readFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { parseEnv } from "node:util"
import { expect } from "chai"
import { auditDisk, type Canary, type MemoryImage } from "../../../src/audit/index.ts"
import { filesOf, inflate, rebuild } from "../../../src/cli/audit/seized.ts"
import { initDeployment } from "../../../src/cli/init.ts"
import { fromHex, time } from "../../../src/crypto/index.ts"
import {
  commitment,
  designByName,
  INGEST_KEYS_BYTES,
  ingestKeyFor,
  PATHS,
  parseIngestKeys,
  parseParameters,
  sealCover,
  sealReport,
} from "../../../src/protocol/index.ts"
import { discard, scratch } from "../../handover/deployment.ts"
import { native, publishedOf, random, type Written, write } from "../../server/world.ts"

const path = (name: string): string => new URL(name, import.meta.url).pathname
const MAIN = path("../../../src/cli/main.js")
const CLOCK = path("../../handover/clock.js")
const CARELESS = path("../../handover/careless-publisher.js")
const REPORTS = 40
const COVERS = 40
const anyPort = "127.0.0.1:0"

interface Program {
  readonly child: ChildProcess
  readonly lines: string[]
  port: number
}

/** Everything a process could have written a secret to. */
const memoryOf = (name: string, pid: number): MemoryImage => ({
  name,
  async *chunks() {
    const maps = await readFile(`/proc/${pid}/maps`, "latin1")
    const memory = await open(`/proc/${pid}/mem`, "r")
    try {
      for (const line of maps.split("\n")) {
        const [, from = "", to = ""] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
        if (from === "") continue
        const end = Number.parseInt(to, 16)
        for (let at = Number.parseInt(from, 16); at < end; at += 2 ** 24) {
          const piece = Buffer.alloc(Math.min(2 ** 24, end - at))
          const { bytesRead } = await memory.read(piece, 0, piece.length, at).catch(() => ({ bytesRead: 0 }))
          yield new Uint8Array(piece.subarray(0, bytesRead))
        }
      }
    } finally {
      await memory.close()
    }
  },
})

/** Two real programs over one deployment, on a clock that is set by hand, and forty reports among eighty envelopes. */
class Pair {
  readonly directory = scratch()
  readonly canaries: Canary[] = []
  readonly written: Written[] = []
  bucket = 0
  #ahead = 0
  readonly #clock = join(this.directory, "..", `${this.directory.split("/").at(-1)}.clock`)
  ingest!: Program
  publisher!: Program
  readonly #users: readonly [number, number] | undefined

  constructor(users?: readonly [number, number]) {
    this.#users = users
  }

  async start(careless = false): Promise<void> {
    writeFileSync(this.#clock, "0", { mode: 0o644 })
    const deployment = {
      url: "http://log.test",
      authorityUrl: "http://authority.test",
      listen: anyPort,
      authorityListen: anyPort,
      publisherListen: anyPort,
      design: "hybrid",
      preset: "dp3t-exposure-score",
      mechanism: "simple",
      uploadsPerMinute: 0,
      proxies: 0,
    } as const
    await initDeployment(this.directory, deployment, { random, now: Date.now() / 1000 })
    if (this.#users !== undefined) this.#separate(this.#users)
    const [ingestUser, publisherUser] = this.#users ?? []
    this.publisher = await this.#run(
      careless ? [CARELESS, this.directory] : [MAIN, "serve", this.directory, "publisher"],
      publisherUser,
    )
    this.ingest = await this.#run([MAIN, "serve", this.directory, "ingest"], ingestUser)
  }

  /** As docs/operating.md has it. */
  #separate([ingest, publisher]: readonly [number, number]): void {
    const at = (...names: string[]) => join(this.directory, ...names)
    for (const name of [".", "data", join("data", "server")]) chmodSync(at(name), 0o755)
    mkdirSync(at("data", "server", "envelopes"))
    chownSync(at("data", "server", "envelopes"), ingest, GROUP)
    chmodSync(at("data", "server", "envelopes"), 0o2770)
    for (const [name, mode] of [
      ["publisher", 0o700],
      ["public", 0o755],
    ] as const) {
      mkdirSync(at("data", "server", name))
      chownSync(at("data", "server", name), publisher, GROUP)
      chmodSync(at("data", "server", name), mode)
    }
    chmodSync(at("secrets"), 0o711)
    chownSync(at("secrets", "ingest.env"), ingest, GROUP)
    chownSync(at("secrets", "publisher.env"), publisher, GROUP)
  }

  async #run(argv: readonly string[], user?: number): Promise<Program> {
    const child = spawn(process.execPath, ["--import", CLOCK, ...argv], {
      env: { ...process.env, HANDOVER_CLOCK: this.#clock },
      stdio: ["ignore", "pipe", "inherit"],
      ...(user === undefined ? {} : { uid: user, gid: GROUP }),
    })
    const lines: string[] = []
    const output = createInterface(child.stdout!)
    output.on("line", line => lines.push(line))
    await Promise.race([once(output, "line"), once(child, "exit")])
    if (lines.length === 0) throw new Error(`${argv.join(" ")} did not start`)
    return { child, lines, port: JSON.parse(lines[0]!).port }
  }

  async get(name: string): Promise<Uint8Array> {
    const answer = await fetch(`http://127.0.0.1:${this.ingest.port}${name}`)
    expect(answer.status, name).to.equal(200)
    return new Uint8Array(await answer.arrayBuffer())
  }

  async upload(): Promise<void> {
    const parameters = parseParameters(await this.get(PATHS.parameters))
    const lists = await this.get(PATHS.ingestKeys)
    this.bucket = time.bucket(Date.now() / 1000 + this.#ahead)
    const list = parseIngestKeys(lists.subarray(0, INGEST_KEYS_BYTES))
    const design = designByName("hybrid")!
    const to = {
      design,
      bucket: this.bucket,
      parameters,
      publicKey: ingestKeyFor(list, this.bucket)!,
      random,
      curve: native.x25519,
    }
    const settings = parseEnv(readFileSync(join(this.directory, "secrets", "authority.env"), "utf8"))
    const seed = fromHex(settings["LINDUNG_AUTHORITY_SIGNING_SEED"]!)
    for (let i = 0; i < REPORTS + COVERS; i++) {
      let body = sealCover(to)
      if (i % 2 === 0) {
        const one = write("hybrid", this.bucket, parameters, { seed })
        this.written.push(one)
        body = sealReport(one.report, one.token, to)
        const name = `report ${this.written.length}`
        this.canaries.push(
          { name: `r of ${name}`, bytes: one.report.r },
          { name: `token of ${name}`, bytes: one.token.subarray(46) },
        )
        this.canaries.push({ name: `commitment of ${name}`, bytes: commitment(one.report) })
        for (const slot of one.report.slots.slice(-30))
          this.canaries.push({ name: `slot of ${name}`, bytes: slot.revealed ? slot.bytes.subarray(16) : slot.leaf })
      }
      const headers = { "content-type": "application/octet-stream" }
      const answer = await fetch(`http://127.0.0.1:${this.ingest.port}/v1/uploads`, { method: "POST", body, headers })
      expect(answer.status).to.equal(202)
    }
  }

  /** Ends the bucket and waits until it is published. */
  async close(): Promise<void> {
    this.#ahead += time.SECONDS_PER_BUCKET
    writeFileSync(this.#clock, String(this.#ahead))
    for (let i = 0; i < 600; i++) {
      if (this.publisher.lines.some(line => line.includes('"published"'))) return
      await sleep(100)
    }
    throw new Error(`not published: ${[...this.ingest.lines, ...this.publisher.lines].join("\n")}`)
  }

  memory(): MemoryImage[] {
    return [memoryOf("ingest", this.ingest.child.pid!), memoryOf("publisher", this.publisher.child.pid!)]
  }

  stop(): void {
    for (const program of [this.ingest, this.publisher]) program?.child.kill("SIGKILL")
    discard(this.directory)
    discard(this.#clock)
  }
}

const GROUP = 54_321
const isRoot = process.getuid?.() === 0

async function found(careless: boolean): Promise<{ codes: string[]; planted: number; disks: string[] }> {
  const pair = new Pair()
  try {
    await pair.start(careless)
    await pair.upload()
    await pair.close()
    const batch = await pair.get(PATHS.batch("hybrid", pair.bucket))
    for (const one of pair.written) expect(publishedOf(batch, one)).to.not.have.length(0)
    const { findings } = await auditDisk({ files: [], memory: pair.memory() }, { canaries: pair.canaries })
    const files = (await filesOf(pair.directory)).filter(file => !/-(shm|wal)$/.test(file.path))
    const disks = await auditDisk({ files }, { canaries: pair.canaries, inflate, rebuild })
    return {
      codes: findings.map(({ code, where, what }) => `${where}: ${code} ${what}`),
      planted: pair.canaries.length,
      disks: disks.findings.map(({ code, where }) => `${code} ${where}`),
    }
  } finally {
    pair.stop()
  }
}

describe("ingest and publisher as real programs", function () {
  this.timeout(120_000)

  it("H11: after the bucket neither memory nor disks have one of a thousand planted secrets", async () => {
    const { codes, planted, disks } = await found(false)
    expect(planted).to.be.greaterThan(1000)
    expect(codes).to.deep.equal([])
    expect(disks).to.deep.equal([])
  })

  it("H11, mutant: a publisher that opens envelopes in its own process still has them", async () => {
    expect((await found(true)).codes).to.not.deep.equal([])
  })

  it("run as two users, of whom ingest cannot read the publisher's keys", async function () {
    if (!isRoot) {
      console.log("    skipped: only root can start programs as other users")
      this.skip()
    }
    const pair = new Pair([54_322, 54_323])
    try {
      await pair.start()
      await pair.upload()
      await pair.close()
      const batch = await pair.get(PATHS.batch("hybrid", pair.bucket))
      for (const one of pair.written) expect(publishedOf(batch, one)).to.not.have.length(0)
      for (const name of ["secrets/publisher.env", "data/server/publisher/records.sqlite"]) {
        const script = `require("fs").readFileSync(${JSON.stringify(join(pair.directory, name))})`
        const reader = spawn(process.execPath, ["-e", script], { uid: 54_322, gid: GROUP, stdio: "ignore" })
        expect((await once(reader, "exit"))[0], name).to.not.equal(0)
      }
    } finally {
      pair.stop()
    }
  })
})
