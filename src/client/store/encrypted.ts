import { ascii, compare, concat, hmacSha256, type Random, secretBox, u16, u32 } from "../../crypto/index.ts"
import { LindungError, Reader } from "../../protocol/index.ts"
import { EVERYTHING, entries } from "../layout.ts"
import type { KeyVault, ReadTx, Store } from "../ports.ts"
import { type Backend, storeOver } from "./backend.ts"
import { type Change, textOf } from "./overlay.ts"
import { Table } from "./table.ts"

/*
 * What lies in the store underneath
 *   00               the data key, sealed by the vault
 *   01 ‖ 16 bytes    a page: the first half of HMAC(name key, group) → secretbox(box key, page)
 *
 * page: u32 entries ‖ entries × (u16 ‖ key ‖ u32 ‖ value) ‖ zeros up to a multiple of 256 bytes
 *
 * A group is all keys with the same first five bytes: what was heard in one slot. So neither order, slots, identifiers
 * nor their number can be read without the key, only how many groups there are, and roughly how long each is. All of it
 * is opened once, when it is first needed, and held in memory: fourteen days of it are a few MB.
 */
const SEALED_KEY = Uint8Array.of(0)
const PAGE = Uint8Array.of(1)
const NAME_BYTES = 16
const GROUP_BYTES = 5
const PAD_TO = 256
const CONTEXT = "lindung/store/1"
const LOST = "the key of the stored data is gone"

interface Keys {
  readonly name: Uint8Array
  readonly box: Uint8Array
}

interface Entry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

const keysOf = (data: Uint8Array): Keys => ({
  name: hmacSha256(data, ascii("lindung/store/name/1")),
  box: hmacSha256(data, ascii("lindung/store/box/1")),
})

const groupOf = (key: Uint8Array): Uint8Array => key.slice(0, GROUP_BYTES)
const nameOf = (keys: Keys, group: Uint8Array): Uint8Array =>
  concat(PAGE, hmacSha256(keys.name, group).slice(0, NAME_BYTES))

function sealPage(keys: Keys, page: readonly Entry[], random: Random): Uint8Array {
  const parts = [u32(page.length)]
  for (const { key, value } of page)
    parts.push(u16(key.length, "key length"), new Uint8Array(key), u32(value.length), new Uint8Array(value))
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  const plain = new Uint8Array(Math.ceil(bytes / PAD_TO) * PAD_TO)
  let at = 0
  for (const part of parts) {
    plain.set(part, at)
    at += part.length
  }
  return secretBox.seal(plain, keys.box, random)
}

function openPage(keys: Keys, name: Uint8Array, sealed: Uint8Array): Entry[] {
  const plain = secretBox.open(sealed, keys.box)
  if (plain === undefined) throw new LindungError("storage-corrupt", "a stored page does not open")
  const reader = new Reader("stored page", plain)
  const page: Entry[] = []
  for (let left = reader.u32(); left > 0; left--) {
    const key = reader.take(reader.u16())
    page.push({ key, value: reader.take(reader.u32()) })
  }
  // A page that was moved to another name would pass for another one.
  if (page.length === 0 || compare(nameOf(keys, groupOf(page[0]!.key)), name) !== 0)
    throw new LindungError("storage-corrupt", "a stored page is not where it belongs")
  return page
}

/** The entries of a group as they are after the changes. */
function changed(table: Table, group: Uint8Array, changes: readonly Change[]): Entry[] {
  const page = new Map<string, Entry>()
  const isWhole = group.length < GROUP_BYTES
  const known = isWhole ? table.get(group) : undefined
  if (known) page.set(textOf(group), { key: group, value: known })
  if (!isWhole)
    for (const [key, value] of table.range(group, concat(group, new Uint8Array(64).fill(255))))
      page.set(textOf(key), { key, value })
  for (const { key, value } of changes)
    if (value === undefined) page.delete(textOf(key))
    else page.set(textOf(key), { key, value })
  return [...page.values()].sort((a, b) => compare(a.key, b.key))
}

function byGroup(changes: readonly Change[]): Map<string, Change[]> {
  const groups = new Map<string, Change[]>()
  for (const change of changes) {
    const name = textOf(groupOf(change.key))
    const group = groups.get(name)
    if (group) group.push(change)
    else groups.set(name, [change])
  }
  return groups
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
    for (const [name, sealed] of stored) if (name[0] === PAGE[0]) table.apply(openPage(keys, name, sealed))
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
    count: (from, to) => table.count(from, to),
    async apply(changes) {
      await under.write(tx => {
        for (const group of byGroup(changes).values()) {
          const name = groupOf(group[0]!.key)
          const page = changed(table, name, group)
          if (page.length === 0) tx.del(nameOf(keys, name))
          else tx.put(nameOf(keys, name), sealPage(keys, page, random))
        }
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
