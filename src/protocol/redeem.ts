import { ascii, concat, requireBytes } from "../crypto/index.ts"
import { COMMITMENT_BYTES } from "./token.ts"
import { Reader } from "./wire.ts"

/*
 * redeem request (46 bytes), for all mechanisms alike; the answer is a token or a dummy of the same length
 *   14   code, ASCII
 *   32   commitment
 */
const CODE_BYTES = 14
export const REDEEM_BYTES = CODE_BYTES + COMMITMENT_BYTES

/** @param code 14 symbols without separators, as `code.parse` gives them */
export function encodeRedeem(code: string, commitment: Uint8Array): Uint8Array<ArrayBuffer> {
  const symbols = ascii(code)
  requireBytes("code", CODE_BYTES, symbols)
  requireBytes("commitment", COMMITMENT_BYTES, commitment)
  return concat(symbols, commitment)
}

/** @throws LindungError format */
export function parseRedeem(bytes: Uint8Array): { code: Uint8Array; commitment: Uint8Array } {
  const reader = new Reader("redeem request", bytes)
  const code = reader.take(CODE_BYTES)
  const commitment = reader.take(COMMITMENT_BYTES)
  reader.end()
  return { code, commitment }
}
