import { mkdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { readArchive } from "../../client/gaen/index.ts"
import { type Client, type Config, checkConfig, open } from "../../client/index.ts"
import { type UdpRadio, udpRadio } from "../../client/node/index.ts"
import { sqliteStore } from "../../client/store/sqlite.ts"
import type { HostClock } from "../clock.ts"
import { nodeHttp } from "../http.ts"
import { systemRandom } from "../random.ts"
import { taskTimers } from "./tasks.ts"

export interface PhoneOptions {
  readonly name: string
  readonly deployment: string
  readonly dir: string
  readonly clock: HostClock
  /** dB between this phone and any other. */
  attenuation: number
  readonly channel: number
  readonly onError: (error: unknown) => void
}

/** A phone of this machine: the client with its store, its radio and its timers. */
export interface Phone {
  readonly name: string
  readonly client: Client
  readonly clock: HostClock
  readonly radio: UdpRadio
  /** dB between this phone and any other, from now on. */
  setAttenuation(decibel: number): void
  attenuation(): number
  close(): Promise<void>
}

async function configOf(deployment: string): Promise<Config> {
  const path = join(deployment, "app-config.json")
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error
    throw new Error(`${path} is missing: \`lindung init ${deployment}\` makes a deployment`)
  })
  const checked = checkConfig(JSON.parse(text))
  if (checked.ok) return checked.config
  throw new Error(checked.problems.map(one => `${path}: ${one.path}: ${one.message}`).join("\n"))
}

const NAME = /^[\p{L}\p{N}_-]{1,40}$/u
const BASE_PORT = 0xfd68

/** Switches the phone on: what it kept is taken up again, and it broadcasts and listens from now on. */
export async function openPhone(options: PhoneOptions): Promise<Phone> {
  const { name, deployment, dir, clock, channel, onError } = options
  if (!NAME.test(name)) throw new Error(`--name: expected up to 40 letters, digits, _ and -, got ${name}`)
  const config = await configOf(deployment)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const store = await sqliteStore(join(dir, `${name}.sqlite`))
  let { attenuation } = options
  const http = nodeHttp()
  const radio = await udpRadio({
    clock,
    sleep: clock.sleep,
    random: systemRandom,
    attenuation: () => attenuation,
    port: BASE_PORT + channel,
    system: config.design === "gaen" ? "gaen" : "dp3t",
  })
  const scheduler = taskTimers(clock, (_, error) => onError(error))
  const client = await open(config, {
    radio,
    store,
    clock,
    random: systemRandom,
    http,
    scheduler,
    wait: clock.sleep,
    readArchive,
  })
  const stop = new AbortController()
  scheduler.begin(task => client.run(task, { signal: stop.signal }))
  await client.start()
  return {
    name,
    client,
    clock,
    radio,
    setAttenuation(decibel) {
      attenuation = decibel
    },
    attenuation: () => attenuation,
    async close() {
      stop.abort()
      await scheduler.end()
      await client.close()
      await radio.close()
      http.close()
    },
  }
}
