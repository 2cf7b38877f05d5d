import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js"
import { expect } from "chai"
import { type EpochMs, type KeyVault, memoryStore, open, type Store } from "../../src/client/index.ts"
import { EVERYTHING, entries } from "../../src/client/layout.ts"
import { encryptedStore } from "../../src/client/store/encrypted.ts"
import { hex, secretBox } from "../../src/crypto/index.ts"
import { LindungError } from "../../src/protocol/index.ts"
import { phoneClock } from "../../src/simulator/index.ts"
import { clientStoreContract } from "../contract/client-store.ts"
import { seeded } from "../dice.ts"
import { CONFIG } from "./config.ts"
import { dump } from "./stored.ts"
import { encryptedInMemory, testVault } from "./vault.ts"

clientStoreContract("encrypted", async () => {
  const again = encryptedInMemory()
  return { open: async () => again() }
})
const key = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    error => error.code,
  )

describe("a secret box", () => {
  it("is the one of NaCl, behind its nonce", () => {
    const boxKey = seeded(1).bytes(32)
    for (const length of [0, 1, 63, 64, 65, 1000]) {
      const message = seeded(length).bytes(length)
      const sealed = secretBox.seal(message, boxKey, seeded(9))
      expect(sealed.length).to.equal(length + secretBox.SECRET_BOX_BYTES)
      expect(sealed.slice(24)).to.deep.equal(xsalsa20poly1305(boxKey, sealed.slice(0, 24)).encrypt(message))
      expect(secretBox.open(sealed, boxKey)).to.deep.equal(message)
    }
  })

  it("opens neither under another key, nor shortened, nor with any bit changed", () => {
    const boxKey = seeded(1).bytes(32)
    const sealed = secretBox.seal(key(1, 2, 3), boxKey, seeded(9))
    expect(secretBox.open(sealed, seeded(2).bytes(32))).to.equal(undefined)
    for (let n = 0; n < sealed.length; n++) expect(secretBox.open(sealed.slice(0, n), boxKey)).to.equal(undefined)
    for (let bit = 0; bit < 8 * sealed.length; bit++)
      expect(
        secretBox.open(
          sealed.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
          boxKey,
        ),
      ).to.equal(undefined)
  })

  it("refuses a key of the wrong length", () => {
    expect(() => secretBox.seal(key(1), key(1), seeded(1))).to.throw(RangeError, /key/)
    expect(() => secretBox.open(key(1), key(1))).to.throw(RangeError, /key/)
  })
})

