// What the phone of a bench is configured with, and when it lives. It loads nothing of a server.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Config } from "../../src/client/index.ts"
import { time } from "../../src/crypto/index.ts"
import { defaultParameters, designByName, heardAt } from "../../src/protocol/index.ts"

export type BenchDesign = "low-cost" | "unlinkable" | "hybrid"
export const FIRST_BUCKET = 220_680
export const BATCHES = 84
export const DAYS = 14
/** A minute after the last bucket has closed. */
export const NOW = time.bucketStart(FIRST_BUCKET + BATCHES) + 60
export const FILES = "https://files.example"
/** Where the public half of the deployment lies, beside its files. */
export const CONFIG_FILE = "app-config.json"

export const parameters = (design: BenchDesign) => defaultParameters(FIRST_BUCKET - 1, [design])

export const configIn = (directory: string): Config =>
  JSON.parse(readFileSync(join(directory, CONFIG_FILE), "utf8")) as Config

/** The path of a file of the tree below the folder it was written to. */
export const fileOf = (directory: string, url: string): string => join(directory, url.slice(FILES.length))

/** The coarse time of what was heard at a second. */
export const coarseTime = (name: BenchDesign, second: number): number =>
  heardAt(designByName(name)!, second, parameters(name))

/** A secret that somebody reveals, with the slot it is of; in design 2, x of what was heard. */
export interface Revealed {
  readonly slot: number
  readonly secret: Uint8Array
}
