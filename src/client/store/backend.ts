import type { ReadTx, Store, WriteTx } from "../ports.ts"
import { type Change, Overlay } from "./overlay.ts"

/** What a medium must be able to do to be a store; the rest of the port's obligations is kept here. */
export interface Backend extends ReadTx {
  /** All of the changes or none, durable when it resolves. Ascending by key, each key once. */
  apply(changes: Iterable<Change>): void | Promise<void>
  /** Forgets the order in which entries came, if it can be seen. */
  tidy?(): void | Promise<void>
  close(): void | Promise<void>
}

/**
 * A store over a medium. Writes run one after the other and gather their changes in memory; a commit waits until
 * nobody reads, and whoever wants to read waits for the commit, so that a view does not change while it is open.
 * A read must therefore not wait for a write.
 */
export function storeOver(backend: Backend): Store {
  let readers = 0
  let whenFree: (() => void) | undefined
  let committing: Promise<void> | undefined
  let last: Promise<unknown> = Promise.resolve()

  async function read<T>(f: (tx: ReadTx) => T | Promise<T>): Promise<T> {
    while (committing) await committing
    readers++
    try {
      return await f(backend)
    } finally {
      readers--
      if (readers === 0) whenFree?.()
    }
  }

  async function commit(changes: Iterable<Change>): Promise<void> {
    while (readers > 0)
      await new Promise<void>(resolve => {
        whenFree = resolve
      })
    whenFree = undefined
    const applied = (async () => backend.apply(changes))()
    committing = applied.then(ended, ended)
    function ended() {
      committing = undefined
    }
    await applied
  }

  return {
    read,
    write<T>(f: (tx: WriteTx) => T | Promise<T>): Promise<T> {
      const run = last.then(async () => {
        const overlay = new Overlay(backend)
        const result = await f(overlay)
        if (!overlay.isEmpty) await commit(overlay.changes())
        return result
      })
      last = run.catch(() => undefined)
      return run
    },
    async tidy() {
      const run = last.then(() => backend.tidy?.())
      last = run.catch(() => undefined)
      await run
    },
    async close() {
      await last
      await backend.close()
    },
  }
}
