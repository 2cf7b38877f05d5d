import type { Server } from "node:http"
import { Command } from "commander"
import { type Logger, pino } from "pino"
import { time } from "../crypto/index.ts"
import { publishOnTime, type ServerEvent, steadily } from "../server/index.ts"
import { openAuthorityOf } from "./authority-service.ts"
import { ACCELERATE, ACCELERATE_HELP, type HostClock, hostClock } from "./clock.ts"
import { examples } from "./output.ts"
import {
  listen,
  openIngestOf,
  openKeyServerOf,
  openPublisherOf,
  type Service,
  type Surroundings,
  shut,
} from "./services.ts"
import { exitCodeOf } from "./whole.ts"

const PRUNE_MS = 3_600_000
/** Ingest has sealed a bucket so long after its end. */
const SEALED_BY_SECONDS = 3

/** Lines carry the start of their bucket: how long publishing took, or when an upload failed, is nobody's business. */
const timestamp = (clock: HostClock) => (): string => `,"time":${1000 * time.bucketStart(time.bucket(clock.seconds()))}`

/** Code and words of an error and of what caused it; never a request, never an address. */
export function facts(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: "unknown" }
  const { code } = error as { code?: unknown }
  return { code, message: error.message, ...(error.cause === undefined ? {} : { cause: facts(error.cause) }) }
}

function write(log: Logger, event: ServerEvent): void {
  if (event.event === "witness-missing") log.warn(event)
  else if (event.event === "published" || event.event === "store-recovered") log.info(event)
  else log.error({ event: event.event, error: facts(event.cause) })
}

const surroundings = (log: Logger, clock: HostClock): Surroundings => ({
  clock: clock.seconds,
  onServerEvent: event => write(log, event),
  onAuthorityEvent: (event, of) => log.info({ event, ...of }),
  opensApart: true,
  environment: process.env,
})

/** A service that does its part of every bucket after it is over, until it is closed. */
function punctual(
  service: Service,
  due: () => Promise<number>,
  { log, clock, settleSeconds }: { log: Logger; clock: HostClock; settleSeconds?: number },
): Service {
  const steady = steadily(due, { clock: clock.seconds, monotonic: () => clock.monotonic() / 1000 })
  const onError = (cause: unknown) => write(log, { event: "failed", cause })
  return stoppedBy(service, publishOnTime(steady, clock.seconds, onError, settleSeconds, clock.speed))
}

const stoppedBy = (service: Service, stop: () => void): Service => ({
  ...service,
  close() {
    stop()
    return service.close()
  },
})

async function keyServer(directory: string, log: Logger, clock: HostClock): Promise<Service> {
  const service = await openKeyServerOf(directory, surroundings(log, clock))
  return punctual(service, service.keyServer.publishDue, { log, clock })
}

async function ingest(directory: string, log: Logger, clock: HostClock): Promise<Service> {
  const service = await openIngestOf(directory, surroundings(log, clock))
  return punctual(service, service.ingest.sealDue, { log, clock })
}

async function publisher(directory: string, log: Logger, clock: HostClock): Promise<Service> {
  const service = await openPublisherOf(directory, surroundings(log, clock))
  return punctual(service, service.publisher.publishDue, { log, clock, settleSeconds: SEALED_BY_SECONDS })
}

async function authority(directory: string, log: Logger, clock: HostClock): Promise<Service> {
  const service = await openAuthorityOf(directory, surroundings(log, clock))
  const prune = () => service.prune().catch(error => log.error({ event: "failed", error: facts(error) }))
  const pruning = setInterval(prune, PRUNE_MS)
  return stoppedBy(service, () => clearInterval(pruning))
}

/** `key-server` is ingest and publisher in one process. */
const SERVICES = { "key-server": keyServer, ingest, publisher, authority }
type ServiceName = keyof typeof SERVICES

/** Runs parts of a deployment until it is told to stop. @returns stops it: answers what was begun, closes the stores */
export async function serve(
  directory: string,
  log: Logger,
  names: readonly ServiceName[] = ["key-server", "authority"],
  clock: HostClock = hostClock(),
): Promise<() => Promise<void>> {
  const running: { service: Service; server: Server }[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(running.map(({ server }) => shut(server)))
    for (const { service } of running) await service.close()
  }
  try {
    for (const name of names) {
      const service = await SERVICES[name](directory, log, clock)
      const { server, port } = await listen(service).catch(async error => {
        await service.close()
        throw error
      })
      running.push({ service, server })
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
    .argument("<directory>", "the deployment")
    .argument(
      "[services...]",
      "ingest, publisher, authority; key-server is the first two in one process. All when none is named",
    )
    .option(ACCELERATE, ACCELERATE_HELP)
    .addHelpText("after", examples("lindung init deployment", "lindung serve deployment ingest"))
    .action(async (directory: string, services: string[], { accelerate }: { accelerate?: string }) => {
      const unknown = services.find(name => !Object.hasOwn(SERVICES, name))
      if (unknown !== undefined) throw new Error(`${unknown}: expected ${Object.keys(SERVICES).join(", ")}`)
      const clock = hostClock(accelerate)
      const log = pino({ base: null, timestamp: timestamp(clock) })
      const names = services.length > 0 ? (services as ServiceName[]) : undefined
      const starting = serve(directory, log, names, clock)
      let isStopping = false
      const onSignal = (signal: "SIGTERM" | "SIGINT") => {
        // Whoever asks twice does not want to wait; nothing that was acknowledged is lost.
        if (isStopping && signal === "SIGINT") process.exit(exitCodeOf(signal))
        if (isStopping) return
        isStopping = true
        if (signal === "SIGINT") process.exitCode = exitCodeOf(signal)
        log.info({ event: "stopping", signal })
        // Told to while it still starts, it stops once it has started.
        const stopped = starting.then(stop => stop())
        stopped.then(
          () => log.info({ event: "stopped" }),
          error => {
            log.error({ event: "failed", error: facts(error) })
            process.exitCode = 1
          },
        )
      }
      process.on("SIGTERM", onSignal).on("SIGINT", onSignal)
      await starting
    })
}
