import { randomBytes } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { concat, type Random, signature, time } from "../../src/crypto/index.ts"
import { readExport } from "../../src/protocol/export.ts"
import {
  commitment,
  type Design,
  type DesignName,
  defaultParameters,
  designByName,
  encodeExposureKey,
  firstSlot,
  INGEST_KEYS_BYTES,
  ingestKeyFor,
  isPublished,
  PATHS,
  type ParameterSet,
  parseBatch,
  parseIngestKeys,
  type Report,
  redact,
  type Slot,
  sealCover,
  sealReport,
  signToken,
  slotBytes,
  slotCount,
  slotStart,
  withKeys,
} from "../../src/protocol/index.ts"
import {
  askWitnesses,
  fileTree,
  type KeyServer,
  memoryEnvelopes,
  memoryRecords,
  memoryTree,
  nativeEd25519,
  nativeX25519,
  openKeyServer,
  type ServerConfig,
  type ServerEvent,
  type ServerPorts,
  segmentEnvelopes,
  sqliteRecords,
} from "../../src/server/index.ts"
import { smallBatches } from "../../src/simulator/deployment.ts"

export const random: Random = { bytes: n => new Uint8Array(randomBytes(n)) }
export const native = { ed25519: nativeEd25519, x25519: nativeX25519 }

/** 12:00 UTC of a day in 2026, the start of bucket 247,650. */
export const FIRST_BUCKET = 247_650
export const authoritySeed = new Uint8Array(32).fill(7)

export function serverConfig(
  designs: readonly DesignName[] = ["hybrid"],
  changes: Partial<ServerConfig> = {},
): ServerConfig {
  return {
    logName: "log.example",
    logSeed: new Uint8Array(32).fill(1),
    receiptSeed: new Uint8Array(32).fill(2),
    wrappingKey: new Uint8Array(32).fill(3),
    authorityKeys: [signature.ed25519.verifyKey(authoritySeed)],
    parameters: [smallBatches(defaultParameters(FIRST_BUCKET, designs))],
    uploadsPerMinute: 0,
    proxies: 0,
    ...(designs.includes("gaen") && {
      exportRegion: "310",
      exportKeys: [{ id: "310", version: "v1", secretKey: new Uint8Array(32).fill(4) }],
    }),
    ...changes,
  }
}

export const noWitnesses = askWitnesses([], 0, {
  ask: () => Promise.reject(new Error("there are none")),
  ed25519: nativeEd25519,
  missing: () => {},
})

export const noteKey = (config: ServerConfig) => ({
  name: config.logName,
  publicKey: nativeEd25519.verifyKey(config.logSeed),
})

export const memoryStores = (): ServerPorts["stores"] => ({
  envelopes: memoryEnvelopes(),
  records: memoryRecords(),
  tree: memoryTree(),
})

export const fileStores = async (directory: string): Promise<ServerPorts["stores"]> => ({
  envelopes: await segmentEnvelopes(join(directory, "envelopes"), random),
  records: await sqliteRecords(join(directory, "records.sqlite")),
  tree: await fileTree(directory),
})

export interface Running {
  readonly server: KeyServer
  readonly url: string
  readonly events: ServerEvent[]
  /** Unix seconds; set it to move on. */
  now: number
  post(body: Uint8Array, headers?: Record<string, string>): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  file(path: string): Promise<Uint8Array>
  stop(): Promise<void>
}

