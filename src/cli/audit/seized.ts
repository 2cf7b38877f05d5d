import { createReadStream } from "node:fs"
import { readdir, readFile, stat } from "node:fs/promises"
import { basename, join, relative, sep } from "node:path"
import { inflateRawSync } from "node:zlib"
import SQLite from "better-sqlite3"
import type { DiskFile, Inflate, MemoryImage, Rebuild } from "../../audit/index.ts"

const PIECE_BYTES = 2 ** 24
/** A member of an archive that is longer is not what a server writes. */
const MAX_INFLATED_BYTES = 2 ** 26

/** Every file below a directory: of a deployment, or of a part of one that lies elsewhere. */
export async function filesOf(directory: string): Promise<DiskFile[]> {
  const found: DiskFile[] = []
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const at = join(entry.parentPath, entry.name)
    const { mode, mtimeMs } = await stat(at)
    found.push({
      path: relative(directory, at).split(sep).join("/"),
      mode: mode & 0o777,
      changed: mtimeMs / 1000,
      read: async () => new Uint8Array(await readFile(at)),
    })
  }
  return found
}

export const imageOf = (path: string): MemoryImage => ({
  name: basename(path),
  chunks: () => createReadStream(path, { highWaterMark: PIECE_BYTES }),
})

export const inflate: Inflate = bytes => {
  try {
    // What follows the stream in the file is not part of it.
    return new Uint8Array(inflateRawSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES }))
  } catch {
    return undefined
  }
}

const [READS_AS, WRITES_AS, ROLLBACK] = [18, 19, 1]

/** In memory: what was seized is not touched. */
export const rebuild: Rebuild = file => {
  const copy = Buffer.from(file)
  // A database in memory has no write-ahead log, and is not opened when it says that it has one.
  copy[READS_AS] = ROLLBACK
  copy[WRITES_AS] = ROLLBACK
  const database = new SQLite(copy)
  try {
    database.pragma("secure_delete = ON")
    database.exec("VACUUM")
    return new Uint8Array(database.serialize())
  } finally {
    database.close()
  }
}
