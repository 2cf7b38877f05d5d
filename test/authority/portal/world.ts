import { createServer, request, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import {
  type AccountStore,
  type Authority,
  argon2id,
  type CodeStore,
  type MechanismName,
  memoryAccountStore,
  memoryCodeStore,
  openAuthority,
  openPortal,
  type PasswordHash,
  type Portal,
  portalConfigFrom,
  type SmsGateway,
} from "../../../src/authority/index.ts"
import { signature } from "../../../src/crypto/index.ts"
import { seeded } from "../../dice.ts"
import { CONFIG, START } from "../deployment.ts"

export const ORIGIN = "https://codes.example"
export const PASSWORD = "correct horse battery staple"
/** As cheap as argon2id can be: what it costs in earnest is no matter of these tests. */
const CHEAP = { memoryKiB: 8, passes: 1, parallelism: 1 }

// biome-ignore lint/suspicious/noExplicitAny: answers are read as the tests expect them
type Json = any

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly json: Json
}

/** A browser with a cookie jar, on the portal's own pages unless the headers say otherwise. */
export interface Browser {
  readonly cookies: Map<string, string>
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  signIn(name: string, password?: string): Promise<Answer>
}

export interface World {
  readonly authority: Authority
  readonly portal: Portal
  readonly accounts: AccountStore
  readonly log: string[]
  /** Every text that the portal answered. */
  readonly answered: string[]
  readonly sent: { number: string; text: string }[]
  /** Unix seconds of the world's clock. */
  readonly now: () => number
  later(seconds: number): void
  browser(): Browser
  /** A user who chose PASSWORD. */
  user(name: string, role?: "issuer" | "supervisor" | "administrator"): Promise<void>
  /** A browser in which such a user is signed in. */
  signedIn(name: string, role?: "issuer" | "supervisor" | "administrator"): Promise<Browser>
  close(): Promise<void>
}

export interface WorldOptions {
  readonly mechanism?: MechanismName
  readonly environment?: Record<string, string>
  readonly passwords?: (real: PasswordHash) => PasswordHash
  readonly sms?: SmsGateway
  readonly store?: CodeStore
  /** For a real browser: the portal's own address is then http://localhost with this port. */
  readonly port?: number
}

export async function openWorld(options: WorldOptions = {}) {
  const { mechanism = "simple", environment = {}, passwords, sms, store, port } = options
  let now = START
  const log: string[] = []
  const answered: string[] = []
  const sent: World["sent"] = []
  const random = seeded(11)
  const ports = {
    clock: () => now,
    monotonic: () => 0,
    wait: async () => {},
    random,
    curve: signature.ed25519,
    log: (event: string, facts: object) => log.push(JSON.stringify({ event, ...facts })),
  }
  const config = { ...CONFIG, mechanism }
  const accounts = memoryAccountStore()
  const real = await argon2id(CHEAP, CONFIG.hashKey)
  const programOf = (header: string | undefined): Promise<string | undefined> => portal.accounts.apiKeys.verify(header)
  const authority = await openAuthority(config, { ...ports, store: store ?? memoryCodeStore(), programOf })
  const settings = portalConfigFrom({ LINDUNG_PORTAL_SECOND_FACTOR_FROM: "none", ...addPrefix(environment) })
  const portal: Portal = await openPortal(
    { ...settings, ORIGIN: port === undefined ? ORIGIN : `http://localhost:${port}` },
    config,
    {
      ...ports,
      accounts,
      passwords: passwords?.(real) ?? real,
      authority,
      sms: sms ?? {
        async send(number, text) {
          sent.push({ number, text })
        },
      },
    },
  )
  const server = createServer(portal.handler)
  await new Promise<void>(resolve => server.listen(port ?? 0, "127.0.0.1", resolve))

  const world: World = {
    authority,
    portal,
    accounts,
    log,
    answered,
    sent,
    now: () => now,
    later: seconds => {
      now += seconds
    },
    browser: () => openBrowser(server, answered),
    async user(name, role = "issuer") {
      await portal.accounts.administration.add(name, role, "test")
      const passwordHash = await real.hash(PASSWORD)
      await accounts.changeUser(name, user => ({ ...user, passwordHash, oneTimeUntil: null }))
    },
    async signedIn(name, role) {
      await world.user(name, role)
      const browser = world.browser()
      await browser.signIn(name)
      return browser
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await portal.close()
      await authority.close()
    },
  }
  return world
}

/** Paths that are not under the portal's routes. */
const isWhole = (path: string): boolean => /^\/(v1|docs|portal)(\/|$)/.test(path)

const addPrefix = (settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [`LINDUNG_PORTAL_${name}`, value]))

function openBrowser(server: Server, answered: string[]): Browser {
  const cookies = new Map<string, string>()
  const { port } = server.address() as AddressInfo

  function ask(method: string, path: string, body: string, headers: Record<string, string>): Promise<Answer> {
    const jar = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ")
    const all = { ...(jar && { cookie: jar }), ...headers }
    return new Promise((resolve, reject) => {
      const sending = request({ port, host: "127.0.0.1", method, path, headers: all }, response => {
        const parts: Buffer[] = []
        response.on("data", part => parts.push(part))
        response.on("end", () => {
          const text = Buffer.concat(parts).toString()
          if (!path.startsWith("/v1/portal/codes")) answered.push(text)
          for (const set of response.headers["set-cookie"] ?? []) {
            const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? []
            if (value === "") cookies.delete(name)
            else cookies.set(name, value)
          }
          const isJson = /json/.test(response.headers["content-type"] ?? "")
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: isJson ? JSON.parse(text) : {},
          })
        })
      })
      sending.on("error", reject)
      sending.end(body)
    })
  }
  const browser: Browser = {
    cookies,
    get: (path, headers = {}) =>
      ask("GET", isWhole(path) ? path : `/v1/portal${path}`, "", {
        "sec-fetch-site": "same-origin",
        ...headers,
      }),
    post: (path, body = {}, headers = {}) =>
      ask("POST", isWhole(path) ? path : `/v1/portal${path}`, typeof body === "string" ? body : JSON.stringify(body), {
        origin: ORIGIN,
        "sec-fetch-site": "same-origin",
        "content-type": "application/json",
        ...headers,
      }),
    signIn: (name, password = PASSWORD) => browser.post("/sign-in", { name, password }),
  }
  return browser
}
