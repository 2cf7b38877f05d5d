import { compare, hex } from "../../crypto/index.ts"
import type { ReadTx, Store, WriteTx } from "../ports.ts"

/** A store that forgets everything when the process ends: for tests, simulations and the first ten minutes. */
export function memoryStore(): Store {
  let entries = new Map<string, [Uint8Array, Uint8Array]>()
  // Writes wait for each other, as the port demands.
  let last: Promise<unknown> = Promise.resolve()

  const reader = (map: ReadonlyMap<string, [Uint8Array, Uint8Array]>): ReadTx => ({
    get: key => {
      const value = map.get(hex(key))?.[1]
      return value && new Uint8Array(value)
    },
    range: (from, to) =>
      [...map.values()]
        .filter(([key]) => compare(from, key) <= 0 && compare(key, to) < 0)
        .sort(([a], [b]) => compare(a, b))
        .map(([key, value]): [Uint8Array, Uint8Array] => [new Uint8Array(key), new Uint8Array(value)]),
  })

  return {
    async read(f) {
      return f(reader(entries))
    },
    write(f) {
      const run = last.then(async () => {
        const draft = new Map(entries)
        const tx: WriteTx = {
          ...reader(draft),
          put: (key, value) => draft.set(hex(key), [new Uint8Array(key), new Uint8Array(value)]),
          del: key => draft.delete(hex(key)),
        }
        const result = await f(tx)
        entries = draft
        return result
      })
      last = run.catch(() => undefined)
      return run
    },
    async close() {
      await last
    },
  }
}