describe("an encrypted store", () => {
  const filled = async () => {
    const under = memoryStore()
    const vault = testVault()
    const store = encryptedStore(under, vault, seeded(6))
    const slots = [5, 5, 6, 7]
    await store.write(tx => {
      for (const [i, slot] of slots.entries()) tx.put(key(102, 0, 0, 0, slot, 170 + i), new Uint8Array(8).fill(187))
    })
    return { under, vault, store }
  }

  it("shows nothing of keys, order and values underneath, and of lengths and numbers only the steps of 256 bytes", async () => {
    const { under } = await filled()
    const raw = await dump(under, String.fromCharCode(0, 1))
    const text = JSON.stringify(raw)
    for (const trace of ["6600000005", "bbbb"]) expect(text).not.to.include(trace)
    const sizes = raw.filter(([name]) => name.startsWith("01")).map(([, value]) => value.length / 2)
    expect(sizes).to.deep.equal([296, 296, 296])
  })

  const everything = (store: Store) => store.read(tx => entries(tx, EVERYTHING))

  it("is corrupt when a page or the directory was changed, taken away, swapped, or put under another name", async () => {
    type Raw = readonly (readonly [string, string])[]
    const damages: ((pages: Raw, directory: Raw) => (readonly [string, string | undefined])[])[] = [
      ([one]) => [[one![0], one![1].replace(/..$/, "00")]],
      ([one]) => [[one![0], undefined]],
      ([one, other]) => [
        [one![0], other![1]],
        [other![0], one![1]],
      ],
      ([one, other]) => [[one![0], other![1]]],
      (_, [directory]) => [[directory![0], directory![1].replace(/..$/, "00")]],
    ]
    for (const damage of damages) {
      const { under, vault } = await filled()
      const [pages, directory] = [await dump(under, String.fromCharCode(1)), await dump(under, String.fromCharCode(2))]
      await under.write(tx => {
        for (const [name, value] of damage(pages, directory))
          if (value === undefined) tx.del(Buffer.from(name, "hex"))
          else tx.put(Buffer.from(name, "hex"), Buffer.from(value, "hex"))
      })
      expect(await codeOf(everything(encryptedStore(under, vault, seeded(6))))).to.equal("storage-corrupt")
    }
  })

  it("opens no page before something in it is asked for, and none to count whole groups", async () => {
    const { under, vault } = await filled()
    const asked: string[] = []
    const watched: Store = {
      ...under,
      read: f =>
        under.read(tx => {
          const get: typeof tx.get = name => {
            asked.push(hex(name))
            return tx.get(name)
          }
          return f({ get, range: tx.range.bind(tx) })
        }),
    }
    const store = encryptedStore(watched, vault, seeded(6))
    expect(await store.read(tx => tx.count!(key(102), key(103)))).to.equal(4)
    expect(asked).to.deep.equal(["00", "02"])
    await store.read(tx => tx.get(key(102, 0, 0, 0, 6, 172)))
    expect(asked).to.have.length(3)
  })

  it("says that its key is lost at every call, and draws no other in silence", async () => {
    const { under, vault } = await filled()
    vault.lost = true
    const again = encryptedStore(under, vault, seeded(7))
    for (let n = 0; n < 2; n++) {
      expect(await codeOf(again.read(async tx => tx.get(key(1))))).to.equal("key-lost")
      expect(await codeOf(again.write(tx => tx.put(key(1), key(1))))).to.equal("key-lost")
    }
    expect(vault.seals).to.equal(1)
    vault.lost = false
    expect(await codeOf(again.read(async tx => tx.get(key(1))))).to.equal("done")
  })

  it("takes pages without their sealed key for a lost key", async () => {
    const { under, vault } = await filled()
    await under.write(tx => tx.del(key(0)))
    expect(await codeOf(encryptedStore(under, vault, seeded(7)).read(async tx => tx.get(key(1))))).to.equal("key-lost")
  })
})

describe("a phone whose key is lost", () => {
  const openWith = (store: Store, vault: KeyVault) =>
    open(CONFIG, {
      radio: {
        can: { advertise: true, scan: true, rotatesAddressWithPayload: true },
        advertise: () => new Promise(() => {}),
        scan: () => new Promise(() => {}),
      },
      store,
      vault,
      clock: phoneClock({ now: 1_589_000_000 }),
      random: seeded(1),
      http: { send: () => Promise.reject(new Error("offline")) },
      scheduler: { arm: async () => {}, disarm: async () => {} },
    })

  it("opens and says so, does nothing, and begins anew only when the person has everything erased", async () => {
    const store = memoryStore()
    const vault = testVault()
    await (
      await (async () => {
        const client = await openWith(store, vault)
        await client.start()
        return client
      })()
    ).stop()
    vault.lost = true
    const client = await openWith(store, vault)
    const impeded = {
      is: "limited",
      by: [{ code: "key-lost", since: 1_589_000_000_000 as EpochMs, userCan: "reinstall" }],
    }
    expect(await client.start()).to.deep.equal(impeded)
    const status = await client.status()
    expect(status.tracing).to.deep.equal(impeded)
    expect([status.exposure.is, status.report.is]).to.deep.equal(["unknown", "none"])
    const synced = await client.sync()
    expect(synced.is === "failed" && synced.error.code).to.equal("key-lost")
    expect(vault.seals).to.equal(1)
    await client.erase("everything")
    vault.lost = false
    expect(vault.seals).to.equal(2)
    expect((await client.start()).is).to.equal("on")
    await client.close()
  })

  it("is still lost after an erasure that failed", async () => {
    const store = memoryStore()
    const vault = testVault()
    await (await openWith(store, vault)).start()
    vault.lost = true
    const client = await openWith(store, vault)
    const write = store.write
    store.write = () => Promise.reject(new LindungError("storage-full", "the disk is full"))
    expect(await client.erase("everything").catch(error => error.code)).to.equal("storage-full")
    store.write = write
    expect((await client.start()).is).to.equal("limited")
    await client.erase("everything")
    vault.lost = false
    expect((await client.start()).is).to.equal("on")
    await client.close()
  })
})
