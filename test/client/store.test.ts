import { expect } from "chai"
import { memoryStore } from "../../src/client/index.ts"
import { clientStoreContract } from "../contract/client-store.ts"

clientStoreContract("memory", async () => {
  const store = memoryStore()
  return { open: async () => store }
})

it("the store in memory keeps order through thousands of changes in one write", async () => {
  const store = memoryStore()
  const key = (n: number) => Uint8Array.of(n >> 8, n & 255)
  const order = Array.from({ length: 3000 }, (_, i) => (i * 1237) % 3000)
  await store.write(tx => {
    for (const n of order) tx.put(key(n), key(n))
  })
  await store.write(tx => {
    for (const n of order) if (n % 3 === 0) tx.del(key(n))
  })
  await store.write(tx => tx.put(key(0), key(1)))
  const seen: number[] = []
  await store.read(async tx => {
    for await (const [[high = 0, low = 0]] of tx.range(new Uint8Array(0), Uint8Array.of(255)))
      seen.push(high * 256 + low)
  })
  expect(seen).to.deep.equal([0, ...Array.from({ length: 3000 }, (_, n) => n).filter(n => n % 3 !== 0)])
})
