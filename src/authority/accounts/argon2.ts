import { ascii, concat, hmacSha256 } from "../../crypto/index.ts"

/** Memory in KiB, passes over it, and threads. */
export interface Argon2Cost {
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
}

/** How passwords and API keys are hashed. The hashes are PHC strings, which carry salt and cost. */
export interface PasswordHash {
  hash(password: string): Promise<string>
  /** Whether the password is the hash's. False too for a hash that cannot be read. */
  verify(hash: string, password: string): Promise<boolean>
}

const ARGON2ID = 2

/**
 * argon2id (RFC 9106) in threads of its own, so that nobody who redeems a code waits for it. The key of the deployment goes
 * in as the algorithm's secret value: who has only the database has nothing to guess at.
 */
export async function argon2id(cost: Argon2Cost, hashKey: Uint8Array): Promise<PasswordHash> {
  const { hash, verify } = await import("@node-rs/argon2")
  const secret = hmacSha256(hashKey, concat(ascii("lindung/authority/password/1")))
  const { memoryKiB: memoryCost, passes: timeCost, parallelism } = cost
  // One password has many byte strings in Unicode, and keyboards differ in which they type.
  const read = (password: string) => password.normalize("NFKC")
  return {
    hash: password => hash(read(password), { algorithm: ARGON2ID, memoryCost, timeCost, parallelism, secret }),
    verify: (hashed, password) => verify(hashed, read(password), { secret }).catch(() => false),
  }
}
