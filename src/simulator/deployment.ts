import { type Authority, memoryCodeStore, openAuthority } from "../authority/index.ts"
import type { Config } from "../client/index.ts"
import { base64, ecdsa, type Random } from "../crypto/index.ts"
import {
  type DesignName,
  defaultParameters,
  encodeNoteKey,
  type ParameterSet,
  paddingSizes,
} from "../protocol/index.ts"
import {
  type InProcessAnswer,
  type InProcessRequest,
  inProcess,
  type KeyServer,
  memoryEnvelopes,
  memoryRecords,
  memoryTree,
  nativeCurves,
  nativeEd25519,
  openKeyServer,
} from "../server/index.ts"
import { seededDice } from "./dice.ts"

const LOG_NAME = "log.lindung.test"
const SERVER_URL = "https://server.lindung.test"
const AUTHORITY_URL = "https://authority.lindung.test"

/**
 * The same with made-up reports of today alone: of the time that a world takes, most would go into padding, which says
 * nothing of an app. Their number is the public one.
 */
export function smallBatches(parameters: ParameterSet): ParameterSet {
  const firstDayAge = parameters.paddingProfile.firstDayAge.map((_, age) => (age === 0 ? 1 : 0))
  const paddingProfile = { ...parameters.paddingProfile, firstDayAge }
  const sizes = parameters.designs.map(design => [
    design,
    paddingSizes(design, paddingProfile, parameters.minPaddingReports, parameters),
  ])
  return { ...parameters, paddingProfile, paddingSizes: Object.fromEntries(sizes) }
}

/** The real services over memory stores, without a socket. */
export interface Deployment {
  readonly keyServer: KeyServer
  readonly authority: Authority
  /** The part of a configuration that names and pins them. */
  readonly pinned: Pick<Config, "server" | "authority">
  /** Answers a request to one of their hosts. @throws for any other host */
  answer(request: Omit<InProcessRequest, "path"> & { readonly url: string }): Promise<InProcessAnswer>
  close(): Promise<void>
}

/** @param clock unix seconds; nothing here waits, so that time is the caller's alone */
export async function deploy(
  seed: number,
  clock: () => number,
  firstBucket: number,
  design: DesignName,
  mechanism: Config["authority"]["mechanism"],
): Promise<Deployment> {
  const dice = (role: string): Random => seededDice(`${seed}/${role}`)
  const keys = dice("keys")
  const [logSeed, receiptSeed, wrappingKey, signingSeed, hashKey] = Array.from({ length: 5 }, () => keys.bytes(32)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  const exportKey = keys.bytes(32)
  const archives =
    design === "gaen" ? { exportRegion: "test", exportKeys: [{ id: "test", version: "v1", secretKey: exportKey }] } : {}
  const authority = await openAuthority(
    {
      signingSeed,
      hashKey,
      mechanism,
      codeValidHours: 24,
      activationHours: 6,
      testValidHours: 168,
      timeZone: "UTC",
      tokenValidDays: 3,
      redeemMillis: 20,
      maxWaiting: 1_000,
    },
    {
      clock,
      monotonic: () => 0,
      wait: async () => {},
      random: dice("authority"),
      store: memoryCodeStore(),
      curve: nativeEd25519,
    },
  )
  const keyServer = await openKeyServer(
    {
      logName: LOG_NAME,
      logSeed,
      receiptSeed,
      wrappingKey,
      authorityKeys: [authority.publicKey],
      parameters: [smallBatches(defaultParameters(firstBucket, [design]))],
      uploadsPerMinute: 0,
      proxies: 0,
      ...archives,
    },
    {
      clock,
      random: dice("server"),
      stores: { envelopes: memoryEnvelopes(), records: memoryRecords(), tree: memoryTree() },
      curves: nativeCurves,
      after: (_, run) => run(),
    },
  )
  const hosts = new Map([
    [SERVER_URL, inProcess(keyServer.handler)],
    [AUTHORITY_URL, inProcess(authority.handler)],
  ])
  return {
    keyServer,
    authority,
    pinned: {
      server: {
        files: SERVER_URL,
        uploads: SERVER_URL,
        logKey: encodeNoteKey({ name: LOG_NAME, publicKey: nativeEd25519.verifyKey(logSeed) }),
        receiptKey: base64(nativeEd25519.verifyKey(receiptSeed)),
        ...(design === "gaen" && { exportKeys: [base64(ecdsa.ecdsaP256.publicKey(exportKey))] }),
      },
      authority: { url: AUTHORITY_URL, publicKey: base64(authority.publicKey), mechanism },
    },
    answer({ url, ...request }) {
      for (const [host, ask] of hosts)
        if (url.startsWith(`${host}/`)) return ask({ ...request, path: url.slice(host.length) })
      throw new Error(`nobody answers at ${url}`)
    },
    async close() {
      await keyServer.close()
      await authority.close()
    },
  }
}
