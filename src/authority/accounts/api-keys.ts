import { ascii, concat, equal, fromHex, hex, hmacSha256, type Random, sha256, time } from "../../crypto/index.ts"
import { LindungError } from "../../protocol/index.ts"
import { Refusal } from "../refusal.ts"
import type { PasswordHash } from "./argon2.ts"
import type { InLane } from "./lanes.ts"
import type { AccountStore, ApiKey } from "./store.ts"

const ID_BYTES = 8
const SECRET_BYTES = 32
const TAG_BYTES = 16
const KEY = /^Bearer lindung_([0-9a-f]{16})_([0-9a-f]{64})([0-9a-f]{32})$/i

/**
 * Keys with which programs issue codes: "lindung_" ‖ id (8) ‖ "_" ‖ secret (32) ‖ tag (16), in hexadecimal, with
 *
 *   tag = HMAC(k, "lindung/authority/api-key/1" ‖ id ‖ secret)[0..16)
 *
 * The store keeps argon2id of the secret. The tag is checked first: a key that this deployment did not make costs one
 * HMAC, so that a flood of them cannot burn the processor. A key that was found good is remembered by its hash, so that
 * argon2id is paid once; whether it is revoked meanwhile is asked of the store each time.
 */
export interface ApiKeys {
  list(): Promise<ApiKey[]>
  /** @returns the key, which is kept nowhere */
  add(label: string, by: string): Promise<{ readonly id: string; readonly key: string }>
  /** @throws Refusal not-found */
  revoke(id: string, by: string): Promise<void>
  /** Who acts with the key in an Authorization header, or undefined. @throws LindungError full when too many wait */
  verify(authorization: string | undefined): Promise<string | undefined>
}

export interface ApiKeysPorts {
  readonly clock: () => number
  readonly random: Random
  readonly store: AccountStore
  readonly passwords: PasswordHash
  readonly inLane: InLane
  readonly record: (actor: string, action: string) => Promise<void>
}

export function apiKeys(hashKey: Uint8Array, ports: ApiKeysPorts): ApiKeys {
  const { clock, random, store, passwords, inLane, record } = ports
  const good = new Map<string, Uint8Array>()
  const tagOf = (id: Uint8Array, secret: Uint8Array): Uint8Array =>
    hmacSha256(hashKey, concat(ascii("lindung/authority/api-key/1"), id, secret)).slice(0, TAG_BYTES)

  return {
    list: () => store.apiKeys(),

    async add(label, by) {
      const [id, secret] = [random.bytes(ID_BYTES), random.bytes(SECRET_BYTES)]
      const hash = await inLane("known", () => passwords.hash(hex(secret)))
      await store.addApiKey({ id: hex(id), label, hash, createdDay: time.day(clock()) })
      await record(`${by}/key-${hex(id)}`, "add-api-key")
      return { id: hex(id), key: `lindung_${hex(id)}_${hex(concat(secret, tagOf(id, secret)))}` }
    },

    async revoke(id, by) {
      good.delete(id)
      if (!(await store.removeApiKey(id))) throw new Refusal("not-found")
      await record(`${by}/key-${id}`, "revoke-api-key")
    },

    async verify(authorization) {
      const [, id, secret, tag] = KEY.exec(authorization ?? "")?.map(part => part.toLowerCase()) ?? []
      if (id === undefined || secret === undefined || tag === undefined) return undefined
      if (!equal(tagOf(fromHex(id), fromHex(secret)), fromHex(tag))) return undefined
      const row = await store.apiKey(id)
      if (row === undefined) return undefined
      const given = sha256(ascii(secret))
      const known = good.get(id)
      if (known !== undefined) return equal(known, given) ? `key-${id}` : undefined
      if (!(await inLane("key", () => passwords.verify(row.hash, secret)).catch(asProgram))) return undefined
      // Revoked meanwhile, perhaps.
      if ((await store.apiKey(id)) === undefined) return undefined
      good.set(id, given)
      return `key-${id}`
    },
  }
}

/** Programs read the codes of the protocol. */
function asProgram(error: unknown): never {
  throw error instanceof Refusal
    ? new LindungError("full", "too many keys wait to be checked", { cause: error })
    : error
}
