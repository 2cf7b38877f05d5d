import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Command } from "commander"
import { pino } from "pino"
import { fromHex, hex, type Random } from "../crypto/index.ts"
import {
  configError,
  encodeNoteKey,
  encodeWitnessKey,
  type NoteKey,
  parseNoteKey,
  parseWitnessKey,
  type Setting,
} from "../protocol/index.ts"
import { nativeEd25519 } from "../server/index.ts"
import { fileHeads, openWitness, type WitnessEvent, witnessApp } from "../witness/index.ts"
import { examples } from "./output.ts"
import { systemRandom } from "./random.ts"
import { facts } from "./serve.ts"
import { listen, type Service, shut } from "./services.ts"
import { exitCodeOf, fillWhole } from "./whole.ts"

const SEED_FILE = "seed"
const CONFIG_FILE = "witness.json"
const DATA = "data"
const ONLY_OWNER = 0o600

/**
 * Writes a witness into a directory that is new or empty: `witness.json`, its name and its logs; `seed`, its key, for its
 * owner alone; `data/`, the heads that it has cosigned. To lose data/ and keep the key would let it sign a second history.
 * @returns its public key
 */
export const initWitness = (
  directory: string,
  wanted: { readonly name: string; readonly logs: readonly NoteKey[] },
  random: Random,
): Promise<NoteKey> => fillWhole(directory, 0o777, () => writeWitness(directory, wanted, random))

async function writeWitness(
  directory: string,
  { name, logs }: { readonly name: string; readonly logs: readonly NoteKey[] },
  random: Random,
): Promise<NoteKey> {
  const seed = random.bytes(32)
  const key = { name, publicKey: nativeEd25519.verifyKey(seed) }
  // A name that no note could carry is found here, and not when the first head comes.
  const config = { name, key: encodeWitnessKey(key), logs: logs.map(encodeNoteKey) }
  await mkdir(join(directory, DATA), { mode: 0o700 })
  await writeFile(join(directory, SEED_FILE), `${hex(seed)}\n`, { mode: ONLY_OWNER })
  await writeFile(join(directory, CONFIG_FILE), `${JSON.stringify(config, undefined, 2)}\n`)
  return key
}

/** What the files of a witness say, as text. @throws Error when they are not there */
export async function witnessValues(directory: string) {
  const read = (file: string): Promise<string> =>
    readFile(join(directory, file), "utf8").catch(() => {
      throw new Error(`${directory}: expected the ${CONFIG_FILE} and ${SEED_FILE} that "lindung witness init" writes`)
    })
  const seed = (await read(SEED_FILE)).trim()
  const { name, logs } = objectIn(await read(CONFIG_FILE))
  const values: Record<string, string | undefined> = {
    name: name === undefined ? undefined : String(name),
    logs: Array.isArray(logs) ? logs.join(", ") : undefined,
    seed,
  }
  return { values, from: { name: CONFIG_FILE, logs: CONFIG_FILE, seed: SEED_FILE } as Record<string, string> }
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>
  } catch {
    throw new Error(`${CONFIG_FILE}: expected JSON`)
  }
}

function isAccepted(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}

const NO_KEY: NoteKey["publicKey"] = new Uint8Array(32)
const HOST = "127.0.0.1"
const PORT = "8430"
const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= 65_535

/** What a witness is told: in its files, and by flags where it listens. */
export const WITNESS_SETTINGS: readonly Setting[] = [
  {
    name: "name",
    what: "its name, by custom a URL without its scheme; logs and apps pin it with the key",
    section: "log.md#7-witnesses",
    problemOf: text =>
      isAccepted(() => parseWitnessKey(encodeWitnessKey({ name: text ?? "", publicKey: NO_KEY })))
        ? undefined
        : "expected printable ASCII without space or +",
  },
  {
    name: "logs",
    what: "keys of the logs that it cosigns for",
    section: "log.md#7-witnesses",
    problemOf: text =>
      text?.split(", ").every(key => isAccepted(() => parseNoteKey(key)))
        ? undefined
        : "expected a list of keys, each name+keyid+base64",
  },
  {
    name: "seed",
    what: "Ed25519 seed of its key; never with an older copy of data/",
    section: "log.md#7-witnesses",
    secret: true,
    problemOf: text => (/^[0-9a-f]{64}$/.test(text ?? "") ? undefined : "expected 64 hexadecimal digits"),
  },
  {
    name: "--host",
    what: "on which address it listens",
    otherwise: HOST,
    problemOf: text => (/^\S*$/.test(text ?? "") && text !== "\0" ? undefined : "expected an address"),
  },
  {
    name: "--port",
    what: "where it listens",
    otherwise: PORT,
    problemOf: text => (isPort(text ?? PORT) ? undefined : "expected a port from 0 to 65535"),
  },
]

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
  const told = await witnessValues(directory)
  const problems = WITNESS_SETTINGS.flatMap(({ name, problemOf }) => {
    const problem = problemOf(told.values[name])
    return problem === undefined ? [] : [`${told.from[name] ?? CONFIG_FILE}: ${name}: ${problem}`]
  })
  if (problems.length > 0) throw configError(problems)
  const { name, logs, seed } = told.values as Record<string, string>
  const heads = await fileHeads(join(directory, DATA))
  const config = { name: name!, seed: fromHex(seed!), logs: logs!.split(", ").map(parseNoteKey) }
  const witness = await openWitness(config, { clock, heads, ed25519: nativeEd25519, log: onEvent })
  return { name: "witness", host, port, handler: witnessApp(witness, onFailure), async close() {} }
}

async function run({ dir, host, port }: { dir: string; host: string; port: string }): Promise<void> {
  if (!isPort(port)) throw new Error(`--port ${port}: expected a port from 0 to 65535`)
  const log = pino({ base: null })
  const around = {
    clock: () => Date.now() / 1000,
    onEvent: (event: WitnessEvent) => (event.event === "cosigned" ? log.info(event) : log.warn(event)),
    onFailure: (error: unknown) => log.error({ event: "failed", error: facts(error) }),
  }
  const service = await openWitnessOf(dir, { host, port: Number(port) }, around)
  const { server, port: listening } = await listen(service)
  log.info({ event: "listening", service: service.name, host, port: listening })
  const stop = async (signal: "SIGTERM" | "SIGINT") => {
    await shut(server)
    if (signal === "SIGINT") process.exitCode = exitCodeOf(signal)
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
  const command = new Command("witness").addHelpText(
    "after",
    examples("lindung witness init w --name witness.example/w1 --log KEY", "lindung witness --dir w --port 8430"),
  )
  command
    .command("run", { isDefault: true })
    .description("answer POST /add-checkpoint until it is told to stop")
    .requiredOption("--dir <directory>", "what `lindung witness init` wrote")
    .option("--port <port>", "where it listens", PORT)
    .option("--host <host>", "on which address", HOST)
    .addHelpText("after", examples("lindung witness --dir w --port 8430"))
    .action(run)
  command
    .command("init")
    .description("write the key and the list of logs of a new witness")
    .argument("<directory>", "new or empty")
    .requiredOption("--name <name>", "the witness's name, by custom a URL without its scheme")
    .requiredOption("--log <keys...>", "keys of the logs that it cosigns for, as apps pin them")
    .addHelpText("after", examples("lindung witness init w --name witness.example/w1 --log KEY"))
    .action(init)
  return command
}
