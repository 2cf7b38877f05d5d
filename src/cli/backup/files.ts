import { chmod, copyFile, mkdir, open, readdir, readFile, rename, stat, utimes, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"

export const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined

/** Where things are in a backup. */
export function backupPlaces(backup: string) {
  const root = join(backup, "data", "server")
  return { root, records: join(root, "publisher", "records.sqlite"), authority: join(backup, "data", "authority") }
}

/** Copies files into a directory, each of them whole or not at all, and none before all are there. */
export async function copyWhole(files: readonly { readonly from: string; readonly to: string }[]): Promise<void> {
  for (const { from, to } of files) {
    await copyFile(from, draftOf(to))
    await flush(draftOf(to))
  }
  for (const { to } of files) {
    await rename(draftOf(to), to)
    await flush(dirname(to))
  }
}

const draftOf = (path: string): string => `${path}.new`

async function flush(path: string): Promise<void> {
  const handle = await open(path, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Copies every file below a directory, with its mode and the time of its last change. @returns how many */
export async function copyFiles(from: string, to: string): Promise<number> {
  let count = 0
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const source = join(entry.parentPath, entry.name)
    const target = join(to, relative(from, source))
    const { mode, mtime } = await stat(source)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, await readFile(source))
    await chmod(target, mode & 0o777)
    await utimes(target, mtime, mtime)
    count++
  }
  return count
}
