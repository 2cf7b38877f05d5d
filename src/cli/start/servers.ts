import { readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import type { Authority, MechanismName } from "../../authority/index.ts"
import { type Config, checkConfig } from "../../client/index.ts"
import { CODES_PATH, type DesignName, encodeWitnessKey, parseNoteKey } from "../../protocol/index.ts"
import type { KeyServer } from "../../server/index.ts"
import type { VirtualTime } from "../../simulator/index.ts"
import { openAuthorityOf } from "../authority-service.ts"
import { initDeployment, witnessVariable } from "../init.ts"
import { systemRandom } from "../random.ts"
import { listen, openKeyServerOf, type Service, shut } from "../services.ts"
import { initWitness, openWitnessOf } from "../witness.ts"

/** The services of one run, on loopback, as `lindung init` and `lindung serve` make them, but on virtual time. */
export interface Servers {
  readonly keyServer: KeyServer
  readonly keyServerUrl: string
  readonly authorityUrl: string
  /** Where staff issues codes, and the first user. */
  readonly portal: { readonly url: string; readonly name: string; readonly oneTimePassword: string }
  /** What an app passes to `open()`. */
  readonly appConfig: Config
  /** What a test site asks of it beside codes. */
  readonly authority: Authority
  /** As a test site does it: over HTTP, with its API key. Dead, where codes are activated. */
  issueCode(contagiousFromDay?: number): Promise<string>
  close(): Promise<void>
}

export interface ServerOptions {
  readonly directory: string
  readonly design: DesignName
  readonly mechanism: MechanismName
  readonly risk: string
  readonly virtual: VirtualTime
  readonly redeemMillis: number
}

const LOOPBACK = "127.0.0.1"

async function onLoopback(service: Service) {
  const { server, port } = await listen(service)
  return {
    url: `http://${LOOPBACK}:${port}`,
    async close() {
      server.closeAllConnections()
      await shut(server)
      await service.close()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(listening => server.listen(0, LOOPBACK, listening))
  const { port } = server.address() as AddressInfo
  await new Promise(closed => server.close(closed))
  return port
}

/** Somebody else, in the same directory for once: phones believe no head that he has not cosigned. */
async function openWitnessBeside(directory: string, logKey: string, clock: () => number) {
  const own = join(directory, "witness")
  const key = await initWitness(own, { name: "witness.test", logs: [parseNoteKey(logKey)] }, systemRandom)
  const fail = (error: unknown) => {
    throw error
  }
  const around = { clock, onEvent: () => {}, onFailure: fail }
  return { key, ...(await onLoopback(await openWitnessOf(own, { host: LOOPBACK, port: 0 }, around))) }
}

/** Writes a deployment with fresh keys, so that two runs never share a log, and opens its services. */
export async function openServers({
  directory,
  design,
  mechanism,
  risk,
  virtual,
  redeemMillis,
}: ServerOptions): Promise<Servers> {
  // Port 0: the system gives a free one, and the app's configuration learns it afterwards. The name stays the log's.
  const anyPort = `${LOOPBACK}:0`
  const { apiKey, administrator } = await initDeployment(
    directory,
    {
      url: "http://log.test",
      authorityUrl: "http://authority.test",
      listen: anyPort,
      authorityListen: anyPort,
      publisherListen: anyPort,
      design,
      mechanism,
      preset: risk,
      uploadsPerMinute: 0,
      proxies: 0,
    },
    { random: systemRandom, now: virtual.now, staffNow: Date.now() / 1000 },
  )
  const path = join(directory, "app-config.json")
  const written = JSON.parse(await readFile(path, "utf8"))
  const witness = await openWitnessBeside(directory, written.server.logKey, () => virtual.now)
  const around = {
    clock: () => virtual.now,
    onServerEvent: () => {},
    onAuthorityEvent: () => {},
    // Its phones are in this very process.
    opensApart: false,
    environment: {
      LINDUNG_SERVER_WITNESSES: witnessVariable(witness),
      LINDUNG_SERVER_WITNESS_QUORUM: "1",
    },
  }
  const serving = await openKeyServerOf(directory, around)
  // A portal knows its own address, and passkeys are bound to a name, which an address is not.
  const port = await freePort()
  const portalUrl = `http://localhost:${port}`
  const issuing = await openAuthorityOf(directory, {
    ...around,
    staffClock: () => Date.now() / 1000,
    environment: {
      LINDUNG_AUTHORITY_LISTEN: `${LOOPBACK}:${port}`,
      LINDUNG_AUTHORITY_REDEEM_MILLIS: String(redeemMillis),
      LINDUNG_PORTAL_ORIGIN: portalUrl,
      LINDUNG_PORTAL_SECOND_FACTOR_FROM: "none",
    },
  })
  const [keys, codes] = [await onLoopback(serving), await onLoopback(issuing)]
  const witnesses = { keys: [encodeWitnessKey(witness.key)], quorum: 1 }
  Object.assign(written.server, { files: keys.url, uploads: keys.url, witnesses })
  written.authority.url = codes.url
  await writeFile(path, `${JSON.stringify(written, undefined, 2)}\n`)
  const checked = checkConfig(written)
  if (!checked.ok)
    throw new Error(checked.problems.map(one => `app-config.json: ${one.path}: ${one.message}`).join("; "))
  return {
    keyServer: serving.keyServer,
    keyServerUrl: keys.url,
    authorityUrl: codes.url,
    portal: { url: portalUrl, ...administrator },
    appConfig: checked.config,
    authority: issuing.authority,
    async issueCode(contagiousFromDay) {
      const response = await fetch(codes.url + CODES_PATH, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ contagiousFromDay }),
      })
      if (!response.ok) throw new Error(`the authority gave no code: status ${response.status}`)
      return ((await response.json()) as { code: string }).code
    },
    async close() {
      await keys.close()
      await codes.close()
      await witness.close()
    },
  }
}