/** A key server behind a real socket, on a clock that stands still until it is moved. */
export async function running(
  config: ServerConfig = serverConfig(),
  stores: ServerPorts["stores"] = memoryStores(),
  now = time.bucketStart(FIRST_BUCKET) + 100,
): Promise<Running> {
  const events: ServerEvent[] = []
  const state = { now }
  const server = await openKeyServer(config, {
    clock: () => state.now,
    random,
    stores,
    curves: native,
    log: event => events.push(event),
  })
  const listener = createServer(server.handler)
  await new Promise<void>(resolve => listener.listen(0, "127.0.0.1", resolve))
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  const get = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers })
  return {
    server,
    url,
    events,
    get now() {
      return state.now
    },
    set now(value) {
      state.now = value
    },
    get,
    post: (body, headers = {}) =>
      fetch(`${url}/v1/uploads`, {
        method: "POST",
        body: new Uint8Array(body),
        headers: { "content-type": "application/octet-stream", ...headers },
      }),
    async file(path) {
      const answer = await get(path)
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`)
      return new Uint8Array(await answer.arrayBuffer())
    },
    async stop() {
      listener.closeAllConnections()
      await new Promise(resolve => listener.close(resolve))
      await server.close()
    },
  }
}

export interface Written {
  readonly report: Report
  readonly token: Uint8Array
}

/** The key of a day, of design 4, cut short when it was reported for this bucket. */
function keySlot(day: number, bucket: number): Uint8Array {
  const rollingStart = 144 * day
  const lived = time.interval(time.bucketStart(bucket - 1)) - rollingStart
  const rollingPeriod = lived >= 1 && lived <= 144 ? lived : 144
  return concat(encodeExposureKey({ tek: random.bytes(16), rollingStart, rollingPeriod }), random.bytes(16))
}

/** A report whose phone revealed every slot from `fromDaysBack` days ago to the bucket's end, or the first of them. */
export function write(
  name: DesignName,
  bucket: number,
  parameters: ParameterSet,
  changes: {
    fromDaysBack?: number
    contagiousFromDay?: number
    expiryDay?: number
    seed?: Uint8Array
    /** Slots revealed besides. */
    also?: readonly number[]
    /** The first slot, where it is not that of today. */
    first?: number
    /** What the phone did to its slots before it committed to them. */
    change?: (slot: Slot) => Slot
  } = {},
): Written {
  const design = designByName(name) as Design
  const today = time.day(time.bucketStart(bucket))
  const fromDay = today - (changes.fromDaysBack ?? 2)
  const whole: Report = {
    design,
    first: changes.first ?? firstSlot(design, today, parameters),
    r: random.bytes(32),
    slots: Array.from({ length: slotCount(design, parameters) }, (_, j) => ({
      revealed: true,
      bytes:
        design.name === "gaen"
          ? keySlot(firstSlot(design, today, parameters) + j, bucket)
          : random.bytes(slotBytes(design)),
    })),
  }
  const end = time.bucketStart(bucket) + time.SECONDS_PER_BUCKET
  let shown = 0
  const committed = changes.change ? { ...whole, slots: whole.slots.map(changes.change) } : whole
  const report = redact(committed, slot => {
    const start = slotStart(design, slot, parameters)
    const isShown = start >= fromDay * time.SECONDS_PER_DAY && start < end && (design.reveals === "any" || shown === 0)
    if (isShown) shown++
    return !isShown && !changes.also?.includes(slot)
  })
  const facts = {
    mechanism: 1 as const,
    contagiousFromDay: changes.contagiousFromDay ?? fromDay,
    expiryDay: changes.expiryDay ?? today + 13,
    commitment: commitment(report),
  }
  return { report, token: signToken(facts, changes.seed ?? authoritySeed, nativeEd25519) }
}

/** What the report would publish, as hexadecimal digits. */
export function secretsOf({ report }: Written): string[] {
  return report.slots.flatMap(slot =>
    slot.revealed ? [Buffer.from(slot.bytes.subarray(0, report.design.secretBytes)).toString("hex")] : [],
  )
}

/** Those of them that a batch holds, as a phone that made the report finds out. @param zip of a batch of design 4 */
export function publishedOf(file: Uint8Array, { report }: Written, zip?: Uint8Array): string[] {
  const parsed = parseBatch(file)
  const batch = parsed.holds === "archive" ? withKeys(parsed, readExport("zip", zip!)) : parsed
  const { design, first, slots } = report
  return slots.flatMap((slot, j) => {
    if (!slot.revealed) return []
    const secret = slot.bytes.subarray(0, design.secretBytes)
    return isPublished(batch, first + j, secret) ? [Buffer.from(secret).toString("hex")] : []
  })
}

/** Seals as a phone does: to the key that the server lists for the bucket. */
export async function sealer(at: Running, bucket: number, parameters: ParameterSet, name: DesignName = "hybrid") {
  const lists = await at.file(PATHS.ingestKeys)
  const publicKey = Array.from({ length: lists.length / INGEST_KEYS_BYTES }, (_, i) =>
    ingestKeyFor(parseIngestKeys(lists.subarray(i * INGEST_KEYS_BYTES, (i + 1) * INGEST_KEYS_BYTES)), bucket),
  ).find(key => key !== undefined)
  if (publicKey === undefined) throw new Error(`no key for bucket ${bucket}`)
  const to = { design: designByName(name) as Design, bucket, parameters, publicKey, random, curve: nativeX25519 }
  return {
    cover: () => sealCover(to),
    report: ({ report, token }: Written) => sealReport(report, token, to),
  }
}
