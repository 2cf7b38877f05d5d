import { mkdir, open, rename } from "node:fs/promises"
import { dirname } from "node:path"

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === "ENOENT"

/** What was created, renamed or deleted in a directory survives a power cut only after this. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r")
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Whether only the server's user may read it. */
export type Readers = "owner" | "everybody"

/** Creates a directory and those above it, durably; nothing when it is there. */
export async function makeDirectory(path: string, readers: Readers = "owner"): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: readers === "owner" ? 0o700 : 0o755 })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
}

/** Whole or not at all, and durable when it resolves: a new file, flushed, then put in the old one's place. */
export async function writeDurably(path: string, bytes: Uint8Array, readers: Readers = "owner"): Promise<void> {
  const fresh = `${path}.new`
  const file = await open(fresh, "w", readers === "owner" ? 0o600 : 0o644)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(fresh, path)
  await syncDirectory(dirname(path))
}
