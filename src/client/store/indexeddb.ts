/**
 * The client's store in a browser's IndexedDB.
 * @module
 */
import { openDB } from "idb"
import { compare } from "../../crypto/index.ts"
import { LindungError } from "../../protocol/index.ts"
import type { Store } from "../ports.ts"
import { storeOver } from "./backend.ts"

const SCHEMA_VERSION = 1
const ENTRIES = "entries"

/**
 * Opens, or makes, the database. One page at a time may have it open: a second one would not see the first one's
 * writes in its views.
 * @throws LindungError schema-newer for a database of a later version
 */
export async function indexedDBStore(name: string): Promise<Store> {
  const database = await openDB(name, SCHEMA_VERSION, {
    upgrade(made) {
      made.createObjectStore(ENTRIES)
    },
  }).catch(error => {
    throw meant(error)
  })

  return storeOver({
    async get(key) {
      const value: unknown = await database.get(ENTRIES, key as Uint8Array<ArrayBuffer>)
      return value === undefined ? undefined : bytesOf(value)
    },
    range,
    keys,
    count: (from, to) => (compare(from, to) >= 0 ? 0 : database.count(ENTRIES, between(from, to))),
    async apply(changes) {
      const tx = database.transaction(ENTRIES, "readwrite", { durability: "strict" })
      try {
        for (const { key, value } of changes) {
          const at = key as Uint8Array<ArrayBuffer>
          // Each request's own failure is also that of the transaction, which is what is waited for.
          const asked = value === undefined ? tx.store.delete(at) : tx.store.put(value, at)
          asked.catch(() => undefined)
        }
        await tx.done
      } catch (error) {
        throw meant(error)
      }
    },
    close: () => database.close(),
  })

  async function* keys(from: Uint8Array, to: Uint8Array): AsyncIterable<Uint8Array> {
    if (compare(from, to) >= 0) return
    for (const key of await database.getAllKeys(ENTRIES, between(from, to))) yield bytesOf(key)
  }

  async function* range(from: Uint8Array, to: Uint8Array): AsyncIterable<[Uint8Array, Uint8Array]> {
    if (compare(from, to) >= 0) return
    const asked = between(from, to)
    const { store } = database.transaction(ENTRIES)
    const [keys, values] = await Promise.all([store.getAllKeys(asked), store.getAll(asked)])
    for (const [i, key] of keys.entries()) yield [bytesOf(key), bytesOf(values[i])]
  }
}

/** Some engines take an empty buffer for a detached one. */
const between = (from: Uint8Array, to: Uint8Array): IDBKeyRange =>
  from.length === 0 ? IDBKeyRange.upperBound(to, true) : IDBKeyRange.bound(from, to, false, true)

/** Binary keys come back as buffers. */
const bytesOf = (value: unknown): Uint8Array =>
  ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
    : new Uint8Array(value as ArrayBuffer)

/** What IndexedDB says, as a code of ours. */
function meant(error: unknown): unknown {
  const { name } = error as { name?: unknown }
  if (name === "QuotaExceededError") return new LindungError("storage-full", "the quota is used up", { cause: error })
  if (name === "VersionError") return new LindungError("schema-newer", "a newer version wrote it", { cause: error })
  return error
}
