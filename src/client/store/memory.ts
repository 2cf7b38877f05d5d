import type { ReadTx, Store } from "../ports.ts"
import { Overlay } from "./overlay.ts"
import { Table } from "./table.ts"

/** A store that forgets everything when the process ends: for tests, simulations and the first ten minutes. */
export function memoryStore(): Store {
  let table = new Table()
  const readers = new Map<Table, number>()
  // Writes wait for each other, as the port demands.
  let last: Promise<unknown> = Promise.resolve()

  async function viewed<T>(f: (tx: ReadTx) => T | Promise<T>): Promise<T> {
    const view = table
    readers.set(view, (readers.get(view) ?? 0) + 1)
    try {
      return await f(view)
    } finally {
      const left = readers.get(view)! - 1
      if (left > 0) readers.set(view, left)
      else readers.delete(view)
    }
  }

  return {
    read: viewed,
    write(f) {
      const run = last.then(async () => {
        const overlay = new Overlay(table)
        const result = await f(overlay)
        if (overlay.isEmpty) return result
        // Whoever is reading goes on seeing what was there when it began.
        if (readers.has(table)) table = table.copy()
        table.apply(overlay.changes())
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
