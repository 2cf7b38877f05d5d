import { ascii, concat, equal, requireBytes, sha256, signature, u32 } from "../crypto/index.ts"
import { Reader } from "./wire.ts"

/*
 * token (110 bytes)
 *   u8   version, 1
 *   u8   mechanism: 1 simple, 2 activated, 3 data-bound
 *   u32  keyId: first four bytes of H(public key)
 *   u32  contagiousFromDay
 *   u32  expiryDay
 *   32   commitment
 *   64   Ed25519("lindung/token/1" ‖ all that precedes)
 *
 * The authority signs the commitment, so that a permission serves no other secrets; without salts and r it cannot
 * recognise what is published later (protocol §5).
 */
export const TOKEN_BYTES = 110
export const COMMITMENT_BYTES = 32
const VERSION = 1
const SIGNED_BYTES = TOKEN_BYTES - signature.SIGNATURE_BYTES
const LABEL = ascii("lindung/token/1")

export type Mechanism = 1 | 2 | 3
const MECHANISMS: readonly number[] = [1, 2, 3]

export interface TokenFacts {
  readonly mechanism: Mechanism
  readonly contagiousFromDay: number
  /** The last day on which a bucket accepts it. */
  readonly expiryDay: number
  readonly commitment: Uint8Array
}

export interface Token extends TokenFacts {
  readonly keyId: Uint8Array
  readonly bytes: Uint8Array
}

export const keyId = (publicKey: Uint8Array): Uint8Array => sha256(publicKey).slice(0, 4)

/** A signed token. @param seed the authority's 32-byte signing seed */
export function signToken(facts: TokenFacts, seed: Uint8Array, curve = signature.ed25519): Uint8Array<ArrayBuffer> {
  requireBytes("commitment", COMMITMENT_BYTES, facts.commitment)
  if (!MECHANISMS.includes(facts.mechanism)) throw new RangeError(`mechanism: expected 1 to 3, got ${facts.mechanism}`)
  const body = concat(
    Uint8Array.of(VERSION, facts.mechanism),
    keyId(curve.verifyKey(seed)),
    u32(facts.contagiousFromDay, "contagiousFromDay"),
    u32(facts.expiryDay, "expiryDay"),
    facts.commitment,
  )
  return concat(body, curve.sign(concat(LABEL, body), seed))
}

/** The fields, unverified. @throws LindungError format */
export function parseToken(bytes: Uint8Array): Token {
  const reader = new Reader("token", bytes)
  if (reader.u8() !== VERSION) throw reader.error("unknown version")
  const mechanism = reader.u8()
  if (!MECHANISMS.includes(mechanism)) throw reader.error("unknown mechanism")
  const token = {
    mechanism: mechanism as Mechanism,
    keyId: reader.take(4),
    contagiousFromDay: reader.u32(),
    expiryDay: reader.u32(),
    commitment: reader.take(COMMITMENT_BYTES),
  }
  reader.view(signature.SIGNATURE_BYTES)
  reader.end()
  return { ...token, bytes: new Uint8Array(bytes) }
}

/** Whether one of the keys signed it. A dummy token parses and verifies nowhere. */
export function verifyToken(token: Token, publicKeys: readonly Uint8Array[], curve = signature.ed25519): boolean {
  const signed = concat(LABEL, token.bytes.subarray(0, SIGNED_BYTES))
  return publicKeys.some(
    key => equal(keyId(key), token.keyId) && curve.verify(signed, token.bytes.subarray(SIGNED_BYTES), key),
  )
}
