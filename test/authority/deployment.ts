import { createServer, type IncomingMessage, request } from "node:http"
import type { AddressInfo } from "node:net"
import {
  type Authority,
  type AuthorityConfig,
  type AuthorityPorts,
  authorityConfigFrom,
  memoryCodeStore,
  openAuthority,
} from "../../src/authority/index.ts"
import { signature } from "../../src/crypto/index.ts"
import { seeded } from "../dice.ts"

/** Not at a full hour. */
export const START = 1_800_001_234
export const TODAY = Math.floor(START / 86_400)
export const API_KEY = "k".repeat(64)

export const CONFIG: AuthorityConfig = {
  ...authorityConfigFrom({
    LINDUNG_AUTHORITY_SIGNING_SEED: "01".repeat(32),
    LINDUNG_AUTHORITY_HASH_KEY: "02".repeat(32),
  }),
  maxWaiting: 100,
}

export interface Answer {
  readonly status: number
  /** Names and values as they were sent, without the date. */
  readonly headers: readonly string[]
  readonly body: Buffer
}

export interface Deployment {
  readonly authority: Authority
  readonly log: string[]
  /** Moves the wall clock. */
  later(seconds: number): void
  ask(method: string, path: string, body: Uint8Array | string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, body: Uint8Array | string, headers?: Record<string, string>): Promise<Answer>
  issue(body: unknown, headers?: Record<string, string>): Promise<Answer>
  redeem(body: Uint8Array): Promise<Answer>
  close(): Promise<void>
}

/** An authority on loopback. Its waits end at once unless the ports say otherwise. */
export async function deploy(
  config: Partial<AuthorityConfig> = {},
  ports: Partial<AuthorityPorts> = {},
): Promise<Deployment> {
  let now = START
  let elapsed = 0
  const log: string[] = []
  const authority = await openAuthority(
    { ...CONFIG, ...config },
    {
      clock: () => now,
      monotonic: () => elapsed,
      wait: async ms => {
        elapsed += ms
      },
      random: seeded(11),
      store: memoryCodeStore(),
      curve: signature.ed25519,
      programOf: async header => (header === `Bearer ${API_KEY}` ? "key-1" : undefined),
      log: (event, facts) => log.push(JSON.stringify({ event, ...facts })),
      ...ports,
    },
  )
  const server = createServer(authority.handler)
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo

  const ask: Deployment["ask"] = (method, path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const sent = request({ port, host: "127.0.0.1", path, method, headers }, response =>
        collect(response).then(resolve, reject),
      )
      sent.on("error", reject)
      sent.end(body)
    })
  const post: Deployment["post"] = (path, body, headers) => ask("POST", path, body, headers)
  return {
    authority,
    log,
    later: seconds => {
      now += seconds
    },
    ask,
    post,
    issue: (body, headers = { authorization: `Bearer ${API_KEY}` }) =>
      post("/v1/codes", typeof body === "string" ? body : JSON.stringify(body), {
        "content-type": "application/json",
        ...headers,
      }),
    redeem: body => post("/v1/redeem", body, { "content-type": "application/octet-stream" }),
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await authority.close()
    },
  }
}

async function collect(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  const { rawHeaders } = response
  const headers = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 && name.toLowerCase() !== "date" ? [`${name}: ${rawHeaders[i + 1]}`] : [],
  )
  return { status: response.statusCode ?? 0, headers, body: Buffer.concat(parts) }
}
