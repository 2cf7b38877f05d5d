import { ascii, concat, requireBytes } from "../crypto/index.ts"
import { Reader } from "./wire.ts"

/*
 * authority key list, a leaf of the log
 *   4    "LNDA"
 *   u8   version, 1
 *   u8   number of keys, 1 to 16
 *   … ×  Ed25519 public key
 *
 * The keys whose tokens a publisher accepts. Logged, so that nobody can be given a key of his own.
 */
const MAGIC = ascii("LNDA")
const MAX_KEYS = 16
const KEY_BYTES = 32

export function encodeAuthorityKeys(keys: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  if (keys.length < 1 || keys.length > MAX_KEYS) throw new RangeError(`keys: expected 1 to 16, got ${keys.length}`)
  for (const key of keys) requireBytes("keys", KEY_BYTES, key)
  return concat(MAGIC, Uint8Array.of(1, keys.length), ...keys)
}

/** @throws LindungError format */
export function parseAuthorityKeys(bytes: Uint8Array): Uint8Array[] {
  const reader = new Reader("authority key list", bytes)
  reader.expect(MAGIC, "magic")
  if (reader.u8() !== 1) throw reader.error("unknown version")
  const count = reader.u8()
  if (count < 1 || count > MAX_KEYS) throw reader.error("wrong number of keys")
  const keys = Array.from({ length: count }, () => reader.take(KEY_BYTES))
  reader.end()
  return keys
}
