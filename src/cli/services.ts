import { readFileSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join, resolve } from "node:path"
import { parseEnv } from "node:util"
import { type Authority, authorityConfigFrom, openAuthority, sqliteCodeStore } from "../authority/index.ts"
import {
  fileTree,
  type KeyServer,
  nativeEd25519,
  nativeX25519,
  openKeyServer,
  type ServerEvent,
  segmentEnvelopes,
  serverSettingsFrom,
  sqliteRecords,
} from "../server/index.ts"
import { systemRandom } from "./random.ts"

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
  readonly onServerEvent: (event: ServerEvent) => void
  readonly onAuthorityEvent: (event: string, facts: Readonly<Record<string, string>>) => void
  /** Variables that hold in place of the files'; for `lindung serve` those the process was started with. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A phone that sends less than this fast is gone. */
const REQUEST_MS = 15_000
/** Requests that are not over by then are cut off at shutdown. */
const SHUTDOWN_MS = 10_000

function variables(directory: string, file: string, { environment }: Surroundings): Record<string, string | undefined> {
  const own = parseEnv(readFileSync(join(directory, "secrets", file), "utf8")) as Record<string, string>
  return { ...own, ...environment }
}

/** The key server of a deployment, over its files. It publishes when it is told to. */
export async function openKeyServerOf(
  directory: string,
  around: Surroundings,
): Promise<Service & { readonly keyServer: KeyServer }> {
  const readText = (path: string) => readFileSync(resolve(directory, path), "utf8")
  const { config, data, host, port } = serverSettingsFrom(variables(directory, "server.env", around), readText)
  const root = resolve(directory, data)
  const stores = {
    envelopes: await segmentEnvelopes(join(root, "envelopes")),
    records: await sqliteRecords(join(root, "records.sqlite")),
    tree: await fileTree(root),
  }
  const keyServer = await openKeyServer(config, {
    clock: around.clock,
    random: systemRandom,
    stores,
    curves: { ed25519: nativeEd25519, x25519: nativeX25519 },
    log: around.onServerEvent,
  })
  return { name: "key server", host, port, handler: keyServer.handler, close: () => keyServer.close(), keyServer }
}

/** The health authority of a deployment, over its file. It prunes when it is told to. */
export async function openAuthorityOf(
  directory: string,
  around: Surroundings,
): Promise<Service & { readonly authority: Authority }> {
  const { LINDUNG_LISTEN = "", LINDUNG_DATA = "", ...others } = variables(directory, "authority.env", around)
  const { host, port } = endpoint(LINDUNG_LISTEN)
  const authority = await openAuthority(authorityConfigFrom(others), {
    clock: around.clock,
    monotonic: () => performance.now(),
    wait: ms => new Promise(done => setTimeout(done, ms)),
    random: systemRandom,
    store: await sqliteCodeStore(join(resolve(directory, LINDUNG_DATA), "codes.sqlite"), systemRandom),
    curve: nativeEd25519,
    log: around.onAuthorityEvent,
  })
  return { name: "health authority", host, port, handler: authority.handler, close: () => authority.close(), authority }
}

function endpoint(text: string): { host: string; port: number } {
  const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === "" || Number(port) > 65_535) throw new Error("LINDUNG_LISTEN: expected host:port")
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) }
}

/** @returns the server, and where it can be reached: the port when the configuration leaves the choice to the system */
export function listen({ name, host, port, handler }: Service): Promise<{ server: Server; port: number }> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, handler)
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
