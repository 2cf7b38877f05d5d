import { ascii, compare, concat, hmacSha256, type Random, secretBox, u16, u32 } from "../../crypto/index.ts"
import { LindungError, Reader } from "../../protocol/index.ts"
import { EVERYTHING, entries } from "../layout.ts"
import type { KeyVault, ReadTx, Store } from "../ports.ts"
import { type Backend, storeOver } from "./backend.ts"
import { type Group, groupOf, groupsOf, isInside, isOf, overlaps } from "./groups.ts"
import { type Change, textOf } from "./overlay.ts"
import { Page } from "./page.ts"

/*
 * What lies in the store underneath
 *   00               the data key, sealed by the vault
 *   01 ‖ 16 bytes    a page: the first half of HMAC(name key, name of the group) → secretbox(box key, page)
 *   02               the directory → secretbox(box key, directory)
 *
 * page       page.ts ‖ zeros up to a multiple of 256 bytes
 * directory  u8 2 ‖ u32 groups ‖ groups × (u16 ‖ name ‖ u32 entries) ‖ zeros up to a multiple of 256 bytes
 *
 * So neither order, slots, identifiers nor their number can be read without the key, only how many groups there are,
 * and roughly how long each is. The directory says which pages there are: opening a store opens nothing else, and a
 * page is opened when something in it is asked for.
 *
 * Layout 1 had no directory, and its groups were all keys with the same first five bytes.
 */
const SEALED_KEY = Uint8Array.of(0)
const PAGE = Uint8Array.of(1)
const DIRECTORY = Uint8Array.of(2)
const LAYOUT = 2
const NAME_BYTES = 16
const PAD_TO = 256
const CONTEXT = "lindung/store/1"
const LOST = "the key of the stored data is gone"
/** Pages that are held open: a sync works on those of one bucket at a time. */
const HELD = 16

interface Keys {
  readonly name: Uint8Array
  readonly box: Uint8Array
}

const keysOf = (data: Uint8Array): Keys => ({
  name: hmacSha256(data, ascii("lindung/store/name/1")),
  box: hmacSha256(data, ascii("lindung/store/box/1")),
})

const nameOf = (keys: Keys, group: Uint8Array): Uint8Array =>
  concat(PAGE, hmacSha256(keys.name, group).slice(0, NAME_BYTES))

function seal(keys: Keys, parts: readonly Uint8Array[], random: Random): Uint8Array {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  const plain = new Uint8Array(Math.ceil(bytes / PAD_TO) * PAD_TO)
  let at = 0
  for (const part of parts) {
    plain.set(part, at)
    at += part.length
  }
  return secretBox.seal(plain, keys.box, random)
}

function openSealed(keys: Keys, sealed: Uint8Array | undefined, what: string): Uint8Array {
  const plain = sealed && secretBox.open(sealed, keys.box)
  if (plain === undefined) throw new LindungError("storage-corrupt", `a stored ${what} does not open`)
  return plain
}

function openPage(keys: Keys, sealed: Uint8Array | undefined): Page {
  return Page.parse(openSealed(keys, sealed, "page"))
}

const sealDirectory = (keys: Keys, groups: Iterable<Group>, random: Random): Uint8Array => {
  const all = [...groups]
  const parts = all.flatMap(({ name, count }) => [u16(name.length, "name length"), name, u32(count)])
  return seal(keys, [Uint8Array.of(LAYOUT), u32(all.length), ...parts], random)
}

function openDirectory(keys: Keys, sealed: Uint8Array): Map<string, Group> {
  const reader = new Reader("stored directory", openSealed(keys, sealed, "directory"))
  const layout = reader.u8()
  if (layout > LAYOUT) throw new LindungError("schema-newer", `the encrypted store has layout ${layout}`)
  const groups = new Map<string, Group>()
  for (let left = reader.u32(); left > 0; left--) {
    const name = reader.take(reader.u16())
    groups.set(textOf(name), { name, count: reader.u32() })
  }
  return groups
}

/** The pages of a store, and which of them there are. */
class Pages implements Backend {
  readonly #under: Store
  readonly #keys: Keys
  readonly #random: Random
  #groups: Map<string, Group>
  /** Those used last, the latest at the end. */
  readonly #held = new Map<string, Page>()

  constructor(under: Store, keys: Keys, random: Random, groups: Map<string, Group>) {
    this.#under = under
    this.#keys = keys
    this.#random = random
    this.#groups = groups
  }

