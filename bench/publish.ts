import { spawnSync } from "node:child_process"
import { cpSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { progressBar } from "../src/cli/output.ts"
import { time } from "../src/crypto/index.ts"
import {
  commitment,
  designByName,
  envelopeBytes,
  firstSlot,
  ingestKeyFor,
  PATHS,
  parseBatch,
  parseIngestKeys,
  type Report,
  redact,
  sealCover,
  sealReport,
  signToken,
  slotBytes,
  slotCount,
} from "../src/protocol/index.ts"
import { fileTree, nativeEd25519, nativeX25519, openKeyServer } from "../src/server/index.ts"
import { rounds } from "./rounds.ts"
import type { Bench } from "./run.ts"
import { authoritySeed, BUCKET, config, filePorts, freshDirectory, parameters, random } from "./serve/deployment.ts"

const ENVELOPES = 100_000
const REPORT_SHARE = 0.01
const RUNS = rounds(3)
const GATHERING = 500

const design = designByName("hybrid")!
const today = time.day(time.bucketStart(BUCKET))

/** A report that reveals its first hundred windows: about eight days. */
function report(): { report: Report; token: Uint8Array } {
  const whole: Report = {
    design,
    first: firstSlot(design, today, parameters),
    r: random.bytes(32),
    slots: Array.from({ length: slotCount(design, parameters) }, () => ({
      revealed: true,
      bytes: random.bytes(slotBytes(design)),
    })),
  }
  const shown = redact(whole, slot => slot >= whole.first + 100)
  const facts = { mechanism: 1 as const, contagiousFromDay: today - 13, expiryDay: today + 13 }
  return {
    report: shown,
    token: signToken({ ...facts, commitment: commitment(shown) }, authoritySeed, nativeEd25519),
  }
}

/** Fills a deployment's bucket with sealed envelopes, and leaves it as a server does that stops before the end. */
async function fill(directory: string): Promise<void> {
  const ports = { ...(await filePorts(directory)), clock: () => time.bucketStart(BUCKET) + 1 }
  const server = await openKeyServer(config(BUCKET), ports)
  const publicKey = ingestKeyFor(parseIngestKeys((await ports.stores.tree.read(PATHS.ingestKeys))!), BUCKET)!
  const to = { design, bucket: BUCKET, parameters, publicKey, random, curve: nativeX25519 }
  const bar = progressBar("seal", ENVELOPES)
  for (let done = 0; done < ENVELOPES; done += GATHERING) {
    const gathering = Array.from({ length: GATHERING }, (_, i) => {
      if (i >= GATHERING * REPORT_SHARE) return sealCover(to)
      const made = report()
      return sealReport(made.report, made.token, to)
    })
    await ports.stores.envelopes.append(BUCKET, gathering)
    bar.advance(GATHERING)
  }
  await server.close()
}

export const bench: Bench = {
  title: `Publisher: ${ENVELOPES} envelopes of ${envelopeBytes(design, parameters)} bytes, ${100 - 100 * REPORT_SHARE} % cover, in a process of its own; best of ${RUNS} runs`,
  async run() {
    const filled = freshDirectory()
    const runs: { seconds: number; megabytes: number; cpu: number; entries: number }[] = []
    try {
      await fill(filled)
      for (let i = 0; i < RUNS; i++) {
        const copy = `${filled}-${i}`
        cpSync(filled, copy, { recursive: true })
        const script = fileURLToPath(new URL("publish/publisher.js", import.meta.url))
        const { stdout } = spawnSync(process.execPath, [script, copy, String(BUCKET)], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "inherit"],
        })
        const file = await (await fileTree(join(copy))).read(PATHS.batch("hybrid", BUCKET))
        runs.push({ ...JSON.parse(stdout), entries: parseBatch(file!).entries })
        rmSync(copy, { recursive: true })
      }
    } finally {
      rmSync(filled, { recursive: true })
    }
    runs.sort((a, b) => a.seconds - b.seconds)
    return runs.map(({ seconds, megabytes, cpu, entries }) => ({
      seconds: Number(seconds.toFixed(1)),
      "processor seconds": Number(cpu.toFixed(1)),
      "memory MB (peak)": Math.round(megabytes),
      "entries in the batch": entries,
    }))
  },
}
