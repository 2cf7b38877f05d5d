import { ascii, equal, hex, type Random, sha256 } from "../crypto/index.ts"

const KEY_BYTES = 32

/** 256 random bits, so that a plain hash is enough: there is nothing to guess. */
const apiKeyHash = (key: string): Uint8Array => sha256(ascii(key))

/** A fresh API key, and the hash that the configuration keeps of it. */
export function newApiKey(random: Random): { readonly key: string; readonly hash: Uint8Array } {
  const key = hex(random.bytes(KEY_BYTES))
  return { key, hash: apiKeyHash(key) }
}

/**
 * The name of the key that an Authorization header carries, for the audit log; undefined when it carries none of them. All
 * hashes are compared, whichever fits.
 */
export function apiKeyName(authorization: string | undefined, hashes: readonly Uint8Array[]): string | undefined {
  const [, key = ""] = /^Bearer ([!-~]{1,256})$/i.exec(authorization ?? "") ?? []
  const given = apiKeyHash(key)
  return hashes.filter(hash => equal(hash, given)).length > 0 ? `api-key:${hex(given.slice(0, 4))}` : undefined
}