  async #page(name: Uint8Array): Promise<Page> {
    const text = textOf(name)
    if (!this.#groups.has(text)) return Page.empty()
    const held = this.#held.get(text)
    this.#held.delete(text)
    const page = held ?? (await this.#open(name))
    this.#held.set(text, page)
    if (this.#held.size > HELD) this.#held.delete(this.#held.keys().next().value!)
    return page
  }

  async #open(name: Uint8Array): Promise<Page> {
    const sealed = await this.#under.read(tx => tx.get(nameOf(this.#keys, name)))
    const page = openPage(this.#keys, sealed)
    // A page that was moved to another name would pass for another one.
    for (let i = 0; i < page.size; i++)
      if (!isOf(name, page.key(i))) throw new LindungError("storage-corrupt", "a stored page is not where it belongs")
    return page
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const value = (await this.#page(groupOf(key))).get(key)
    return value && new Uint8Array(value)
  }

  /** Views of the entries of a range, prefix by prefix, ascending. */
  async *#found(from: Uint8Array, to: Uint8Array): AsyncIterable<Iterable<readonly [Uint8Array, Uint8Array]>> {
    for (const groups of groupsOf(this.#groups.values())) {
      const pages: Page[] = []
      for (const { name } of groups) if (overlaps(name, from, to)) pages.push(await this.#page(name))
      if (pages.length < 2) yield pages[0]?.range(from, to) ?? []
      else yield pages.flatMap(page => [...page.range(from, to)]).sort(([a], [b]) => compare(a, b))
    }
  }

  async *range(from: Uint8Array, to: Uint8Array): AsyncIterable<[Uint8Array, Uint8Array]> {
    for await (const found of this.#found(from, to))
      for (const [key, value] of found) yield [new Uint8Array(key), new Uint8Array(value)]
  }

  async *keys(from: Uint8Array, to: Uint8Array): AsyncIterable<Uint8Array> {
    for await (const found of this.#found(from, to)) for (const [key] of found) yield new Uint8Array(key)
  }

  async count(from: Uint8Array, to: Uint8Array): Promise<number> {
    let sum = 0
    for (const { name, count } of this.#groups.values())
      if (isInside(name, from, to)) sum += count
      else if (overlaps(name, from, to)) {
        const page = await this.#page(name)
        sum += Math.max(0, page.placeOf(to) - page.placeOf(from))
      }
    return sum
  }

  async apply(changes: Iterable<Change>): Promise<void> {
    const changed = new Map<string, { readonly name: Uint8Array; readonly changes: Change[] }>()
    for (const change of changes) {
      const name = groupOf(change.key)
      const group = changed.get(textOf(name)) ?? { name, changes: [] }
      changed.set(textOf(name), group)
      group.changes.push(change)
    }
    const pages: { readonly name: Uint8Array; readonly page: Page }[] = []
    for (const { name, changes } of changed.values())
      pages.push({ name, page: (await this.#page(name)).changed(changes) })
    await this.replace(pages)
  }

  /** Puts whole pages in the place of what there was, in one write. @param others of the store underneath that go */
  async replace(
    pages: Iterable<{ readonly name: Uint8Array; readonly page: Page }>,
    others: readonly Uint8Array[] = [],
  ): Promise<void> {
    const groups = new Map(this.#groups)
    const all = [...pages]
    for (const { name, page } of all)
      if (page.size === 0) groups.delete(textOf(name))
      else groups.set(textOf(name), { name, count: page.size })
    await this.#under.write(tx => {
      for (const other of others) tx.del(other)
      for (const { name, page } of all)
        if (page.size === 0) tx.del(nameOf(this.#keys, name))
        else tx.put(nameOf(this.#keys, name), seal(this.#keys, [page.plain], this.#random))
      tx.put(DIRECTORY, sealDirectory(this.#keys, groups.values(), this.#random))
    })
    this.#groups = groups
    for (const { name, page } of all) if (this.#held.has(textOf(name))) this.#held.set(textOf(name), page)
  }

  async tidy(): Promise<void> {
    await this.#under.tidy?.()
  }

  close(): Promise<void> {
    return this.#under.close()
  }
}

/** Layout 1 → 2: every page anew, in one write: what dies before it is through finds layout 1, and begins again. */
async function withDirectory(under: Store, keys: Keys, random: Random): Promise<Pages> {
  const stored = await under.read(tx => entries(tx, EVERYTHING))
  const pages = new Pages(under, keys, random, new Map())
  const groups = new Map<
    string,
    { readonly name: Uint8Array; readonly entries: { key: Uint8Array; value: Uint8Array }[] }
  >()
  const old = stored.filter(([name]) => name[0] === PAGE[0])
  for (const [name, sealed] of old)
    for (const [key, value] of openPage(keys, sealed).range(...EVERYTHING)) {
      if (compare(nameOf(keys, key.slice(0, 5)), name) !== 0)
        throw new LindungError("storage-corrupt", "a stored page is not where it belongs")
      const group = groupOf(key)
      const known = groups.get(textOf(group)) ?? { name: group, entries: [] }
      groups.set(textOf(group), known)
      known.entries.push({ key, value })
    }
  const ordered = [...groups.values()].map(({ name, entries }) => ({
    name,
    page: Page.of(entries.sort((a, b) => compare(a.key, b.key))),
  }))
  const names = old.map(([name]) => name)
  if (old.length > 0) await pages.replace(ordered, names)
  return pages
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
    const keys = keysOf(await dataKey())
    const directory = await under.read(tx => tx.get(DIRECTORY))
    return storeOver(
      directory === undefined
        ? await withDirectory(under, keys, random)
        : new Pages(under, keys, random, openDirectory(keys, directory)),
    )
  }

  async function dataKey(): Promise<Uint8Array> {
    const sealed = await under.read(tx => tx.get(SEALED_KEY))
    if (sealed !== undefined) {
      const data = await vault.open(sealed, CONTEXT)
      if (data === "lost") throw new LindungError("key-lost", LOST)
      return data
    }
    if ((await under.read(tx => entries(tx, EVERYTHING))).length > 0) throw new LindungError("key-lost", LOST)
    const data = random.bytes(secretBox.SECRET_BOX_KEY_BYTES)
    const kept = await vault.seal(data, CONTEXT)
    await under.write(tx => tx.put(SEALED_KEY, kept))
    return data
  }

  return {
    read: async <T>(f: (tx: ReadTx) => T | Promise<T>): Promise<T> => (await ready()).read(f),
    write: async f => (await ready()).write(f),
    async tidy() {
      await (await opened)?.tidy?.()
    },
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
