import type { Config, Http, HttpRequest, HttpResponse } from "../../src/client/index.ts"
import { base64, concat, ecdsa, merkle, sealedBox, time } from "../../src/crypto/index.ts"
import { type ExportKey, KeyTable, writeExport } from "../../src/protocol/export.ts"
import {
  type DesignName,
  defaultParameters,
  designByName,
  encodeArchiveBatch,
  encodeBatch,
  encodeEntries,
  encodeFilterBatch,
  encodeIngestKeys,
  encodeLeaf,
  encodeNoteKey,
  encodeParameters,
  encodeTile,
  envelopeBucket,
  type LeafType,
  leafOf,
  type Opened,
  openEnvelope,
  PATHS,
  type ParameterSet,
  parametersHash,
  parseRedeem,
  signCheckpoint,
  signReceipt,
  signToken,
  tilePath,
  tilesUnder,
  tilesWritten,
  UPLOADS_PATH,
} from "../../src/protocol/index.ts"
import { nativeEd25519, nativeX25519 } from "../../src/server/index.ts"
import { CONFIG } from "./config.ts"

const SEED = new Uint8Array(32).fill(21)
const EXPORT_SECRET = new Uint8Array(32).fill(22)
const NAME = "log.example"
const made = new Map<number, ReturnType<typeof sealedBox.keyPair>>()

/** Every log of a test run has the same keys, which are made once. */
function keysOf(n: number): ReturnType<typeof sealedBox.keyPair> {
  const keys = made.get(n) ?? sealedBox.keyPair(new Uint8Array(32).fill(n), nativeX25519)
  made.set(n, keys)
  return keys
}

/** A log and its files, made by hand: every lie of a server can be told with it. */
export class TestLog {
  readonly leaves: Uint8Array[] = []
  readonly files = new Map<string, Uint8Array>()
  readonly parameters: ParameterSet
  readonly design: DesignName
  readonly requests: HttpRequest[] = []
  /** Changes an answer, or refuses by throwing. */
  tamper: (path: string, file: Uint8Array | undefined) => Uint8Array | undefined = (_, file) => file

  constructor(firstBucket: number, design: DesignName = "hybrid") {
    this.design = design
    this.parameters = defaultParameters(firstBucket, [design])
    this.addLogged("parameters", firstBucket, encodeParameters(this.parameters))
    this.files.set(PATHS.parameters, encodeParameters(this.parameters))
    const list = this.keyList(firstBucket, 1)
    this.addLogged("ingest-keys", firstBucket, list)
    this.files.set(PATHS.ingestKeys, list)
  }

  keyList(firstBucket: number, fill: number): Uint8Array {
    return encodeIngestKeys({
      firstBucket,
      keys: Array.from({ length: 24 }, (_, i) => keysOf(fill + i).publicKey),
    })
  }

  /** What the envelope holds that a phone has uploaded. */
  open(envelope: Uint8Array): Opened {
    const bucket = envelopeBucket(envelope)
    const keys = keysOf(1 + bucket - this.parameters.validFromBucket)
    return openEnvelope(envelope, bucket, keys, this.parameters, nativeX25519)
  }

  addLogged(type: LeafType, bucket: number, file: Uint8Array, design = 0): void {
    this.leaves.push(encodeLeaf(leafOf(type, bucket, design, file)))
  }

  batch(bucket: number, secrets: Map<number, Uint8Array[]>, changes: { design?: DesignName; hash?: Uint8Array } = {}) {
    const design = designByName(changes.design ?? this.design)!
    const hash = changes.hash ?? parametersHash(this.parameters)
    return encodeBatch({ design, bucket, parametersHash: hash, salt: new Uint8Array(16).fill(bucket & 255) }, secrets)
  }

  /** A batch of design 4 with its archive. @param change what is logged and served in place of the zip */
  addArchive(
    bucket: number,
    keys: readonly ExportKey[],
    o: { revised?: readonly ExportKey[]; change?: (zip: Uint8Array) => Uint8Array; count?: number } = {},
  ): void {
    const { revised = [], change = zip => zip, count = keys.length + revised.length } = o
    const [zip] = writeExport({
      keys: KeyTable.from(keys),
      revisedKeys: KeyTable.from(revised),
      start: time.bucketStart(bucket),
      end: time.bucketStart(bucket + 1),
      region: "test",
      signers: [
        {
          info: { keyId: "test", keyVersion: "v1", algorithm: "" },
          sign: bin => ecdsa.ecdsaP256.sign(bin, EXPORT_SECRET),
        },
      ],
    })
    const served = change(zip!)
    const header = { design: designByName("gaen")!, bucket, parametersHash: parametersHash(this.parameters) }
    this.addBatch(bucket, encodeArchiveBatch({ ...header, salt: new Uint8Array(16) }, count, served))
    this.files.set(PATHS.archive("gaen", bucket), served)
  }

