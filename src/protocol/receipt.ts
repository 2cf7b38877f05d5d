import { ascii, concat, sha256, signature, u32 } from "../crypto/index.ts"
import { Reader } from "./wire.ts"

/*
 * receipt (68 bytes), the same for report and cover
 *   u32  promised batch: the bucket whose batch will hold what the envelope holds
 *   64   Ed25519("lindung/receipt/1" ‖ H(body) ‖ u32 promised batch)
 */
export const RECEIPT_BYTES = 68
const LABEL = ascii("lindung/receipt/1")

const signed = (body: Uint8Array, promised: number): Uint8Array =>
  concat(LABEL, sha256(body), u32(promised, "promised"))

export function signReceipt(
  body: Uint8Array,
  promised: number,
  seed: Uint8Array,
  curve = signature.ed25519,
): Uint8Array<ArrayBuffer> {
  return concat(u32(promised, "promised"), curve.sign(signed(body, promised), seed))
}

/** The promised batch, or undefined when the key did not sign this for this body. @throws LindungError format */
export function parseReceipt(
  bytes: Uint8Array,
  body: Uint8Array,
  publicKey: Uint8Array,
  curve = signature.ed25519,
): number | undefined {
  const reader = new Reader("receipt", bytes)
  const promised = reader.u32()
  const signatureBytes = reader.take(signature.SIGNATURE_BYTES)
  reader.end()
  return curve.verify(signed(body, promised), signatureBytes, publicKey) ? promised : undefined
}
