import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"

export const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined

/** Where things are in a backup. */
export function backupPlaces(backup: string) {
  const root = join(backup, "data", "server")
  return { root, records: join(root, "publisher", "records.sqlite"), authority: join(backup, "data", "authority") }
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
