import { fromAscii, fromHex, hex, merkle, type Random, signature, time } from "../../crypto/index.ts"
import {
  commitment,
  designByName,
  encodeAuthorityKeys,
  encodeBatch,
  encodeEntries,
  encodeFilterBatch,
  encodeIngestKeys,
  encodeLeaf,
  encodeNoteKey,
  encodeParameters,
  encodeRedeem,
  entryOf,
  type FilterKind,
  isPublished,
  type Lengths,
  leafOf,
  openEnvelope,
  type ParameterSet,
  parametersHash,
  parseBatch,
  parseReceipt,
  type Report,
  redact,
  sealCover,
  sealReport,
  signCheckpoint,
  signReceipt,
  signToken,
  slotLeaf,
  spentTag,
  verifyCheckpoint,
} from "../../protocol/index.ts"
import type { Check, Verifier } from "./check.ts"

interface ReportCase {
  design: string
  first: number
  revealed: number[]
  r: string
  slots: string[]
  leaves: string[]
  commitment: string
  spent_tag: string
  token: string
  random: string
  envelope: string
  cover_random: string
  cover: string
  receipt: string
}

interface FilterBatchCase {
  kind: FilterKind
  fingerprint_bits: number
  parameters_hash: string
  salt: string
  seeds: Record<string, string[]>
  items: string[]
  made_up: string[]
  file: string
}

interface ProtocolFile {
  parameters: {
    bucket: number
    authority_seed: string
    receipt_seed: string
    receipt_key: string
    ingest_secret: string
    ingest_public: string
  }
  report_lengths: Lengths
  reports: ReportCase[]
  batches: { design: string; parameters_hash: string; salt: string; secrets: Record<string, string[]>; file: string }[]
  filter_batches: FilterBatchCase[]
  checkpoint: {
    origin: string
    size: number
    root: string
    bucket: number
    seed: string
    note_key: string
    note: string
  }
  parameters_set: { set: ParameterSet; canonical: string; hash: string }
  merkle: {
    leaves: string[]
    leaf_hashes: string[]
    roots: string[]
    inclusion: { index: number; size: number; proof: string[] }[]
    consistency: { old_size: number; size: number; proof: string[] }[]
  }
  authority_keys: { keys: string[]; file: string }
  ingest_keys: { first_bucket: number; keys: string[]; file: string }
  leaf: { bucket: number; design: number; file: string; leaf: string }
  entries: { leaves: string[]; file: string }
  redeem: { code: string; commitment: string; request: string }
}

/** A source that gives the bytes of a file, in order. */
function scripted(bytes: string): Random {
  let left = fromHex(bytes)
  return {
    bytes(n) {
      const drawn = left.slice(0, n)
      left = left.slice(n)
      return drawn
    },
  }
}

function reports(file: ProtocolFile, c: ReportCase, check: Check): void {
  const { bucket, authority_seed, receipt_seed, receipt_key, ingest_secret, ingest_public } = file.parameters
  const design = designByName(c.design)!
  const parameters = { ...file.parameters_set.set, ...file.report_lengths }
  const slots = c.slots.map(slot => ({ revealed: true as const, bytes: fromHex(slot) }))
  const whole: Report = { design, first: c.first, r: fromHex(c.r), slots }
  const report = redact(whole, slot => !c.revealed.includes(slot - c.first))
  const leaves = slots.map(({ bytes }, j) => hex(slotLeaf(design, c.first + j, bytes)))
  check.equal(`${c.design} leaves`, leaves, c.leaves)
  check.equal(`${c.design} commitment`, hex(commitment(whole)), c.commitment)
  check.equal(`${c.design} commitment after redaction`, hex(commitment(report)), c.commitment)
  check.equal(`${c.design} spent tag`, hex(spentTag(whole.r)), c.spent_tag)
  const day = Math.floor((bucket * time.SECONDS_PER_BUCKET) / time.SECONDS_PER_DAY)
  const facts = {
    mechanism: 1,
    contagiousFromDay: day - 2,
    expiryDay: day + 3,
    commitment: fromHex(c.commitment),
  } as const
  check.equal(`${c.design} token`, hex(signToken(facts, fromHex(authority_seed))), c.token)
  const to = { design, bucket, parameters, publicKey: fromHex(ingest_public) }
  const envelope = sealReport(report, fromHex(c.token), { ...to, random: scripted(c.random) })
  check.equal(`${c.design} envelope`, hex(envelope), c.envelope)
  const keys = { publicKey: fromHex(ingest_public), secretKey: fromHex(ingest_secret) }
  const opened = openEnvelope(fromHex(c.envelope), bucket, keys, parameters)
  check.equal(`${c.design} opened`, opened.kind === "report" && hex(commitment(opened.report)), c.commitment)
  check.equal(`${c.design} cover`, hex(sealCover({ ...to, random: scripted(c.cover_random) })), c.cover)
  check.equal(`${c.design} cover opened`, openEnvelope(fromHex(c.cover), bucket, keys, parameters), { kind: "cover" })
  check.equal(`${c.design} receipt`, hex(signReceipt(envelope, bucket, fromHex(receipt_seed))), c.receipt)
  check.equal(`${c.design} promised`, parseReceipt(fromHex(c.receipt), envelope, fromHex(receipt_key)), bucket)
}

