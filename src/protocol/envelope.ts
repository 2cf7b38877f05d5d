import { concat, type Random, requireBytes, sealedBox, u32 } from "../crypto/index.ts"
import { type Design, designByCode, type Lengths, slotBytes, slotCount } from "./design.ts"
import type { ParameterSet } from "./parameters.ts"
import { encodeSlots, R_BYTES, type Report, SLOT_LEAF_BYTES, type Slot, slotsLength } from "./report.ts"
import { TOKEN_BYTES } from "./token.ts"
import { malformed, Reader } from "./wire.ts"

/*
 * envelope
 *   u8   version, 1
 *   u32  bucket
 *   …    sealed box (libsodium crypto_box_seal) of the plaintext
 *
 * plaintext
 *   u8   kind: 0 cover, 1 report
 *   u8   design
 *   u32  bucket, equal to the one outside
 *   110  token
 *   32   r
 *   …    slots (see report.ts)
 *
 * A cover envelope has the same length; all after its bucket is random. Only the publisher can tell them apart, and
 * it looks at the kind before it does any work that takes longer for a report (protocol §6).
 */
const VERSION = 1
const OUTER_BYTES = 5
const KIND = { cover: 0, report: 1 } as const

function plaintextBytes(design: Design, lengths: Lengths): number {
  return 1 + 1 + 4 + TOKEN_BYTES + R_BYTES + slotsLength(design, slotCount(design, lengths))
}

/** The one length that an upload of this design has. */
export const envelopeBytes = (design: Design, lengths: Lengths): number =>
  OUTER_BYTES + sealedBox.SEAL_BYTES + plaintextBytes(design, lengths)

export interface Sealing {
  readonly design: Design
  readonly bucket: number
  readonly parameters: ParameterSet
  /** The bucket's public key, from a key list included under the verified checkpoint. */
  readonly publicKey: Uint8Array
  readonly random: Random
  /** The platform's, where there is one: a simulation of many phones seals fifty times faster. */
  readonly curve?: sealedBox.X25519
}

function sealPlaintext(kind: number, body: Uint8Array, to: Sealing): Uint8Array<ArrayBuffer> {
  const plaintext = concat(Uint8Array.of(kind, to.design.code), u32(to.bucket, "bucket"), body)
  const length = plaintextBytes(to.design, to.parameters)
  if (plaintext.length !== length) throw new RangeError(`report: expected ${length} bytes, got ${plaintext.length}`)
  const sealed = sealedBox.seal(plaintext, to.publicKey, to.random, to.curve)
  plaintext.fill(0)
  return concat(Uint8Array.of(VERSION), u32(to.bucket, "bucket"), sealed)
}

/** low-cost: a second key would say nothing that the first day's does not, and none would say nothing at all. */
function revealsAsDesigned(design: Design, slots: readonly Slot[]): boolean {
  return design.reveals === "any" || slots.filter(slot => slot.revealed).length === 1
}

export function sealReport(report: Report, token: Uint8Array, to: Sealing): Uint8Array<ArrayBuffer> {
  requireBytes("token", TOKEN_BYTES, token)
  requireBytes("r", R_BYTES, report.r)
  return sealPlaintext(KIND.report, concat(token, report.r, encodeSlots(report, to.random)), to)
}

export const sealCover = (to: Sealing): Uint8Array<ArrayBuffer> =>
  sealPlaintext(KIND.cover, to.random.bytes(plaintextBytes(to.design, to.parameters) - 6), to)

/** The bucket written outside. @throws LindungError format */
export function envelopeBucket(envelope: Uint8Array): number {
  const reader = new Reader("envelope", envelope)
  if (reader.u8() !== VERSION) throw reader.error("unknown version")
  return reader.u32()
}

/** What a publisher finds in an envelope. */
export type Opened =
  | { readonly kind: "cover" }
  | { readonly kind: "report"; readonly token: Uint8Array; readonly report: Report }

/** @throws LindungError format: not sealed to this key, damaged, of another bucket, or not of the parameters' shape */
export function openEnvelope(
  envelope: Uint8Array,
  bucket: number,
  keys: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array },
  parameters: ParameterSet,
  curve: sealedBox.X25519 = sealedBox.x25519,
): Opened {
  if (envelopeBucket(envelope) !== bucket) throw malformed("envelope", "of another bucket")
  const plaintext = sealedBox.open(envelope.subarray(OUTER_BYTES), keys, curve)
  if (plaintext === undefined) throw malformed("envelope", "does not open")
  return parsePlaintext(plaintext, bucket, parameters)
}

function parsePlaintext(plaintext: Uint8Array, bucket: number, parameters: ParameterSet): Opened {
  const reader = new Reader("plaintext", plaintext)
  const kind = reader.u8()
  const design = designByCode(reader.u8())
  if (design === undefined || !parameters.designs.includes(design.name)) throw reader.error("design not in force")
  if (plaintext.length !== plaintextBytes(design, parameters)) throw reader.error("wrong length")
  if (reader.u32() !== bucket) throw reader.error("of another bucket")
  if (kind === KIND.cover) return { kind: "cover" }
  if (kind !== KIND.report) throw reader.error("unknown kind")
  const token = reader.take(TOKEN_BYTES)
  const r = reader.take(R_BYTES)
  const first = reader.u32()
  const n = slotCount(design, parameters)
  if (first + n > 2 ** 32) throw reader.error("slots beyond the last index")
  const flags = reader.take(Math.ceil(n / 8))
  const slots = Array.from({ length: n }, (_, j): Slot => {
    const bytes = reader.view(slotBytes(design))
    return flags[j >> 3]! & (0x80 >>> (j & 7))
      ? { revealed: true, bytes: new Uint8Array(bytes) }
      : { revealed: false, leaf: new Uint8Array(bytes.subarray(0, SLOT_LEAF_BYTES)) }
  })
  const spare = 8 * flags.length - n
  if ((flags.at(-1) ?? 0) & ((1 << spare) - 1)) throw reader.error("spare flag bits are set")
  reader.end()
  if (!revealsAsDesigned(design, slots)) throw reader.error("not the number of revealed slots that its design has")
  return { kind: "report", token, report: { design, first, r, slots } }
}
