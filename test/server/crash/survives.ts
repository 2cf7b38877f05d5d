import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { hex, sha256, time } from "../../../src/crypto/index.ts"
import { PATHS, parseBatch, type SecretBatch } from "../../../src/protocol/index.ts"
import { FIRST_BUCKET, fileStores, running, sealer, secretsOf, serverConfig, type Written, write } from "../world.ts"

const CHILD = fileURLToPath(new URL("child.js", import.meta.url))
const config = serverConfig(["low-cost"])
const BATCH = PATHS.batch("low-cost", FIRST_BUCKET)

/** @returns what the child said before it was killed or done */
function child(directory: string, mode: "upload" | "publish", fatal: number): { lines: string[]; killed: boolean } {
  const run = spawnSync(process.execPath, [CHILD, directory, mode, String(fatal)], { encoding: "utf8" })
  if (run.signal !== "SIGKILL" && run.status !== 0) throw new Error(`the child failed:\n${run.stderr}`)
  return { lines: run.stdout.split("\n"), killed: run.signal === "SIGKILL" }
}

const writesOf = (lines: readonly string[]): number => Number(lines.find(line => line.startsWith("done "))?.slice(5))

interface Prepared {
  readonly directory: string
  readonly reports: readonly Written[]
}

/** A deployment that has begun, and two reports sealed for it. */
async function prepared(): Promise<Prepared> {
  const directory = mkdtempSync(join(tmpdir(), "lindung-crash-"))
  const at = await running(config, await fileStores(directory))
  const seal = await sealer(at, FIRST_BUCKET, config.parameters[0]!, "low-cost")
  const reports = [0, 1].map(() => write("low-cost", FIRST_BUCKET, config.parameters[0]!))
  reports.forEach((report, i) => {
    writeFileSync(join(directory, `envelope-${i}`), seal.report(report))
  })
  await at.stop()
  return { directory, reports }
}

async function publishedIn(directory: string): Promise<{ secrets: string[]; file: Uint8Array }> {
  const at = await running(config, await fileStores(directory), time.bucketStart(FIRST_BUCKET + 1) + 2)
  try {
    await at.server.publishDue()
    const file = await at.file(BATCH)
    const { groups } = parseBatch(file) as SecretBatch
    const secrets = groups.flatMap(({ secrets: all }) =>
      Array.from({ length: all.length / 32 }, (_, i) => hex(all.subarray(32 * i, 32 * i + 32))),
    )
    return { secrets, file }
  } finally {
    await at.stop()
  }
}

async function withCopy(of: string, test: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "lindung-crash-"))
  try {
    cpSync(of, directory, { recursive: true, preserveTimestamps: true })
    await test(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Numbers from `last` down to 1: all of them, or only every so manieth. */
const points = (last: number, step: number): number[] =>
  Array.from({ length: Math.ceil(last / step) }, (_, i) => last - i * step)

/** By how many writes two runs with the same uploads may differ. */
const FEWER_WRITES = 20

/** Kills a server that takes uploads at its writes, restarts it, and looks for what it had acknowledged. */
export async function acknowledgedUploadsSurvive(step: (writes: number) => number): Promise<void> {
  const { directory, reports } = await prepared()
  try {
    let writes = 0
    await withCopy(directory, async copy => {
      writes = writesOf(child(copy, "upload", 0).lines)
    })
    expect(writes).to.be.greaterThan(20)
    let acknowledged = 0
    for (const fatal of points(writes, step(writes)))
      await withCopy(directory, async copy => {
        const { lines, killed } = child(copy, "upload", fatal)
        // An envelope's place is drawn at random, and the last place takes fewer writes than one in between.
        if (!killed) expect(fatal, `${writes} writes`).to.be.greaterThan(writes - FEWER_WRITES)
        const { secrets } = await publishedIn(copy)
        for (const [i, report] of reports.entries()) {
          if (!lines.includes(`answered ${i}`)) continue
          acknowledged++
          expect(secrets, `upload ${i}, killed at write ${fatal}`).to.include.members(secretsOf(report))
        }
      })
    expect(acknowledged).to.be.greaterThan(0)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Kills a publisher at its writes, and compares what anybody could see of the bucket's batch before and after. */
export async function oneBatchIsEverSeen(step: (writes: number) => number): Promise<void> {
  const { directory, reports } = await prepared()
  try {
    child(directory, "upload", 0)
    let writes = 0
    await withCopy(directory, async copy => {
      writes = writesOf(child(copy, "publish", 0).lines)
    })
    expect(writes).to.be.greaterThan(50)
    let seenBefore = 0
    for (const fatal of points(writes, step(writes)))
      await withCopy(directory, async copy => {
        expect(child(copy, "publish", fatal).killed, `write ${fatal} of ${writes}`).to.equal(true)
        // What a file server would have given out when the process died.
        const { tree } = await fileStores(copy).then(async stores => {
          await stores.records.close()
          return stores
        })
        const before = await tree.read(BATCH)
        const { secrets, file } = await publishedIn(copy)
        expect(secrets, `killed at write ${fatal}`).to.include.members(reports.flatMap(secretsOf))
        if (before !== undefined) {
          seenBefore++
          expect(hex(sha256(before)), `killed at write ${fatal}`).to.equal(hex(sha256(file)))
        }
        const again = await publishedIn(copy)
        expect(hex(sha256(again.file))).to.equal(hex(sha256(file)))
        const { envelopes, records } = await fileStores(copy)
        expect(await envelopes.buckets()).to.not.include(FIRST_BUCKET)
        expect(await records.bucketKey(FIRST_BUCKET)).to.equal(undefined)
        await records.close()
        await envelopes.close()
        expect(await tree.list("/staged/")).to.deep.equal([])
      })
    if (step(writes) === 1) expect(seenBefore).to.be.greaterThan(0)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