  /** A batch of design 2 in which nothing is. */
  addFilter(bucket: number): void {
    const header = { design: designByName("unlinkable")!, bucket, parametersHash: parametersHash(this.parameters) }
    const salted = { ...header, salt: new Uint8Array(16).fill(bucket & 255) }
    this.addBatch(bucket, encodeFilterBatch(salted, [], this.parameters.fingerprintBits))
  }

  /** Logs a batch, whatever the file holds. */
  addBatch(bucket: number, file: Uint8Array = this.batch(bucket, new Map())): void {
    this.addLogged("batch", bucket, file, designByName(this.design)!.code)
    this.files.set(PATHS.batch(this.design, bucket), file)
  }

  /** Signs and shows the log as it is now: what phones ask for, or all of its tiles. */
  publish(bucket: number, changes: { seed?: Uint8Array; name?: string; size?: number; all?: boolean } = {}): void {
    const { seed = SEED, name = NAME, size = this.leaves.length } = changes
    const levels: Uint8Array[][] = [this.leaves.map(leaf => merkle.leafHash(leaf))]
    for (let level = 0; levels[level]!.length > 1; level++)
      levels.push(
        Array.from({ length: Math.floor(levels[level]!.length / 2) }, (_, i) =>
          merkle.nodeHash(levels[level]![2 * i]!, levels[level]![2 * i + 1]!),
        ),
      )
    const node: merkle.NodeReader = (level, index) => levels[level]![index]!
    for (const tile of changes.all ? tilesWritten(0, size) : tilesUnder(size))
      this.files.set(
        tilePath(tile),
        tile.level < 0
          ? encodeEntries(this.leaves.slice(256 * tile.index, 256 * tile.index + tile.width))
          : encodeTile(tile, node),
      )
    const checkpoint = { origin: name, size, root: merkle.root(size, node), bucket }
    this.files.set(PATHS.checkpoint, signCheckpoint(checkpoint, name, seed, nativeEd25519))
  }

  readonly http: { send: Http["send"] } = {
    send: async request => {
      this.requests.push(request)
      if (request.body) return this.#answer(request.url, request.body)
      const path = request.url.slice(CONFIG.server.files.length)
      const body = this.tamper(path, this.files.get(path))
      return { status: body === undefined ? 404 : 200, headers: new Map(), body: concat(body ?? new Uint8Array(0)) }
    },
  }

  /** Ingest, which promises the envelope's own bucket; and an authority to whom every code but one is good. */
  #answer(url: string, body: Uint8Array): HttpResponse {
    if (url.endsWith(UPLOADS_PATH)) {
      const receipt = signReceipt(body, envelopeBucket(body), SEED, nativeEd25519)
      return { status: 202, headers: new Map(), body: receipt }
    }
    const { code, commitment } = parseRedeem(body)
    const good = !code.every(symbol => symbol === 0x30)
    const token = signToken(
      { mechanism: 1, contagiousFromDay: this.contagiousFromDay, expiryDay: this.contagiousFromDay + 13, commitment },
      good ? SEED : new Uint8Array(32),
      nativeEd25519,
    )
    return { status: 200, headers: new Map(), body: token }
  }

  /** The first contagious day that the authority puts into its tokens. */
  contagiousFromDay = 0

  get config(): Config {
    const logKey = encodeNoteKey({ name: NAME, publicKey: nativeEd25519.verifyKey(SEED) })
    const receiptKey = base64(nativeEd25519.verifyKey(SEED))
    const authority = { ...CONFIG.authority, publicKey: receiptKey }
    const exportKeys = this.design === "gaen" ? [base64(ecdsa.ecdsaP256.publicKey(EXPORT_SECRET))] : undefined
    const server = { ...CONFIG.server, logKey, receiptKey, ...(exportKeys && { exportKeys }) }
    return { ...CONFIG, design: this.design, server, authority }
  }
}

export const startOf = (bucket: number): number => time.bucketStart(bucket)
