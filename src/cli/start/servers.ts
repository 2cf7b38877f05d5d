import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { type Authority, newApiKey, openAuthority, sqliteCodeStore } from "../../authority/index.ts"
import type { Config } from "../../client/index.ts"
import { base64, signature, time } from "../../crypto/index.ts"
import { CODES_PATH, type DesignName, defaultParameters, encodeNoteKey } from "../../protocol/index.ts"
import {
  fileTree,
  type KeyServer,
  nativeEd25519,
  nativeX25519,
  openKeyServer,
  segmentEnvelopes,
  sqliteRecords,
} from "../../server/index.ts"
import type { VirtualTime } from "../../simulator/index.ts"
import { systemRandom } from "../random.ts"

/** Both services of one run, on loopback, over files in their own directories. */
export interface Servers {
  readonly keyServer: KeyServer
  readonly keyServerUrl: string
  readonly authorityUrl: string
  /** What an app passes to `open()`. */
  readonly appConfig: Config
  /** As a test site does it: over HTTP, with its API key. */
  issueCode(contagiousFromDay: number): Promise<string>
  close(): Promise<void>
}

const LOOPBACK = "127.0.0.1"

function listen(handler: RequestListener): Promise<{ server: Server; url: string }> {
  return new Promise((resolve, reject) => {
    const server = createServer(handler)
    server.on("error", reject)
    server.listen(0, LOOPBACK, () => {
      resolve({ server, url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}` })
    })
  })
}

function shut(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise(resolve => server.close(() => resolve()))
}

export interface ServerOptions {
  readonly directory: string
  readonly design: DesignName
  readonly risk: string
  readonly virtual: VirtualTime
  readonly redeemMillis: number
}

/** Opens key server and authority with fresh keys: two runs never share a log. */
export async function openServers(o: ServerOptions): Promise<Servers> {
  const clock = () => o.virtual.now
  const seed = () => systemRandom.bytes(32)
  const [logSeed, receiptSeed, signingSeed] = [seed(), seed(), seed()]
  const apiKey = newApiKey(systemRandom)
  const logName = "lindung.local/log"

  const authority: Authority = await openAuthority(
    {
      signingSeed,
      hashKey: seed(),
      apiKeyHashes: [apiKey.hash],
      mechanism: "simple",
      codeValidHours: 24,
      tokenValidDays: 3,
      redeemMillis: o.redeemMillis,
      maxWaiting: 2_000,
    },
    {
      clock,
      monotonic: () => performance.now(),
      wait: ms => new Promise(resolve => setTimeout(resolve, ms)),
      random: systemRandom,
      store: await sqliteCodeStore(join(o.directory, "authority.sqlite"), systemRandom),
      curve: nativeEd25519,
    },
  )
  const keyServer = await openKeyServer(
    {
      logName,
      logSeed,
      receiptSeed,
      wrappingKey: seed(),
      authorityKeys: [authority.publicKey],
      parameters: [defaultParameters(time.bucket(o.virtual.now), [o.design])],
      uploadsPerMinute: 0,
      proxies: 0,
    },
    {
      clock,
      random: systemRandom,
      stores: {
        envelopes: await segmentEnvelopes(join(o.directory, "envelopes")),
        records: await sqliteRecords(join(o.directory, "records.sqlite")),
        tree: await fileTree(join(o.directory, "public")),
      },
      curves: { ed25519: nativeEd25519, x25519: nativeX25519 },
    },
  )
  const [files, codes] = [await listen(keyServer.handler), await listen(authority.handler)]
  const key = (of: Uint8Array) => base64(signature.ed25519.verifyKey(of))
  return {
    keyServer,
    keyServerUrl: files.url,
    authorityUrl: codes.url,
    appConfig: {
      appId: "local.lindung.demonstration",
      server: {
        files: files.url,
        uploads: files.url,
        logKey: encodeNoteKey({ name: logName, publicKey: signature.ed25519.verifyKey(logSeed) }),
        receiptKey: key(receiptSeed),
      },
      authority: { url: codes.url, publicKey: key(signingSeed), mechanism: "simple" },
      design: o.design,
      risk: o.risk,
      cover: { meanDays: 5, catchUpHours: 48 },
      retention: { contactDays: 14, exposureDays: 14 },
      sync: { minIntervalHours: 2 },
    },
    async issueCode(contagiousFromDay) {
      const response = await fetch(codes.url + CODES_PATH, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey.key}`, "content-type": "application/json" },
        body: JSON.stringify({ contagiousFromDay }),
      })
      if (!response.ok) throw new Error(`the authority gave no code: status ${response.status}`)
      return ((await response.json()) as { code: string }).code
    },
    async close() {
      await Promise.all([shut(files.server), shut(codes.server)])
      await keyServer.close()
      await authority.close()
    },
  }
}
