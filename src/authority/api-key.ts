import { ascii, equal, hex, type Random, sha256 } from "../crypto/index.ts"

const KEY_BYTES = 32

/** 256 random bits, so that a plain hash is enough: there is nothing to guess. */
const apiKeyHash = (key: string): Uint8Array => sha256(ascii(key))

/** A fresh API key, and the hash that the configuration keeps of it. */
export function newApiKey(random: Random): { readonly key: string; readonly hash: Uint8Array } {
  const key = hex(random.bytes(KEY_BYTES))
  return { key, hash: apiKeyHash(key) }
}

/** Whether an Authorization header carries one of the keys. All hashes are compared, whichever fits. */
export function mayIssue(authorization: string | undefined, hashes: readonly Uint8Array[]): boolean {
  const [, key = ""] = /^Bearer ([!-~]{1,256})$/i.exec(authorization ?? "") ?? []
  const given = apiKeyHash(key)
  return hashes.filter(hash => equal(hash, given)).length > 0
}