function filterBatch(b: FilterBatchCase, bucket: number, check: Check): void {
  const design = designByName("unlinkable")!
  const header = { design, bucket, parametersHash: fromHex(b.parameters_hash), salt: fromHex(b.salt) }
  const seeds = Object.entries(b.seeds).flatMap(([epoch, list]) =>
    list.map(seed => ({ epoch: Number(epoch), seed: fromHex(seed) })),
  )
  const items = seeds.map(({ epoch, seed }) => entryOf(design, epoch, seed))
  check.equal(`${b.kind} batch: how often an item differs`, differences(items.map(hex), b.items), 0)
  const all = [...items, ...b.made_up.map(fromHex)]
  check.equal(`${b.kind} batch`, hex(encodeFilterBatch(header, all, b.fingerprint_bits, b.kind)), b.file)
  const batch = parseBatch(fromHex(b.file))
  check.equal(`${b.kind} batch entries`, batch.entries, all.length)
  for (const { epoch, seed } of seeds) check.ok(`${b.kind} batch holds ${epoch}`, isPublished(batch, epoch, seed))
}

/** Lists written in any order of their epochs. */
const differences = (made: readonly string[], claimed: readonly string[]): number =>
  made.filter(item => !claimed.includes(item)).length + Math.abs(made.length - claimed.length)

function files(file: ProtocolFile, check: Check): void {
  const { bucket } = file.parameters
  for (const b of file.batches) {
    const header = {
      design: designByName(b.design)!,
      bucket,
      parametersHash: fromHex(b.parameters_hash),
      salt: fromHex(b.salt),
    }
    const secrets = new Map(Object.entries(b.secrets).map(([slot, list]) => [Number(slot), list.map(fromHex)]))
    check.equal(`${b.design} batch`, hex(encodeBatch(header, secrets)), b.file)
    const batch = parseBatch(fromHex(b.file))
    check.equal(
      `${b.design} batch slots`,
      batch.holds === "secrets" && batch.groups.map(group => group.slot),
      [...secrets.keys()].sort((x, y) => x - y),
    )
  }
  for (const b of file.filter_batches) filterBatch(b, bucket, check)
  const { set, canonical, hash } = file.parameters_set
  check.equal("parameter set", fromAscii(encodeParameters(set)), canonical)
  check.equal("parameter set hash", hex(parametersHash(set)), hash)
  check.equal(
    "authority keys",
    hex(encodeAuthorityKeys(file.authority_keys.keys.map(fromHex))),
    file.authority_keys.file,
  )
  const { first_bucket, keys, file: list } = file.ingest_keys
  check.equal("ingest keys", hex(encodeIngestKeys({ firstBucket: first_bucket, keys: keys.map(fromHex) })), list)
  const leaf = leafOf("batch", file.leaf.bucket, file.leaf.design, fromHex(file.leaf.file))
  check.equal("leaf", hex(encodeLeaf(leaf)), file.leaf.leaf)
  check.equal("entry bundle", hex(encodeEntries(file.entries.leaves.map(fromHex))), file.entries.file)
  const { code, commitment: wanted, request } = file.redeem
  check.equal("redeem request", hex(encodeRedeem(code, fromHex(wanted))), request)
}

function checkpoint({ checkpoint: c }: ProtocolFile, check: Check): void {
  const body = { origin: c.origin, size: c.size, root: fromHex(c.root), bucket: c.bucket }
  const key = { name: c.origin, publicKey: signature.ed25519.verifyKey(fromHex(c.seed)) }
  const note = signCheckpoint(body, c.origin, fromHex(c.seed))
  check.equal("note key", encodeNoteKey(key), c.note_key)
  check.equal("checkpoint", Buffer.from(note).toString("utf8"), c.note)
  check.equal("checkpoint verifies", verifyCheckpoint(note, key).size, c.size)
}

function tree({ merkle: m }: ProtocolFile, check: Check): void {
  const hashes = m.leaves.map(leaf => merkle.leafHash(fromHex(leaf)))
  const node: merkle.NodeReader = (level, index) =>
    level === 0 ? hashes[index]! : merkle.nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
  check.equal("leaf hashes", hashes.map(hex), m.leaf_hashes)
  m.roots.forEach((root, size) => {
    check.equal(`root of ${size}`, hex(merkle.root(size, node)), root)
  })
  for (const { index, size, proof } of m.inclusion) {
    check.equal(`inclusion of ${index} in ${size}`, merkle.inclusionProof(index, size, node).map(hex), proof)
    const holds = merkle.verifyInclusion(index, size, hashes[index]!, proof.map(fromHex), merkle.root(size, node))
    check.ok(`inclusion of ${index} in ${size} verifies`, holds)
  }
  for (const { old_size, size, proof } of m.consistency) {
    check.equal(`consistency of ${old_size} and ${size}`, merkle.consistencyProof(old_size, size, node).map(hex), proof)
    const [before, after] = [merkle.root(old_size, node), merkle.root(size, node)]
    check.ok(
      `consistency of ${old_size} and ${size} verifies`,
      merkle.verifyConsistency(old_size, size, before, after, proof.map(fromHex)),
    )
  }
}

const protocol: Verifier = (data, check) => {
  const file = data as ProtocolFile
  for (const c of file.reports) reports(file, c, check)
  files(file, check)
  checkpoint(file, check)
  tree(file, check)
}

/** By the file's `format`. */
export const protocolVerifiers: Readonly<Record<string, Verifier>> = { "lindung-protocol/1": protocol }
