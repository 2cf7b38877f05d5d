import { existsSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join, resolve } from "node:path"
import type { NoteKey } from "../protocol/index.ts"
import {
  fileTree,
  type IngestServer,
  type KeyServer,
  nativeCurves,
  nativeEd25519,
  openIngestServer,
  openKeyServer,
  openPublisherServer,
  type PublisherServer,
  type PublisherServerPorts,
  publishedTree,
  type ServerEvent,
  segmentEnvelopes,
  sqliteRecords,
} from "../server/index.ts"
import { systemRandom } from "./random.ts"
import { givenTo, settingsOf } from "./settings.ts"
import { ownProcess } from "./strongroom/index.ts"

/** One part of a deployment, ready to listen. `close` is called once its last request is answered. */
export interface Service {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly handler: RequestListener
  close(): Promise<void>
}

/** What is around a deployment: its clock in unix seconds, and who hears of events. */
export interface Surroundings {
  readonly clock: () => number
  /** The world's clock, where `clock` is another. */
  readonly staffClock?: () => number
  readonly onServerEvent: (event: ServerEvent) => void
  readonly onAuthorityEvent: (event: string, facts: Readonly<Record<string, string>>) => void
  /** Whether buckets are opened in a process of their own, as they must be where secrets are real. */
  readonly opensApart: boolean
  /** Variables that hold in place of the files'; for `lindung serve` those the process was started with. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A phone that sends less than this fast is gone. */
const REQUEST_MS = 15_000
/** How often connections are looked through for those. */
const LOOK_MS = 5_000
/** Requests that are not over by then are cut off at shutdown. */
const SHUTDOWN_MS = 10_000

/** Where the two halves of a key server keep their files: what each needs of the other is readable for it. */
const places = (root: string) => ({
  root,
  envelopes: join(root, "envelopes"),
  publisher: join(root, "publisher"),
  records: join(root, "publisher", "records.sqlite"),
})

/** Where the halves of a deployment that are on this machine keep their data: each half whose settings are there. */
export function dataOf(directory: string, environment: Surroundings["environment"]) {
  const under = (process: "publisher" | "authority", name: string): string | undefined =>
    existsSync(join(directory, "secrets", `${process}.env`))
      ? resolve(directory, givenTo(process, directory, environment).values[name] ?? "")
      : undefined
  const root = under("publisher", "LINDUNG_SERVER_DATA")
  return {
    server: root === undefined ? undefined : places(root),
    authority: under("authority", "LINDUNG_AUTHORITY_DATA"),
  }
}

/** The key that the log of a deployment signs with. */
export function logKeyOf(directory: string, environment: Surroundings["environment"]): NoteKey {
  const { config } = settingsOf("publisher", directory, environment)
  return { name: config.logName, publicKey: nativeEd25519.verifyKey(config.logSeed) }
}

async function publisherStores(root: string) {
  const { envelopes, publisher, records } = places(root)
  await mkdir(publisher, { recursive: true, mode: 0o700 })
  return {
    envelopes: await segmentEnvelopes(envelopes, systemRandom),
    records: await sqliteRecords(records),
    tree: await fileTree(root, publisher),
  }
}

/** A service that does not open holds nothing locked. */
async function released(stores: Awaited<ReturnType<typeof publisherStores>>, error: unknown): Promise<never> {
  await stores.envelopes.close()
  await stores.records.close()
  throw error
}

const roomOf = (root: string, { opensApart }: Surroundings) =>
  opensApart ? { strongroom: ownProcess(places(root).envelopes) } : {}

/** Opens what publishes, over a deployment's files. */
async function openPublishing<Config, Opened>(
  { config, data }: { readonly config: Config; readonly data: string },
  directory: string,
  around: Surroundings,
  open: (config: Config, ports: PublisherServerPorts) => Promise<Opened>,
): Promise<Opened> {
  const root = resolve(directory, data)
  const stores = await publisherStores(root)
  return open(config, {
    clock: around.clock,
    random: systemRandom,
    stores,
    curves: nativeCurves,
    ...roomOf(root, around),
    log: around.onServerEvent,
  }).catch(error => released(stores, error))
}

/** What listens where, as a service. */
const serviceOf = (
  name: string,
  { host, port }: { readonly host: string; readonly port: number },
  { handler, close }: Pick<IngestServer, "handler" | "close">,
): Service => ({ name, host, port, handler, close })

/** The key server of a deployment, over its files. It publishes when it is told to. */
export async function openKeyServerOf(
  directory: string,
  around: Surroundings,
): Promise<Service & { readonly keyServer: KeyServer }> {
  const settings = settingsOf("key-server", directory, around.environment)
  const keyServer = await openPublishing(settings, directory, around, openKeyServer)
  return { ...serviceOf("key server", settings, keyServer), keyServer }
}

/** The half that talks to phones. It seals when it is told to. */
export async function openIngestOf(
  directory: string,
  around: Surroundings,
): Promise<Service & { readonly ingest: IngestServer }> {
  const settings = settingsOf("ingest", directory, around.environment)
  const { root, envelopes } = places(resolve(directory, settings.data))
  const ingest = await openIngestServer(settings.config, {
    clock: around.clock,
    random: systemRandom,
    envelopes: await segmentEnvelopes(envelopes, systemRandom),
    tree: publishedTree(root),
    ed25519: nativeEd25519,
    log: around.onServerEvent,
  })
  return { ...serviceOf("ingest", settings, ingest), ingest }
}

/** The half that opens envelopes. It publishes when it is told to. */
export async function openPublisherOf(
  directory: string,
  around: Surroundings,
): Promise<Service & { readonly publisher: PublisherServer }> {
  const settings = settingsOf("publisher", directory, around.environment)
  const publisher = await openPublishing(settings, directory, around, openPublisherServer)
  return { ...serviceOf("publisher", settings, publisher), publisher }
}

/** @returns the server, and where it can be reached: the port when the configuration leaves the choice to the system */
export function listen({ name, host, port, handler }: Service): Promise<{ server: Server; port: number }> {
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, connectionsCheckingInterval: LOOK_MS },
    handler,
  )
  return new Promise((done, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? `port ${port} is in use` : error.message
      failed(new Error(`the ${name} cannot listen on ${host}:${port}: ${why}`, { cause: error }))
    })
    server.listen(port, host, () => done({ server, port: (server.address() as AddressInfo).port }))
  })
}

/** Answers what was begun; what is not over after ten seconds is cut off. */
export async function shut(server: Server): Promise<void> {
  const closed = new Promise(done => server.close(done))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), SHUTDOWN_MS)
  await closed
  clearTimeout(cut)
}
