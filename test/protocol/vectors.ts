import { readFileSync } from "node:fs"
import { fromHex } from "../../src/crypto/index.ts"
import {
  type Design,
  designByName,
  type FilterKind,
  type Lengths,
  type Report,
  type Slot,
  slotLeaf,
} from "../../src/protocol/index.ts"

interface Proof {
  readonly size: number
  readonly proof: readonly string[]
}

export interface ReportVector {
  readonly design: string
  readonly first: number
  readonly revealed: readonly number[]
  readonly r: string
  readonly slots: readonly string[]
  readonly leaves: readonly string[]
  readonly commitment: string
  readonly spent_tag: string
  readonly token: string
  readonly random: string
  readonly envelope: string
  readonly cover_random: string
  readonly cover: string
  readonly receipt: string
}

interface Vectors {
  readonly format: string
  readonly parameters: {
    readonly bucket: number
    readonly authority_seed: string
    readonly authority_key: string
    readonly receipt_seed: string
    readonly receipt_key: string
    readonly ingest_secret: string
    readonly ingest_public: string
  }
  readonly report_lengths: Lengths
  readonly reports: readonly ReportVector[]
  readonly batches: readonly {
    readonly design: string
    readonly parameters_hash: string
    readonly salt: string
    readonly secrets: Readonly<Record<string, readonly string[]>>
    readonly file: string
  }[]
  readonly filter_batches: readonly {
    readonly kind: FilterKind
    readonly fingerprint_bits: number
    readonly parameters_hash: string
    readonly salt: string
    readonly seeds: Readonly<Record<string, readonly string[]>>
    readonly items: readonly string[]
    readonly made_up: readonly string[]
    readonly file: string
  }[]
  readonly checkpoint: {
    readonly origin: string
    readonly size: number
    readonly root: string
    readonly bucket: number
    readonly seed: string
    readonly note_key: string
    readonly note: string
  }
  readonly parameters_set: {
    readonly set: { readonly paddingSizes: Readonly<Record<string, readonly number[]>> }
    readonly canonical: string
    readonly hash: string
    readonly mean_entries: Readonly<Record<string, number>>
  }
  readonly merkle: {
    readonly leaves: readonly string[]
    readonly leaf_hashes: readonly string[]
    readonly roots: readonly string[]
    readonly inclusion: readonly (Proof & { readonly index: number })[]
    readonly consistency: readonly (Proof & { readonly old_size: number })[]
  }
  readonly authority_keys: { readonly keys: readonly string[]; readonly file: string }
  readonly ingest_keys: { readonly first_bucket: number; readonly keys: readonly string[]; readonly file: string }
  readonly leaf: { readonly bucket: number; readonly design: number; readonly file: string; readonly leaf: string }
  readonly entries: { readonly leaves: readonly string[]; readonly file: string }
  readonly redeem: { readonly code: string; readonly commitment: string; readonly request: string }
}

/** Made by vectors/make/protocol.py, a second implementation. */
export const vectors: Vectors = JSON.parse(
  readFileSync(new URL("../../../vectors/protocol.json", import.meta.url), "utf8"),
)

export function designOf(name: string): Design {
  const design = designByName(name)
  if (design === undefined) throw new Error(`no design ${name}`)
  return design
}

/** The report of a vector, with every slot still there. */
export function wholeReport(vector: ReportVector): Report {
  const slots = vector.slots.map((bytes): Slot => ({ revealed: true, bytes: fromHex(bytes) }))
  return { design: designOf(vector.design), first: vector.first, r: fromHex(vector.r), slots }
}

/** The report of a vector as it is sent. */
export function sentReport(vector: ReportVector): Report {
  const whole = wholeReport(vector)
  const slots = whole.slots.map((slot, j): Slot => {
    if (!slot.revealed || vector.revealed.includes(j)) return slot
    return { revealed: false, leaf: slotLeaf(whole.design, whole.first + j, slot.bytes) }
  })
  return { ...whole, slots }
}
