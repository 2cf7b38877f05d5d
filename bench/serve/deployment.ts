// A key server over real files for one measurement: what `lindung serve` composes, with keys of its own.
import { randomBytes } from "node:crypto"
import { mkdirSync, mkdtempSync } from "node:fs"
import { join } from "node:path"
import { signature, time } from "../../src/crypto/index.ts"
import { defaultParameters } from "../../src/protocol/index.ts"
import {
  fileTree,
  nativeEd25519,
  nativeX25519,
  type ServerConfig,
  type ServerPorts,
  segmentEnvelopes,
  sqliteRecords,
} from "../../src/server/index.ts"

export const random = { bytes: (n: number) => new Uint8Array(randomBytes(n)) }
export const BUCKET = time.bucket(Date.now() / 1000)
export const parameters = defaultParameters(BUCKET, ["hybrid"])
export const authoritySeed = new Uint8Array(32).fill(4)

/** @param bucket that in which the deployment began: measurements may go on into the next one */
export const config = (bucket: number = BUCKET): ServerConfig => ({
  logName: "bench.example",
  logSeed: new Uint8Array(32).fill(1),
  receiptSeed: new Uint8Array(32).fill(2),
  wrappingKey: new Uint8Array(32).fill(3),
  authorityKeys: [signature.ed25519.verifyKey(authoritySeed)],
  parameters: [defaultParameters(bucket, ["hybrid"])],
  uploadsPerMinute: 0,
  proxies: 0,
})

/** A fresh directory on the disk of the repository: a memory file system would make durable writes free. */
export function freshDirectory(): string {
  mkdirSync("data", { recursive: true })
  return mkdtempSync(join("data", "bench-"))
}

export async function filePorts(directory: string): Promise<ServerPorts> {
  return {
    clock: () => Date.now() / 1000,
    random,
    stores: {
      envelopes: await segmentEnvelopes(join(directory, "envelopes"), random),
      records: await sqliteRecords(join(directory, "records.sqlite")),
      tree: await fileTree(directory),
    },
    curves: { ed25519: nativeEd25519, x25519: nativeX25519 },
  }
}
