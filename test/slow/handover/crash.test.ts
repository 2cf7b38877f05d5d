import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { auditDisk, type Canary } from "../../../src/audit/index.ts"
import { filesOf, inflate, rebuild } from "../../../src/cli/audit/seized.ts"
import { time, uniform } from "../../../src/crypto/index.ts"
import { commitment, spentTag } from "../../../src/protocol/index.ts"
import type { ServerPorts } from "../../../src/server/index.ts"
import { seeded } from "../../dice.ts"
import { bound, discard, scratch } from "../../handover/deployment.ts"
import { FIRST_BUCKET, fileStores, running, sealer, serverConfig, write } from "../../server/world.ts"

const CHILD = fileURLToPath(new URL("../../server/crash/child.js", import.meta.url))
const config = serverConfig(["low-cost"])
const parameters = config.parameters[0]!
/** How often a server is killed in each of its two kinds of work. */
const KILLS = 8
const DAYS = 15

type Mode = "upload" | "publish"

/** Runs a server that dies at a write. @returns its number of writes, when it did not */
function child(root: string, mode: Mode, fatal: number): number {
  const run = spawnSync(process.execPath, [CHILD, root, mode, String(fatal)], { encoding: "utf8" })
  if (run.signal !== "SIGKILL" && run.status !== 0) throw new Error(run.stderr)
  return Number(/^done (\d+)$/m.exec(run.stdout)?.[1] ?? 0)
}

const rootOf = (directory: string): string => join(directory, "data", "server")

interface Prepared {
  readonly directory: string
  readonly secrets: readonly Canary[]
  /** Of reports: published, and kept as tags until they are old. */
  readonly kept: readonly Canary[]
}

/** A deployment with two envelopes that are about to come. */
async function prepared(): Promise<Prepared> {
  const directory = scratch()
  mkdirSync(rootOf(directory), { recursive: true })
  const at = await running(config, await fileStores(rootOf(directory)))
  const seal = await sealer(at, FIRST_BUCKET, parameters, "low-cost")
  const secrets: Canary[] = []
  const kept: Canary[] = []
  for (const i of [0, 1]) {
    const written = write("low-cost", FIRST_BUCKET, parameters)
    const { report, token } = written
    const envelope = seal.report(written)
    writeFileSync(join(rootOf(directory), `envelope-${i}`), envelope)
    secrets.push(
      { name: `r ${i}`, bytes: report.r },
      { name: `token ${i}`, bytes: token.subarray(46) },
      { name: `commitment ${i}`, bytes: commitment(report) },
      { name: `envelope ${i}`, bytes: envelope.subarray(100, 132) },
    )
    kept.push({ name: `tag ${i}`, bytes: spentTag(report.r) })
    for (const slot of report.slots) {
      secrets.push({ name: `salt or leaf ${i}`, bytes: slot.revealed ? slot.bytes.slice(-16) : slot.leaf })
      if (slot.revealed) kept.push({ name: `secret ${i}`, bytes: slot.bytes.slice(0, 16) })
    }
  }
  await at.stop()
  return { directory, secrets, kept }
}

type Careless = (real: ServerPorts["stores"]) => ServerPorts["stores"]

/** The server starts again at a time, and does what is due. */
async function startAgain(directory: string, bucket: number, careless: Careless): Promise<void> {
  const stores = careless(await fileStores(rootOf(directory)))
  const at = await running(config, stores, time.bucketStart(bucket) + 2)
  await at.server.publishDue()
  await at.stop()
}

const foundIn = async (directory: string, canaries: readonly Canary[]): Promise<string[]> => {
  const { findings } = await auditDisk({ files: await filesOf(directory) }, { canaries, inflate, rebuild })
  return findings.map(({ code, where, what }) => `${code}: ${where} ${what}`)
}

/** Kills a server at writes drawn at random; what is found after it was started again, and after fifteen days. */
async function afterKills(mode: Mode, kills: number, careless: Careless = real => real): Promise<string[]> {
  const { directory, secrets, kept } = await prepared()
  const copy = scratch()
  const found: string[] = []
  const dice = seeded(mode.length)
  const again = (): void => {
    rmSync(copy, { recursive: true, force: true })
    cpSync(directory, copy, { recursive: true, preserveTimestamps: true })
  }
  try {
    if (mode === "publish") child(rootOf(directory), "upload", 0)
    again()
    const writes = child(rootOf(copy), mode, 0)
    expect(writes).to.be.greaterThan(20)
    for (let i = 0; i < kills; i++) {
      again()
      const fatal = 1 + uniform(dice, writes)
      child(rootOf(copy), mode, fatal)
      for (const name of ["probe", "envelope-0", "envelope-1"]) rmSync(join(rootOf(copy), name), { force: true })
      const note = (what: string[]) => found.push(...what.map(one => `${mode} ${fatal} of ${writes}: ${one}`))
      await startAgain(copy, FIRST_BUCKET + 1, careless)
      note(await foundIn(copy, secrets))
      await startAgain(copy, FIRST_BUCKET + 12 * DAYS, careless)
      note(await foundIn(copy, [...secrets, ...kept]))
    }
    return found
  } finally {
    discard(directory)
    discard(copy)
  }
}

describe("H14: kill -9", function () {
  this.timeout(600_000)

  for (const mode of ["upload", "publish"] as const)
    it(`at writes drawn at random (${mode}): after the next start nothing is left that must not be, and after fifteen days nothing at all`, async () => {
      expect(await afterKills(mode, KILLS)).to.deep.equal([])
    })

  const FORGETFUL: Record<string, Careless> = {
    "leaves the envelopes": real => ({
      ...real,
      envelopes: { ...bound(real.envelopes), remove: async () => undefined },
    }),
    "leaves the tags": real => ({
      ...real,
      records: { ...real.records, forget: what => real.records.forget({ ...what, tagsThrough: 0 }) },
    }),
  }
  for (const [name, careless] of Object.entries(FORGETFUL))
    it(`mutant: a server that ${name} of before when it starts again`, async () => {
      expect(await afterKills("publish", 1, careless)).to.not.deep.equal([])
    })
})
