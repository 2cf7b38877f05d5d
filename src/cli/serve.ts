import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join, resolve } from "node:path"
import { parseEnv } from "node:util"
import { Command } from "commander"
import { type Logger, pino } from "pino"
import {
  fileTree,
  nativeEd25519,
  nativeX25519,
  openKeyServer,
  publishOnTime,
  type ServerEvent,
  segmentEnvelopes,
  serverSettingsFrom,
  sqliteRecords,
} from "../server/index.ts"

/** One part of a deployment, ready to listen. `close` is called once its last request is answered. */
interface Service {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly handler: RequestListener
  close(): Promise<void>
}

/** A phone that sends less than this fast is gone. */
const REQUEST_MS = 15_000
/** Requests that are not over by then are cut off at shutdown. */
const SHUTDOWN_MS = 10_000

/** The variables of a service: its file in the deployment, and above it what the process was started with. */
const variables = (directory: string, file: string): Record<string, string | undefined> => ({
  ...(parseEnv(readFileSync(join(directory, "secrets", file), "utf8")) as Record<string, string>),
  ...process.env,
})

const seconds = (): number => Date.now() / 1000

/** Code and words of an error and of what caused it; never a request, never an address. */
function facts(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: "unknown" }
  const { code } = error as { code?: unknown }
  return { code, message: error.message, ...(error.cause === undefined ? {} : { cause: facts(error.cause) }) }
}

function write(log: Logger, event: ServerEvent): void {
  if (event.event === "published" || event.event === "store-recovered") log.info(event)
  else log.error({ event: event.event, error: facts(event.cause) })
}

/** The key server of a deployment, over its files. */
async function keyServer(directory: string, log: Logger): Promise<Service> {
  const readText = (path: string) => readFileSync(resolve(directory, path), "utf8")
  const { config, data, host, port } = serverSettingsFrom(variables(directory, "server.env"), readText)
  const root = resolve(directory, data)
  const stores = {
    envelopes: await segmentEnvelopes(join(root, "envelopes")),
    records: await sqliteRecords(join(root, "records.sqlite")),
    tree: await fileTree(root),
  }
  const server = await openKeyServer(config, {
    clock: seconds,
    random: { bytes: n => new Uint8Array(randomBytes(n)) },
    stores,
    curves: { ed25519: nativeEd25519, x25519: nativeX25519 },
    log: event => write(log, event),
  })
  const stop = publishOnTime(server.publishDue, seconds, cause => write(log, { event: "failed", cause }))
  return {
    name: "key server",
    host,
    port,
    handler: server.handler,
    async close() {
      stop()
      await server.close()
    },
  }
}

/** Every part that `lindung serve` runs. */
const SERVICES: readonly ((directory: string, log: Logger) => Promise<Service>)[] = [keyServer]

function listen({ host, port, handler }: Service): Promise<Server> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, handler)
  return new Promise((done, failed) => {
    server.once("error", failed)
    server.listen(port, host, () => done(server))
  })
}

async function shut(server: Server): Promise<void> {
  const closed = new Promise(done => server.close(done))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), SHUTDOWN_MS)
  await closed
  clearTimeout(cut)
}

/** Runs a deployment until it is told to stop. @returns stops it: answers what was begun, then closes the stores */
export async function serve(directory: string, log: Logger): Promise<() => Promise<void>> {
  const running: { service: Service; server: Server }[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(running.map(({ server }) => shut(server)))
    for (const { service } of running) await service.close()
  }
  try {
    for (const open of SERVICES) {
      const service = await open(directory, log)
      const server = await listen(service).catch(async error => {
        await service.close()
        throw error
      })
      running.push({ service, server })
      const { port } = server.address() as AddressInfo
      log.info({ event: "listening", service: service.name, host: service.host, port })
    }
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

export function serveCommand(): Command {
  return new Command("serve")
    .description("Run the key server of a deployment that `lindung init` wrote.")
    .argument("<directory>", "the deployment")
    .action(async (directory: string) => {
      const log = pino({ base: null })
      const stop = await serve(directory, log)
      let isStopping = false
      const onSignal = (signal: string) => {
        if (isStopping) return
        isStopping = true
        log.info({ event: "stopping", signal })
        stop().then(
          () => log.info({ event: "stopped" }),
          error => {
            log.error({ event: "failed", error: facts(error) })
            process.exitCode = 1
          },
        )
      }
      process.on("SIGTERM", onSignal).on("SIGINT", onSignal)
    })
}
