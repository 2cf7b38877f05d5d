import { ascii, compare, concat, hmacSha256, type Random, secretBox, u16 } from "../../crypto/index.ts"
import { LindungError, Reader } from "../../protocol/index.ts"
import { EVERYTHING, entries } from "../layout.ts"
import type { KeyVault, ReadTx, Store } from "../ports.ts"
import { type Backend, storeOver } from "./backend.ts"
import { Table } from "./table.ts"

/*
 * What lies in the store underneath
 *   00               the data key, sealed by the vault
 *   01 ‖ 16 bytes    an entry: the first half of HMAC(name key, key) → secretbox(box key, u16 length ‖ key ‖ value ‖ pad)
 * So neither order, slots nor identifiers can be read without the key, only how many entries there are, each a multiple
 * of 64 bytes long. All of it is opened once, when it is first needed, and held in memory: 14 days of it are a few MB.
 */
const SEALED_KEY = Uint8Array.of(0)
const ENTRY = Uint8Array.of(1)
const NAME_BYTES = 16
const PAD_TO = 64
const CONTEXT = "lindung/store/1"
const LOST = "the key of the stored data is gone"

interface Keys {
  readonly name: Uint8Array
  readonly box: Uint8Array
}

const keysOf = (data: Uint8Array): Keys => ({
  name: hmacSha256(data, ascii("lindung/store/name/1")),
  box: hmacSha256(data, ascii("lindung/store/box/1")),
})

const nameOf = (keys: Keys, key: Uint8Array): Uint8Array =>
  concat(ENTRY, hmacSha256(keys.name, key).slice(0, NAME_BYTES))

function seal(keys: Keys, key: Uint8Array, value: Uint8Array, random: Random): Uint8Array {
  const plain = concat(u16(key.length, "key length"), u16(value.length >> 16), u16(value.length & 0xffff), key, value)
  const padded = new Uint8Array(Math.ceil(plain.length / PAD_TO) * PAD_TO)
  padded.set(plain)
  return secretBox.seal(padded, keys.box, random)
}

function open(keys: Keys, name: Uint8Array, sealed: Uint8Array): { key: Uint8Array; value: Uint8Array } {
  const plain = secretBox.open(sealed, keys.box)
  if (plain === undefined) throw new LindungError("storage-corrupt", "a stored entry does not open")
  const reader = new Reader("stored entry", plain)
  const keyBytes = reader.u16()
  const valueBytes = reader.u32()
  const key = reader.take(keyBytes)
  const value = reader.take(valueBytes)
  // An entry that was moved to another name would pass for another one.
  if (compare(nameOf(keys, key), name) !== 0)
    throw new LindungError("storage-corrupt", "a stored entry is not where it belongs")
  return { key, value }
}

/**
 * Encrypts everything that is kept in another store, under a key that the vault seals. A lost key is an error on every
 * call, `key-lost`, and never a new key in silence; `reset` deletes what cannot be read any more and begins anew.
 */
export function encryptedStore(under: Store, vault: KeyVault, random: Random): Store {
  let opened: Promise<Store> | undefined

  const ready = (): Promise<Store> => {
    opened ??= load().catch(error => {
      opened = undefined
      throw error
    })
    return opened
  }

  async function load(): Promise<Store> {
    const stored = await under.read(tx => entries(tx, EVERYTHING))
    const keys = keysOf(await dataKey(stored))
    const table = new Table()
    table.apply(
      stored
        .filter(([name]) => name[0] === ENTRY[0])
        .map(([name, sealed]) => open(keys, name, sealed))
        .sort((a, b) => compare(a.key, b.key)),
    )
    return storeOver(writeThrough(table, keys))
  }

  async function dataKey(stored: readonly [Uint8Array, Uint8Array][]): Promise<Uint8Array> {
    const sealed = stored.find(([name]) => compare(name, SEALED_KEY) === 0)?.[1]
    if (sealed !== undefined) {
      const data = await vault.open(sealed, CONTEXT)
      if (data === "lost") throw new LindungError("key-lost", LOST)
      return data
    }
    if (stored.length > 0) throw new LindungError("key-lost", LOST)
    const data = random.bytes(secretBox.SECRET_BOX_KEY_BYTES)
    const kept = await vault.seal(data, CONTEXT)
    await under.write(tx => tx.put(SEALED_KEY, kept))
    return data
  }

  const writeThrough = (table: Table, keys: Keys): Backend => ({
    get: key => table.get(key),
    range: (from, to) => table.range(from, to),
    async apply(changes) {
      await under.write(tx => {
        for (const { key, value } of changes)
          if (value === undefined) tx.del(nameOf(keys, key))
          else tx.put(nameOf(keys, key), seal(keys, key, value, random))
      })
      table.apply(changes)
    },
    close: () => under.close(),
  })

  return {
    read: async <T>(f: (tx: ReadTx) => T | Promise<T>): Promise<T> => (await ready()).read(f),
    write: async f => (await ready()).write(f),
    async reset() {
      await under.write(async tx => {
        for (const [name] of await entries(tx, EVERYTHING)) tx.del(name)
      })
      opened = undefined
    },
    async close() {
      const store = await opened?.catch(() => undefined)
      await (store ?? under).close()
    },
  }
}
