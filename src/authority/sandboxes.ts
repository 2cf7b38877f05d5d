import type { Desk } from "./desk.ts"

/** More sandboxes than this are never open: the one that was unused longest goes, and its trainee begins anew. */
const MAX_SANDBOXES = 64

export interface Sandbox extends Desk {
  close(): Promise<void>
}

/** An authority of its own for each session that trains, in memory and under keys that nobody has. */
export interface Sandboxes {
  of(session: string): Promise<Desk>
  drop(session: string): Promise<void>
  close(): Promise<void>
}

export function sandboxes(open: () => Promise<Sandbox>): Sandboxes {
  const opened = new Map<string, Promise<Sandbox>>()

  async function drop(session: string): Promise<void> {
    const sandbox = opened.get(session)
    opened.delete(session)
    await (await sandbox)?.close()
  }

  return {
    async of(session) {
      const sandbox = opened.get(session) ?? open()
      opened.delete(session)
      opened.set(session, sandbox)
      const [oldest] = opened.keys()
      if (opened.size > MAX_SANDBOXES) await drop(oldest!)
      return sandbox
    },
    drop,
    async close() {
      await Promise.all([...opened.keys()].map(drop))
    },
  }
}
