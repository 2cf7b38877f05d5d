// A phone's store after two weeks: 140,000 observations, one to three scans each, the last week not yet synced.
import { randomBytes } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import type { KeyVault, Store } from "../../src/client/index.ts"
import { coarseKey, freshKey } from "../../src/client/layout.ts"
import { encodeScans } from "../../src/client/record.ts"
import { encryptedStore } from "../../src/client/store/encrypted.ts"
import { sqliteStore } from "../../src/client/store/sqlite.ts"
import { hybrid, lowCost, type Random, secretBox, time } from "../../src/crypto/index.ts"
import { designByName } from "../../src/protocol/index.ts"
import { BATCHES, type BenchDesign, coarseTime, DAYS, FIRST_BUCKET, NOW, type Revealed } from "./scene.ts"

export const OBSERVATIONS = 140_000
/** People that the phone was near and who report in the week. */
const NEAR = 12

export const random: Random = { bytes: n => new Uint8Array(randomBytes(n)) }

/** A vault whose key is a file, as a passphrase's would be. */
export function fileVault(path: string): KeyVault {
  const key = (): Uint8Array => new Uint8Array(readFileSync(path))
  return {
    async seal(plain) {
      writeFileSync(path, randomBytes(32), { mode: 0o600 })
      return secretBox.seal(plain, key(), random)
    },
    open: async sealed => secretBox.open(sealed, key()) ?? "lost",
  }
}

export type StoreName = "SQLite" | "SQLite, encrypted"

/** The store in a folder, as the client would get it, but with its encryption outside. */
export async function storeIn(directory: string, name: StoreName): Promise<{ store: Store; vault?: KeyVault }> {
  const store = await sqliteStore(`${directory}/phone.sqlite`)
  return name === "SQLite" ? { store } : { store, vault: fileVault(`${directory}/vault`) }
}

/** Somebody whom the phone was near, with what it heard of them. */
function near(design: BenchDesign, i: number): Revealed & { second: number; id: Uint8Array } {
  const second = NOW - (2 + i) * 7200 - 86_400
  const kind = designByName(design)!
  const slot = Math.floor(second / kind.slotSeconds({ epochMinutes: 15, windowMinutes: 120 }))
  if (design === "unlinkable") {
    const x = new Uint8Array(randomBytes(32))
    return { second, slot, secret: x, id: x }
  }
  const secret = new Uint8Array(randomBytes(kind.secretBytes))
  const id = design === "hybrid" ? hybrid.ephIds(secret)[3]! : lowCost.ephIds(secret)[3]!
  return { second, slot, secret, id }
}

/** Fills the store. @returns whom it was near, for the batches */
export async function fill(directory: string, name: StoreName, design: BenchDesign): Promise<Revealed[]> {
  const { store: under, vault } = await storeIn(directory, name)
  const store = vault ? encryptedStore(under, vault, random) : under
  const people = Array.from({ length: NEAR }, (_, i) => near(design, i))
  const { keptBytes } = designByName(design)!
  const perBucket = Math.ceil(OBSERVATIONS / (DAYS * 12))
  const lastSynced = FIRST_BUCKET - 1
  for (let bucket = FIRST_BUCKET + BATCHES - DAYS * 12; bucket < FIRST_BUCKET + BATCHES; bucket++)
    await store.write(tx => {
      const start = time.bucketStart(bucket)
      const put = (second: number, id: Uint8Array, scans: number) => {
        const heard = coarseTime(design, second)
        const key = bucket > lastSynced ? freshKey(heard, id, bucket, lastSynced) : coarseKey(heard, id)
        const scan = () => ({
          min: 50,
          typical: 55,
          seconds: 240,
          scanId: random.bytes(4).reduce((n, b) => n * 256 + b, 0),
        })
        tx.put(key, encodeScans(Array.from({ length: scans }, scan)))
      }
      for (let i = 0; i < perBucket; i++) put(start + i, random.bytes(keptBytes), 1 + (i % 3))
      for (const { second, id } of people) if (time.bucket(second) === bucket) put(second, id, 5)
    })
  await store.close()
  return people.map(({ slot, secret }) => ({ slot, secret }))
}
