import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Command } from "commander"
import { pino } from "pino"
import { fromHex, hex, type Random } from "../crypto/index.ts"
import { encodeNoteKey, encodeWitnessKey, type NoteKey, parseNoteKey } from "../protocol/index.ts"
import { nativeEd25519 } from "../server/index.ts"
import { fileHeads, openWitness, type WitnessEvent, witnessApp } from "../witness/index.ts"
import { systemRandom } from "./random.ts"
import { facts } from "./serve.ts"
import { listen, type Service, shut } from "./services.ts"

const SEED_FILE = "seed"
const CONFIG_FILE = "witness.json"
const DATA = "data"
const ONLY_OWNER = 0o600

/**
 * Writes a witness into a directory that is new or empty: `witness.json`, its name and its logs; `seed`, its key, for its
 * owner alone; `data/`, the heads that it has cosigned. To lose data/ and keep the key would let it sign a second history.
 * @returns its public key
 */
export async function initWitness(
  directory: string,
  { name, logs }: { readonly name: string; readonly logs: readonly NoteKey[] },
  random: Random,
): Promise<NoteKey> {
  await mkdir(directory, { recursive: true })
  if ((await readdir(directory)).length > 0) throw new Error(`${directory} is not empty; nothing was changed`)
  const seed = random.bytes(32)
  const key = { name, publicKey: nativeEd25519.verifyKey(seed) }
  // A name that no note could carry is found here, and not when the first head comes.
  const config = { name, key: encodeWitnessKey(key), logs: logs.map(encodeNoteKey) }
  await mkdir(join(directory, DATA), { mode: 0o700 })
  await writeFile(join(directory, SEED_FILE), `${hex(seed)}\n`, { mode: ONLY_OWNER })
  await writeFile(join(directory, CONFIG_FILE), `${JSON.stringify(config, undefined, 2)}\n`)
  return key
}

interface Around {
  /** Unix seconds. */
  readonly clock: () => number
  readonly onEvent: (event: WitnessEvent) => void
  readonly onFailure: (error: unknown) => void
}

/** The witness of a directory that `lindung witness init` wrote. */
export async function openWitnessOf(
  directory: string,
  { host, port }: { readonly host: string; readonly port: number },
  { clock, onEvent, onFailure }: Around,
): Promise<Service> {
  const { name, logs } = JSON.parse(await readFile(join(directory, CONFIG_FILE), "utf8")) as Record<string, unknown>
  const seed = (await readFile(join(directory, SEED_FILE), "ascii")).trim()
  if (typeof name !== "string" || !Array.isArray(logs) || !/^[0-9a-f]{64}$/.test(seed))
    throw new Error(`${directory}: expected the ${CONFIG_FILE} and ${SEED_FILE} that "lindung witness init" writes`)
  const heads = await fileHeads(join(directory, DATA))
  const config = { name, seed: fromHex(seed), logs: logs.map(log => parseNoteKey(String(log))) }
  const witness = await openWitness(config, { clock, heads, ed25519: nativeEd25519, log: onEvent })
  return { name: "witness", host, port, handler: witnessApp(witness, onFailure), async close() {} }
}

async function run({ dir, host, port }: { dir: string; host: string; port: string }): Promise<void> {
  const log = pino({ base: null })
  const around = {
    clock: () => Date.now() / 1000,
    onEvent: (event: WitnessEvent) => (event.event === "cosigned" ? log.info(event) : log.warn(event)),
    onFailure: (error: unknown) => log.error({ event: "failed", error: facts(error) }),
  }
  const service = await openWitnessOf(dir, { host, port: Number(port) }, around)
  const { server, port: listening } = await listen(service)
  log.info({ event: "listening", service: service.name, host, port: listening })
  const stop = async () => {
    await shut(server)
    log.info({ event: "stopped" })
  }
  process.once("SIGTERM", stop).once("SIGINT", stop)
}

async function init(directory: string, { name, log }: { name: string; log: string[] }): Promise<void> {
  const key = await initWitness(directory, { name, logs: log.map(parseNoteKey) }, systemRandom)
  console.log(`${directory} is ready: lindung witness --dir ${directory}`)
  console.log(`Key of the witness, for the logs and for apps: ${encodeWitnessKey(key)}`)
}

export function witnessCommand(): Command {
  const command = new Command("witness")
    .description("Cosign the heads of logs: only such as continue the one before (C2SP tlog-witness).")
    .addHelpText(
      "after",
      "\nExample:\n  lindung witness init w --name witness.example/w1 --log keys.example+…\n  lindung witness --dir w --port 8430",
    )
  command
    .command("run", { isDefault: true })
    .description("answer POST /add-checkpoint until it is told to stop")
    .requiredOption("--dir <directory>", "what `lindung witness init` wrote")
    .option("--port <port>", "where it listens", "8430")
    .option("--host <host>", "on which address", "127.0.0.1")
    .action(run)
  command
    .command("init")
    .description("write the key and the list of logs of a new witness")
    .argument("<directory>", "new or empty")
    .requiredOption("--name <name>", "the witness's name, by custom a URL without its scheme")
    .requiredOption("--log <keys...>", "keys of the logs that it cosigns for, as apps pin them")
    .action(init)
  return command
}
