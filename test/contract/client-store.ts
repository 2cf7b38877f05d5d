import { expect } from "chai"
import fc from "fast-check"
import type { ReadTx, Store } from "../../src/client/index.ts"

const key = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)
const ALL = [key(), key(255, 255)] as const

async function all(tx: ReadTx, from: Uint8Array = ALL[0], to: Uint8Array = ALL[1]): Promise<string[]> {
  const out: string[] = []
  for await (const [k, v] of tx.range(from, to)) out.push(`${k.join(".")}=${v.join(".")}`)
  return out
}

/** A store, and how it is found again after the process has ended; a store in memory is the same object. */
export interface StorePlace {
  open(): Promise<Store>
}

/** What every store of the client owes to it. */
export function clientStoreContract(name: string, place: () => Promise<StorePlace>): void {
  describe(`the contract of a client's store: ${name}`, () => {
    let at: StorePlace
    let store: Store

    beforeEach(async () => {
      at = await place()
      store = await at.open()
    })
    afterEach(() => store.close())

    it("gives back what was put, after the process too, and nothing for what was not", async () => {
      await store.write(tx => tx.put(key(1), key(10, 11)))
      await store.close()
      store = await at.open()
      expect(await store.read(async tx => tx.get(key(1)))).to.deep.equal(key(10, 11))
      expect(await store.read(async tx => tx.get(key(2)))).to.equal(undefined)
    })

    it("keeps an empty value apart from none", async () => {
      await store.write(tx => tx.put(key(1), key()))
      expect(await store.read(async tx => tx.get(key(1)))).to.deep.equal(key())
    })

    it("ranges ascend by the bytes of the key, with the first end and without the last", async () => {
      const keys = [key(1), key(1, 0), key(1, 255), key(2), key(9, 200), key(200), key(127), key(128)]
      await store.write(tx => {
        for (const k of keys) tx.put(k, k)
      })
      expect(await store.read(tx => all(tx))).to.deep.equal(
        ["1", "1.0", "1.255", "2", "9.200", "127", "128", "200"].map(k => `${k}=${k}`),
      )
      expect(await store.read(tx => all(tx, key(1, 0), key(128)))).to.deep.equal(
        ["1.0", "1.255", "2", "9.200", "127"].map(k => `${k}=${k}`),
      )
      expect(await store.read(tx => all(tx, key(3), key(3)))).to.deep.equal([])
    })

    it("a write sees its own changes, and nobody else does before it is done", async () => {
      await store.write(tx => tx.put(key(1), key(1)))
      const seen = await store.write(async tx => {
        tx.put(key(2), key(2))
        tx.del(key(1))
        const waits = new Promise<string[]>(resolve => setTimeout(resolve, 5, ["1=1"]))
        // A store may let others wait; it may not show them what is not committed.
        const outside = await Promise.race([store.read(other => all(other)), waits])
        return { inside: await all(tx), got: await tx.get(key(1)), outside }
      })
      expect(seen.inside).to.deep.equal(["2=2"])
      expect(seen.got).to.equal(undefined)
      expect(seen.outside).to.deep.equal(["1=1"])
      expect(await store.read(tx => all(tx))).to.deep.equal(["2=2"])
    })

    it("a write that throws changes nothing, and the next one is not disturbed", async () => {
      await store.write(tx => tx.put(key(1), key(1)))
      const failure = await store
        .write(async tx => {
          tx.put(key(1), key(9))
          tx.put(key(2), key(9))
          tx.del(key(1))
          throw new Error("on purpose")
        })
        .catch(error => error.message)
      expect(failure).to.equal("on purpose")
      expect(await store.read(tx => all(tx))).to.deep.equal(["1=1"])
      await store.write(tx => tx.put(key(3), key(3)))
      expect(await store.read(tx => all(tx))).to.deep.equal(["1=1", "3=3"])
    })

    it("writes are alone: of a hundred increments at once none is lost", async () => {
      const increment = () =>
        store.write(async tx => {
          const before = (await tx.get(key(1)))?.[0] ?? 0
          await Promise.resolve()
          tx.put(key(1), key(before + 1))
        })
      await Promise.all(Array.from({ length: 100 }, increment))
      expect(await store.read(async tx => tx.get(key(1)))).to.deep.equal(key(100))
    })

    it("a view does not change while it is open", async () => {
      await store.write(tx => tx.put(key(1), key(1)))
      let writing: Promise<void> | undefined
      const seen = await store.read(async tx => {
        const before = await all(tx)
        writing = store.write(other => other.put(key(1), key(2)))
        for (let turn = 0; turn < 10; turn++) await Promise.resolve()
        return [before, await all(tx)]
      })
      await writing
      expect(seen).to.deep.equal([["1=1"], ["1=1"]])
      expect(await store.read(tx => all(tx))).to.deep.equal(["1=2"])
    })

    it("arrays handed over and handed out are copies", async () => {
      const [k, v] = [key(1), key(1)]
      await store.write(tx => {
        tx.put(k, v)
        k[0] = 7
        v[0] = 7
      })
      const got = (await store.read(async tx => tx.get(key(1))))!
      got[0] = 9
      expect(await store.read(async tx => tx.get(key(1)))).to.deep.equal(key(1))
    })

    it("keeps values of any length, whole", async () => {
      for (const length of [0, 1, 64, 65, 5000, 100_000]) {
        const value = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255)
        await store.write(async tx => {
          tx.put(key(1), value)
          expect(await tx.get(key(1)), `${length} bytes, before they are written`).to.deep.equal(value)
        })
        expect(await store.read(async tx => tx.get(key(1))), `${length} bytes`).to.deep.equal(value)
      }
    })

    it("agrees with a model over random writes, ranges and restarts", async function () {
      this.timeout(20_000)
      const bytes = fc.uint8Array({ minLength: 1, maxLength: 8, max: 2 })
      const change = fc.record({ key: bytes, value: fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined }) })
      const step = fc.oneof(
        { weight: 5, arbitrary: fc.array(change, { maxLength: 6 }) },
        { weight: 1, arbitrary: fc.constant("restart" as const) },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 8 }), bytes, bytes, async (steps, from, to) => {
          const model = new Map<string, Uint8Array>()
          await store.write(async tx => {
            for await (const [k] of tx.range(...ALL)) tx.del(k)
          })
          for (const one of steps) {
            if (one === "restart") {
              await store.close()
              store = await at.open()
              continue
            }
            for (const { key: k, value } of one)
              if (value) model.set(k.join("."), value)
              else model.delete(k.join("."))
            await store.write(tx => {
              for (const { key: k, value } of one)
                if (value) tx.put(k, value)
                else tx.del(k)
            })
          }
          const order = (a: string, b: string) =>
            Buffer.compare(Buffer.from(a.split(".").map(Number)), Buffer.from(b.split(".").map(Number)))
          const wanted = [...model]
            .filter(([k]) => order(from.join("."), k) <= 0 && order(k, to.join(".")) < 0)
            .sort(([a], [b]) => order(a, b))
            .map(([k, v]) => `${k}=${v.join(".")}`)
          expect(await store.read(tx => all(tx, from, to))).to.deep.equal(wanted)
          expect(await store.read(async tx => tx.count?.(from, to) ?? wanted.length)).to.equal(wanted.length)
          const keys = await store.read(async tx => {
            const found: string[] = []
            for await (const k of tx.keys?.(from, to) ?? []) found.push(k.join("."))
            return tx.keys ? found : wanted.map(entry => entry.split("=")[0])
          })
          expect(keys).to.deep.equal(wanted.map(entry => entry.split("=")[0]))
        }),
        { numRuns: 30 },
      )
    })
  })
}
