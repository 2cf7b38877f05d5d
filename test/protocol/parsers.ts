import { ascii, concat, fromAscii, fromHex, merkle, sealedBox, u32 } from "../../src/crypto/index.ts"
import {
  defaultParameters,
  encodeBatch,
  encodeFilterBatch,
  encodeParameters,
  encodeTile,
  envelopeBucket,
  openEnvelope,
  parseAuthorityKeys,
  parseBatch,
  parseIngestKeys,
  parseLeaf,
  parseNoteKey,
  parseParameters,
  parseReceipt,
  parseRedeem,
  parseToken,
  TileReader,
  verifyToken,
} from "../../src/protocol/index.ts"
import { PARSERS as LOG_PARSERS } from "./hostile.ts"
import { ed25519, x25519 } from "./platform.ts"
import { vectors } from "./vectors.ts"

/** A parser of what comes from outside: messages that it takes, and what it does with any bytes at all. */
export interface Parser {
  readonly name: string
  readonly messages: readonly Uint8Array[]
  parse(bytes: Uint8Array): unknown
  /** Bytes that it may take from memory for each byte it is given, beside 64 KiB. */
  readonly perByte?: number
}

const { bucket, ingest_secret, ingest_public, receipt_key, authority_key } = vectors.parameters
const keys = { secretKey: fromHex(ingest_secret), publicKey: fromHex(ingest_public) }
const parameters = { ...defaultParameters(0, ["low-cost", "unlinkable", "hybrid"]), ...vectors.report_lengths }
const leafHashes = Array.from({ length: 300 }, (_, i) => merkle.leafHash(u32(i)))
const node: merkle.NodeReader = (level, index) =>
  level === 0 ? leafHashes[index]! : merkle.nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
const tile = { level: 0, index: 0, width: 40 }
const root = merkle.root(tile.width, node)

const header = (design: string) => {
  const known = parseBatch(fromHex(vectors.batches.find(batch => batch.design === design)!.file))
  return { ...known, salt: new Uint8Array(16).fill(3) }
}
const manySeeds = encodeBatch(
  header("hybrid"),
  new Map(
    [0, 1, 2].map(slot => [slot, Array.from({ length: 60 }, (_, i) => fromHex(`${slot}${i}`.padStart(32, "0")))]),
  ),
)
const filters = (["ribbon", "cuckoo"] as const).map(kind => {
  const { file } = vectors.filter_batches.find(batch => batch.kind === kind)!
  const items = Array.from({ length: 100 }, (_, i) => leafHashes[i]!)
  return [fromHex(file), encodeFilterBatch(parseBatch(fromHex(file)), items, 42, kind)]
})

const open = (envelope: Uint8Array) => openEnvelope(envelope, bucket, keys, parameters, x25519)
const fixed = { bytes: (n: number) => new Uint8Array(n).fill(5) }
/** Long reports cost long to seal, and their parser is that of the short ones. */
const often = <T>(byLength: readonly T[]): T[] =>
  byLength.flatMap((one, i) => new Array<T>(byLength.length - i).fill(one))
const byLength = [...vectors.reports].sort((a, b) => a.envelope.length - b.envelope.length)
const plaintexts = byLength.map(({ envelope }) => {
  const plaintext = sealedBox.open(fromHex(envelope).subarray(5), keys, x25519)
  if (plaintext === undefined) throw new Error("the vector does not open")
  return plaintext
})

/** Every parser of bytes that come from a server, a phone or an authority. */
export const PARSERS: readonly Parser[] = [
  // Text is split and copied more often than bytes.
  ...Object.entries(LOG_PARSERS).map(([name, [messages, parse]]) => ({ name, messages, parse, perByte: 64 })),
  {
    name: "tile under a root",
    messages: [encodeTile(tile, node)],
    parse(bytes) {
      const reader = new TileReader()
      reader.add(tile, bytes)
      return reader.isUnder(tile.width, root)
    },
    perByte: 400,
  },
  { name: "leaf", messages: [fromHex(vectors.leaf.leaf)], parse: parseLeaf },
  {
    name: "log key",
    messages: [ascii(vectors.checkpoint.note_key)],
    parse: bytes => parseNoteKey(fromAscii(bytes)),
    perByte: 64,
  },
  {
    name: "receipt",
    messages: vectors.reports.map(({ receipt }) => fromHex(receipt)),
    parse: bytes => parseReceipt(bytes, new Uint8Array(100), fromHex(receipt_key), ed25519),
  },
  { name: "ingest key list", messages: [fromHex(vectors.ingest_keys.file)], parse: parseIngestKeys },
  { name: "authority key list", messages: [fromHex(vectors.authority_keys.file)], parse: parseAuthorityKeys },
  {
    name: "parameter set",
    messages: [encodeParameters(parameters), ascii(vectors.parameters_set.canonical)],
    parse: parseParameters,
    perByte: 64,
  },
  {
    name: "batch",
    messages: [...vectors.batches.map(({ file }) => fromHex(file)), manySeeds],
    parse: parseBatch,
  },
  { name: "filter batch", messages: filters.flat(), parse: parseBatch },
  {
    name: "token",
    messages: vectors.reports.map(({ token }) => fromHex(token)),
    parse: bytes => verifyToken(parseToken(bytes), [fromHex(authority_key)], ed25519),
  },
  { name: "redeem request", messages: [fromHex(vectors.redeem.request)], parse: parseRedeem },
  {
    name: "envelope",
    messages: often(byLength.map(({ envelope }) => fromHex(envelope))).concat(
      byLength.map(({ cover }) => fromHex(cover)),
    ),
    parse: bytes => [envelopeBucket(bytes), open(bytes)],
    perByte: 64,
  },
  {
    // Sealed as a hostile phone would: what is hostile is inside.
    name: "report",
    messages: often(plaintexts),
    parse: bytes => open(concat(Uint8Array.of(1), u32(bucket), sealedBox.seal(bytes, keys.publicKey, fixed, x25519))),
    perByte: 64,
  },
]
