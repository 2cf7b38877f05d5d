import { chmod, type FileHandle, mkdir, open, rename } from "node:fs/promises"
import { dirname } from "node:path"
import { time } from "../../crypto/index.ts"

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

/** Whether only the server's user may read it, or also write it those of its group, or also read it everybody. */
export type Readers = "owner" | "group" | "everybody"

/** A new entry in a directory of a group belongs to that group. */
const DIRECTORY_MODE = { owner: 0o700, group: 0o2770, everybody: 0o755 }
export const FILE_MODE = { owner: 0o600, group: 0o640, everybody: 0o644 }

/** Creates a directory and those above it, durably; nothing when it is there. */
export async function makeDirectory(path: string, readers: Readers = "owner"): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: DIRECTORY_MODE[readers] })
  if (first === undefined) return
  // The process's mask holds for mkdir; what a group shares must not depend on it.
  if (readers === "group") await chmod(path, DIRECTORY_MODE.group)
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
}

/** A new file, for nobody else to read than it is meant for. */
export async function createFile(path: string, flags: "w" | "wx+", readers: Readers = "owner"): Promise<FileHandle> {
  const file = await open(path, flags, FILE_MODE[readers])
  if (readers === "group") await file.chmod(FILE_MODE.group)
  return file
}

/**
 * Whole or not at all, and durable when it resolves: a new file, flushed, then put in the old one's place. The time of
 * its last change is that of the bucket: how long after a bucket's end a file was written tells how much there was to do.
 */
export async function writeDurably(path: string, bytes: Uint8Array, readers: Readers = "owner"): Promise<void> {
  const fresh = `${path}.new`
  const file = await createFile(fresh, "w", readers)
  try {
    await file.writeFile(bytes)
    const start = time.bucketStart(time.bucket((await file.stat()).mtimeMs / 1000))
    await file.utimes(start, start)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(fresh, path)
  await syncDirectory(dirname(path))
}
