import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ecdsa } from "../src/crypto/index.ts"
import { drawExportPadding, ECDSA_SHA256, EXPORT_PADDING, writeExport } from "../src/protocol/export.ts"
import type { Bench } from "./run.ts"

const SECRET = new Uint8Array(32).fill(7)
const SIGNER = {
  info: { keyId: "222", keyVersion: "v1", algorithm: ECDSA_SHA256 },
  sign: (message: Uint8Array) => ecdsa.ecdsaP256.sign(message, SECRET),
}
const START = 1_600_000_000
const END = START + 7200
/** Archives that countries published belong to nobody here: the row about one is left out without them. */
const DATA = join(process.env["LINDUNG_DATA"] ?? "", "exports")

function write(keys: number): { zip: Uint8Array; milliseconds: number } {
  const table = drawExportPadding(keys, EXPORT_PADDING, { from: START, to: END }, { bytes: n => randomBytes(n) })
  const from = performance.now()
  const [zip] = writeExport({ keys: table, start: START, end: END, region: "222", signers: [SIGNER] })
  return { zip: zip!, milliseconds: performance.now() - from }
}

interface Reading {
  /** Milliseconds to read and verify. */
  readonly first: number
  /** Milliseconds of processor time in the same, the compiler's and the collector's threads included. */
  readonly cpu: number
  readonly later: number
  /** Bytes that stay, the unpacked ones for the signature included, as a multiple of the unpacked size. */
  readonly kept: number
}

/** In processes of their own, so that nothing is warm: what a phone does once a day. The median of five. */
function reading(zip: string, pem: string): Reading {
  const script = `
    const { readFileSync } = await import("node:fs")
    const { readExport, verifyExport } = await import("${new URL("../src/protocol/export.js", import.meta.url)}")
    const { ecdsa } = await import("${new URL("../src/crypto/index.js", import.meta.url)}")
    const zip = readFileSync(${JSON.stringify(zip)})
    const publicKey = ecdsa.publicKeyFromPem(readFileSync(${JSON.stringify(pem)}, "utf8"))
    const timed = () => {
      const from = performance.now()
      verifyExport(readExport("x", zip), [{ publicKey }])
      return performance.now() - from
    }
    const used = () => {
      gc()
      gc()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return heapUsed + arrayBuffers
    }
    const idle = process.cpuUsage()
    const first = timed()
    const busy = process.cpuUsage(idle)
    const later = Math.min(timed(), timed(), timed())
    const before = used()
    const archive = readExport("x", zip)
    const after = used()
    console.log(JSON.stringify({ first, cpu: (busy.user + busy.system) / 1000, later, kept: (after - before) / archive.bin.length }))`
  const args = ["--expose-gc", "--input-type=module", "-e", script]
  const runs = Array.from(
    { length: 5 },
    () => JSON.parse(spawnSync(process.execPath, args, { encoding: "utf8" }).stdout) as Reading,
  )
  return runs.sort((a, b) => a.first - b.first)[2]!
}

export const bench: Bench = {
  title: "GAEN exports: read and verify (portable ECDSA), write and sign",
  async run() {
    const rows: Record<string, string | number>[] = []
    const row = (what: string, figure: number, unit: string) =>
      rows.push({ what, figure: Number(figure.toFixed(2)), unit })
    const tell = (what: string, { first, cpu, later, kept }: Reading) => {
      row(`${what}: read and verify, first time in a process`, first, "ms")
      row(`${what}: the same, processor time of all threads`, cpu, "ms")
      row(`${what}: read and verify, later`, later, "ms")
      row(`${what}: memory kept after reading`, kept, "times the unpacked size")
    }
    const published = join(DATA, "de-dev/cwa-dev-2020-05-31.zip")
    if (existsSync(published))
      tell("24,131 published keys", reading(published, join(DATA, "pubkeys/de-cwa-dev-262-v1.pem")))
    const { zip, milliseconds } = write(500_000)
    row("500,000 keys: write, sign and zip", milliseconds, "ms")
    row("500,000 keys: a key in the zip", zip.length / 500_000, "bytes")
    const folder = mkdtempSync(join(tmpdir(), "lindung-"))
    try {
      writeFileSync(join(folder, "zip"), zip)
      writeFileSync(join(folder, "pem"), ecdsa.publicKeyToPem(ecdsa.ecdsaP256.publicKey(SECRET)))
      tell("500,000 keys", reading(join(folder, "zip"), join(folder, "pem")))
    } finally {
      rmSync(folder, { recursive: true })
    }
    return rows
  },
}
